/**
 * Which sessions are due? Sessions are filed by the second in which they may expire. Extending a session does not touch
 * its filing; when a second comes up, sessions that have moved on are filed again. So an advance costs what expires in
 * it (and one re-filing per session and gap), never what is open.
 */

import type { Instant } from './observation.ts';
import type { Session } from './session.ts';

export class ExpiryQueue {
  readonly #bySecond = new Map<number, Session[]>();
  /** A binary min-heap of the seconds that have a list. */
  readonly #seconds: number[] = [];

  /** Files the session under `due`; a session that is filed under an earlier second already stays there. */
  file(session: Session, due: Instant): void {
    const second = Math.floor(due / 1000);
    if (session.bucket !== -1 && session.bucket <= second) return;
    session.bucket = second;
    const list = this.#bySecond.get(second);
    if (list !== undefined) {
      list.push(session);
      return;
    }
    this.#bySecond.set(second, [session]);
    this.#push(second);
  }

  /**
   * Calls `expire` for every session that is due before `now`; it answers whether the session is done with. Otherwise
   * the session is filed again under `dueOf`.
   */
  advance(now: Instant, dueOf: (session: Session) => Instant, expire: (session: Session) => void): void {
    const limit = Math.floor(now / 1000);
    const again: Session[] = [];
    while (this.#seconds.length > 0 && this.#seconds[0]! <= limit) {
      const second = this.#pop();
      const list = this.#bySecond.get(second)!;
      this.#bySecond.delete(second);
      for (const session of list) {
        if (session.bucket !== second || !session.isTracked) continue;
        session.bucket = -1;
        const due = dueOf(session);
        if (due < now) expire(session);
        else if (Number.isFinite(due)) again.push(session);
      }
    }
    for (const session of again) this.file(session, dueOf(session));
  }

  #push(second: number): void {
    const heap = this.#seconds;
    let i = heap.push(second) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]! <= second) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = second;
  }

  #pop(): number {
    const heap = this.#seconds;
    const first = heap[0]!;
    const last = heap.pop()!;
    const length = heap.length;
    if (length > 0) {
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= length) break;
        if (child + 1 < length && heap[child + 1]! < heap[child]!) child++;
        if (heap[child]! >= last) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = last;
    }
    return first;
  }
}
