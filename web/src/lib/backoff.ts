/** How long to wait before the next attempt: twice as long each time, with jitter, so that viewers do not come back in step. */

const FIRST = 1000;
const LONGEST = 30_000;

/** Milliseconds, after so many failures in a row; `chance` is in [0, 1). */
export function backoff(failures: number, chance: number): number {
  const longest = Math.min(FIRST * 2 ** Math.max(0, failures - 1), LONGEST);
  return Math.round(longest * (0.75 + 0.25 * chance));
}
