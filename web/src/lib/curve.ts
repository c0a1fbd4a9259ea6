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
  const past = timeline === null ? [] : settledPart(timeline, from);
  const edge = past.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const fresh = samples.filter(({ at }) => at > edge && at >= from);
  return {
    times: [...past.map(({ at }) => at / 1000), ...fresh.map(({ at }) => at / 1000)],
    settled: [...past.map(({ average }) => average), ...fresh.map(() => null)],
    live: [...past.map(({ average, at }) => (at === edge ? average : null)), ...fresh.map(({ sessions }) => sessions)],
  };
}

/** Steps that begin in time, are over and can no longer change, each at its middle. */
function settledPart(timeline: TimelineWire, from: number): { at: number; average: number }[] {
  const step = timeline.stepSeconds * 1000;
  const end = Date.parse(timeline.provisionalFrom ?? timeline.to);
  const averages = timeline.series[0]?.average ?? [];
  return timeline.steps.flatMap((start, i) => {
    const begins = Date.parse(start);
    return begins >= from && begins + step <= end ? [{ at: begins + step / 2, average: averages[i] ?? 0 }] : [];
  });
}

/**
 * When the curve begins, in milliseconds: `earliest`, or as late as Headcount was first there. Before it ran, and while it
 * had seen nobody yet, it knows nothing: that is not the same as nobody.
 */
export function beginOf(timeline: TimelineWire | null, startedAt: number, earliest: number): number {
  const averages = timeline?.series[0]?.average ?? [];
  const first = averages.findIndex((average) => average > 0);
  const seenAt = first === -1 ? startedAt : Date.parse(timeline!.steps[first]!);
  // A step that it started within tells of nobody earlier.
  const isBefore = seenAt + (timeline?.stepSeconds ?? 0) * 1000 <= startedAt;
  return Math.max(earliest, isBefore ? seenAt : startedAt);
}

export interface Peak {
  readonly count: number;
  /** Milliseconds since 1970: the start of the step that it lies in. */
  readonly at: number;
  readonly stepSeconds: number;
}

/** The greatest number at once; null if there was nobody. */
export function peakOf(timeline: TimelineWire): Peak | null {
  const peaks = timeline.series[0]?.peak ?? [];
  const count = Math.max(0, ...peaks);
  if (count === 0) return null;
  return { count, at: Date.parse(timeline.steps[peaks.indexOf(count)]!), stepSeconds: timeline.stepSeconds };
}
