/** How many came and went in the last minute, as far as it was seen. */

import { formatCount, formatSpan } from './format.ts';
import type { Sample } from './live.svelte.ts';
import { texts } from './texts.ts';

const MINUTE = 60_000;

/** Null before there is anything. */
export function flowOf(samples: readonly Sample[]): { period: string; joined: string; left: string } | null {
  const newest = samples.at(-1)?.at ?? 0;
  const minute = samples.filter(({ at }) => at > newest - MINUTE);
  if (minute.length < 2) return null;
  const isWhole = newest - minute[0]!.at > MINUTE - 5000;
  return {
    period: isWhole ? texts.now.lastMinute : texts.now.lastSeconds(formatSpan(newest - minute[0]!.at)),
    joined: formatCount(minute.reduce((sum, { joined }) => sum + joined, 0)),
    left: formatCount(minute.reduce((sum, { left }) => sum + left, 0)),
  };
}
