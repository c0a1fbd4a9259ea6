/**
 * How many sessions were there at once: a sweep over when sessions began and ended. Sessions are half-open, so one that
 * ends when another begins is not there at the same time. Exact; the gap is never part of it.
 */

import type { Instant, Milliseconds } from '../../core/observation.ts';

/** When sessions began and when they ended, each in order of time; both are equally long. */
export interface Presences {
  readonly begins: Float64Array;
  readonly ends: Float64Array;
}

export interface Peak {
  /** The greatest number of sessions at once. */
  readonly count: number;
  /** When it was first reached; null without a session. */
  readonly at: Instant | null;
}

export interface Concurrency {
  /** The start of the first step. */
  readonly from: Instant;
  readonly step: Milliseconds;
  /** One a step: the time-weighted average, and the exact greatest number at once. */
  readonly average: readonly number[];
  readonly peak: readonly number[];
}

/** In any order; both are sorted in place. */
export function presencesOf(begins: Float64Array, ends: Float64Array): Presences {
  return { begins: begins.sort(), ends: ends.sort() };
}

/** From the first beginning to the last end; null without a session. */
export function periodOf({ begins, ends }: Presences): { readonly from: Instant; readonly to: Instant } | null {
  return begins.length === 0 ? null : { from: begins[0]!, to: ends[ends.length - 1]! };
}

/** Calls back, in order of time, for every stretch in which `count` sessions were there, and not for those without any. */
export function eachStretch(
  { begins, ends }: Presences,
  visit: (from: Instant, to: Instant, count: number) => void,
): void {
  let at = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (let i = 0, j = 0; j < ends.length; ) {
    const next = i < begins.length && begins[i]! < ends[j]! ? begins[i]! : ends[j]!;
    if (count > 0 && next > at) visit(at, next, count);
    while (j < ends.length && ends[j] === next) {
      count--;
      j++;
    }
    while (i < begins.length && begins[i] === next) {
      count++;
      i++;
    }
    at = next;
  }
}

export function peakOf(presences: Presences): Peak {
  let peak: Peak = { count: 0, at: null };
  eachStretch(presences, (from, _, count) => {
    if (count > peak.count) peak = { count, at: from };
  });
  return peak;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Steps that people think in. Beyond the last, multiples of it. */
const STEPS: readonly Milliseconds[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7].map((days) => days * DAY),
];

/**
 * Concurrency over the whole period in the finest steps that give at most `most` of them. `offset` is how far the clock
 * that the steps are to agree with is ahead of UTC. Null without a session.
 */
export function concurrencyOf(presences: Presences, most: number, offset: Milliseconds = 0): Concurrency | null {
  const period = periodOf(presences);
  if (period === null) return null;
  const startOf = (step: Milliseconds) => Math.floor((period.from + offset) / step) * step - offset;
  const stepsOf = (step: Milliseconds) => Math.ceil((period.to - startOf(step)) / step);
  const step = STEPS.find((each) => stepsOf(each) <= most) ?? multipleFor(period.to - period.from, most);
  const from = startOf(step);
  const sums = new Float64Array(stepsOf(step));
  const peak = new Float64Array(sums.length);
  eachStretch(presences, (begin, end, count) => {
    for (let at = begin; at < end; ) {
      const index = Math.floor((at - from) / step);
      const until = Math.min(end, from + (index + 1) * step);
      sums[index]! += (until - at) * count;
      if (count > peak[index]!) peak[index] = count;
      at = until;
    }
  });
  return { from, step, average: Array.from(sums, (sum) => sum / step), peak: Array.from(peak) };
}

function multipleFor(length: Milliseconds, most: number): Milliseconds {
  const week = 7 * DAY;
  // One more step than the length alone needs, since the first begins before it.
  return Math.ceil(length / week / Math.max(most - 1, 1)) * week;
}
