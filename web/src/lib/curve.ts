/**
 * The curve of the last hour: what the history has settled, then what was seen live. The history leaves out the gap and
 * the live numbers include it, so they are two lines; the newest part of the history is still changing and is left out.
 */

import type { TimelineWire } from '../../../src/http/contract.ts';
import type { Sample } from './live.svelte.ts';

export interface Curve {
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly settled: readonly (number | null)[];
  /** Begins where the settled line ends. */
  readonly live: readonly (number | null)[];
}

/** `from` in milliseconds. Either part may be missing. */
export function curveOf(timeline: TimelineWire | null, samples: readonly Sample[], from: number): Curve {
  const past = timeline === null ? [] : settledPart(timeline).filter(({ at }) => at >= from);
  const edge = past.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const fresh = samples.filter(({ at }) => at > edge && at >= from);
  return {
    times: [...past.map(({ at }) => at / 1000), ...fresh.map(({ at }) => at / 1000)],
    settled: [...past.map(({ average }) => average), ...fresh.map(() => null)],
    live: [...past.map(({ average, at }) => (at === edge ? average : null)), ...fresh.map(({ sessions }) => sessions)],
  };
}

/** Steps that are over and can no longer change, each at its middle. */
function settledPart(timeline: TimelineWire): { at: number; average: number }[] {
  const step = timeline.stepSeconds * 1000;
  const end = Date.parse(timeline.provisionalFrom ?? timeline.to);
  const averages = timeline.series[0]?.average ?? [];
  return timeline.steps.flatMap((start, i) => {
    const begins = Date.parse(start);
    return begins + step <= end ? [{ at: begins + step / 2, average: averages[i] ?? 0 }] : [];
  });
}

export interface Peak {
  readonly count: number;
  /** Milliseconds since 1970: the start of the step that it lies in. */
  readonly at: number;
}

/** The greatest number at once; null if there was nobody. */
export function peakOf(timeline: TimelineWire): Peak | null {
  const peaks = timeline.series[0]?.peak ?? [];
  const count = Math.max(0, ...peaks);
  return count === 0 ? null : { count, at: Date.parse(timeline.steps[peaks.indexOf(count)]!) };
}
