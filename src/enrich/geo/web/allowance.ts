/**
 * How often a service may be asked: so many times in any minute, and not at all while it wants to be left alone. The
 * service counts the minutes as it likes; whoever keeps to this in every minute keeps to it in the service's, too.
 */

/** A second more than a minute: what is sent in the last one may arrive with the first. */
const WINDOW = 61_000;

export class Allowance {
  /** When the newest requests began, in turns: as many as fit into a minute. */
  readonly #begun: Float64Array;
  #next = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  /** At least 1. */
  constructor(perMinute: number) {
    this.#begun = new Float64Array(perMinute).fill(Number.NEGATIVE_INFINITY);
  }

  /** Milliseconds until the next request may begin, 0 if it may now. All times are elapsed ones (clock.ts). */
  waitAt(now: number): number {
    const free = Math.max(this.#begun[this.#next]! + WINDOW, this.#pausedUntil);
    return Math.max(0, Math.ceil(free - now));
  }

  begin(now: number): void {
    this.#begun[this.#next] = now;
    this.#next = (this.#next + 1) % this.#begun.length;
  }

  /** Pauses only ever grow. */
  pauseUntil(instant: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, instant);
  }
}
