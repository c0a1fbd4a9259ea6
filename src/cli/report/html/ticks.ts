/** Where an axis is marked: round numbers, and times that people think in. */

import type { Instant, Milliseconds } from '../../../core/observation.ts';
import type { WallClock } from '../../../insights/summary/wall-clock.ts';
import { Reading } from '../figures.ts';

/** From 0 to the first round number that is not below `top`: at most `most` steps, none below 1. */
export function roundTicks(top: number, most: number): number[] {
  const least = Math.max(top / most, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least * (1 - 1e-9))!;
  return Array.from({ length: Math.max(1, Math.ceil(top / step - 1e-9)) + 1 }, (_, i) => i * step);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS: readonly Milliseconds[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 365].map((days) => days * DAY),
];

export interface TimeTick {
  readonly at: Instant;
  readonly label: string;
}

/** At most `most` of them, at round times of the clock. */
export function timeTicks(from: Instant, to: Instant, most: number, clock: WallClock): TimeTick[] {
  const step = STEPS.find((each) => (to - from) / each <= most) ?? Math.ceil((to - from) / most / DAY) * DAY;
  const local = from + clock.offsetAt(from);
  const ticks: TimeTick[] = [];
  for (let wall = Math.ceil(local / step) * step; ticks.length <= most; wall += step) {
    // The clock may have been set on the way.
    const at = wall - clock.offsetAt(wall - clock.offsetAt(from));
    if (at > to) break;
    ticks.push({ at, label: labelOf(at, step, to - from, clock) });
  }
  return ticks;
}

function labelOf(at: Instant, step: Milliseconds, length: Milliseconds, clock: WallClock): string {
  const reading = new Reading(at, clock);
  if (length > 400 * DAY) return reading.month;
  if (step >= DAY || (reading.minute === '00:00' && length > DAY)) return reading.shortDay;
  return step < MINUTE ? reading.second : reading.minute;
}
