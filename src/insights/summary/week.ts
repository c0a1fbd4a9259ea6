/** The hours of a week as people lived them: how many sessions were there on average in each hour of each weekday. */

import type { Instant, Milliseconds } from '../../core/observation.ts';
import { eachStretch, type Presences, periodOf } from './concurrency.ts';
import type { WallClock } from './wall-clock.ts';

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * 24 * HOUR;

/** Monday first; each from midnight. Null is an hour that lies wholly outside the period. */
export type Week = readonly (readonly (number | null)[])[];

/** Null without a session. */
export function weekOf(presences: Presences, clock: WallClock): Week | null {
  const period = periodOf(presences);
  if (period === null) return null;
  const there = new Float64Array(7 * 24);
  const lasted = new Float64Array(7 * 24);
  eachHour(period.from, period.to, clock, (hour, length) => {
    lasted[hour]! += length;
  });
  eachStretch(presences, (from, to, count) =>
    eachHour(from, to, clock, (hour, length) => {
      there[hour]! += length * count;
    }),
  );
  const average = (hour: number) => (lasted[hour] === 0 ? null : there[hour]! / lasted[hour]!);
  return Array.from({ length: 7 }, (_, day) => Array.from({ length: 24 }, (_, hour) => average(day * 24 + hour)));
}

/** So many weeks are looked at hour by hour; beyond that whole weeks are taken together, as if no clock were ever set. */
const MOST_WEEKS = 1000;

function eachHour(
  from: Instant,
  to: Instant,
  clock: WallClock,
  visit: (hour: number, length: Milliseconds) => void,
): void {
  const weeks = Math.max(0, Math.floor((to - from) / WEEK) - MOST_WEEKS);
  if (weeks > 0) for (let hour = 0; hour < 7 * 24; hour++) visit(hour, weeks * HOUR);
  for (let at = from + weeks * WEEK; at < to; ) {
    // Clocks are set, and zones differ, by whole quarters of an hour: within one, the hour stays the same.
    const until = Math.min(to, (Math.floor(at / (HOUR / 4)) + 1) * (HOUR / 4));
    const local = at + clock.offsetAt(at) - MONDAY;
    visit(Math.floor((((local % WEEK) + WEEK) % WEEK) / HOUR), until - at);
    at = until;
  }
}
