/**
 * Sessions of a stream about as they came, so that the newest are found without a look at all: in blocks, each with the latest
 * start in it. A start may move back later, never on, so what a block says remains a bound.
 */

import type { Instant } from './observation.ts';
import type { Session } from './session.ts';

const BLOCK = 64;

export class Arrivals {
  /** Null is one who has left. */
  #slots: (Session | null)[] = [];
  /** By block. */
  #latest: Instant[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(session: Session): void {
    session.slot = this.#slots.length;
    this.#slots.push(session);
    this.#size++;
    const block = Math.floor(session.slot / BLOCK);
    this.#latest[block] = Math.max(this.#latest[block] ?? session.start, session.start);
  }

  remove(session: Session): void {
    this.#slots[session.slot] = null;
    session.slot = -1;
    this.#size--;
    if (this.#slots.length > 2 * this.#size + BLOCK) this.#putInOrder();
  }

  /** Those that came last come first, as long as `isWorthwhile` for the latest start among the next of them; null is all. */
  visit(isWorthwhile: ((latest: Instant) => boolean) | null, visit: (session: Session) => void): void {
    for (let block = this.#latest.length - 1; block >= 0; block--) {
      if (isWorthwhile !== null && !isWorthwhile(this.#latest[block]!)) continue;
      for (let i = Math.min((block + 1) * BLOCK, this.#slots.length) - 1; i >= block * BLOCK; i--) {
        const session = this.#slots[i]!;
        if (session !== null) visit(session);
      }
    }
  }

  #putInOrder(): void {
    const sessions = this.#slots.filter((session) => session !== null).sort((a, b) => a.start - b.start);
    this.#slots = [];
    this.#latest = [];
    this.#size = 0;
    for (const session of sessions) this.add(session);
  }
}
