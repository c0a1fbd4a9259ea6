/** The rhythm of polls: one at once, then one every interval, with jitter so that many sources do not ask in step. */

import type { Clock } from '../../lib/clock.ts';

/** An interval is up to this part of it shorter or longer. */
export const JITTER = 0.1;

/**
 * Yields the wall time of each tick until the signal aborts. Intervals are from tick to tick; if the work between two
 * ticks takes longer than the interval, the ticks it has missed are left out.
 *
 * `jitter` answers numbers in [0, 1).
 */
export async function* everyTick(
  clock: Clock,
  intervalMs: number,
  signal: AbortSignal,
  jitter: () => number = Math.random,
): AsyncGenerator<number, void, void> {
  let due = clock.elapsed();
  while (!signal.aborted) {
    yield clock.now();
    due = Math.max(due + intervalMs * (1 - JITTER + 2 * JITTER * jitter()), clock.elapsed());
    await clock.sleep(due - clock.elapsed(), signal);
  }
}
