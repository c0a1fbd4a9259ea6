/**
 * Beginnings that are reckoned from "so long ago" at every poll and come out a little different each time: the first one
 * counts for as long as the others are near it. Remembers those of the last poll only.
 */

import type { Instant } from '../core/observation.ts';

/** Two clocks that count whole seconds, and the way of an answer. */
const NEAR_MS = 2500;

export class SteadyInstants {
  #known: ReadonlyMap<string, Instant> = new Map();

  /** The instants of one poll, by what began then. Answers them as they were first reckoned. */
  take(reckoned: ReadonlyMap<string, Instant>): ReadonlyMap<string, Instant> {
    const known = this.#known;
    const steady = [...reckoned].map(([what, at]): [string, Instant] => {
      const first = known.get(what);
      return [what, first !== undefined && Math.abs(first - at) <= NEAR_MS ? first : at];
    });
    this.#known = new Map(steady);
    return this.#known;
  }
}
