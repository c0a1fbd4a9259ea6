/**
 * Programs are started one after another, a second apart: a machine that starts twenty receivers at once starts none of
 * them well, and one that crashes at once must not take all others with it.
 */

import type { Clock } from '../../lib/clock.ts';

const APART_MS = 1000;

/** When the next one may start, by the elapsed time of each clock. */
const next = new WeakMap<Clock, number>();

/** Takes the next turn: answers at which elapsed time it is. */
export function takeTurn(clock: Clock): number {
  const turn = Math.max(clock.elapsed(), next.get(clock) ?? Number.NEGATIVE_INFINITY);
  next.set(clock, turn + APART_MS);
  return turn;
}
