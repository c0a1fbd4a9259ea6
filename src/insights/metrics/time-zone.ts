/**
 * What the clocks on the walls of a time zone show, and when its days begin. Local times are written as milliseconds since
 * 1970-01-01 00:00 on that clock, so that days are 86,400,000 of them apart; only instants tell how long a day really lasts.
 */

import type { Instant, Milliseconds } from '../../core/observation.ts';
import { namedZoneOffset } from '../../lib/zone-offset.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What a clock shows; midnights are days. */
export type LocalTime = number;

export interface TimeZone {
  readonly name: string;
  localAt(at: Instant): LocalTime;
  /**
   * The first moment at which the clock shows midnight of this day or, where it is set over midnight, what comes next.
   * A day that a zone has left out begins when the one after it does.
   */
  startOfDay(day: LocalTime): Instant;
}

/** By its IANA name; null if there is none. Mere offsets have no name. */
export function timeZoneOf(name: string): TimeZone | null {
  const clock = namedZoneOffset(name);
  if (clock === null) return null;
  return {
    name,
    localAt: (at) => at + clock.offsetAt(at),
    startOfDay: (day) => startOf(day, clock.offsetAt),
  };
}

function startOf(day: LocalTime, offsetAt: (at: Instant) => Milliseconds): Instant {
  // Clocks differ from UTC by less than this, to either side.
  const offsets = [offsetAt(day - 15 * HOUR), offsetAt(day + 15 * HOUR)];
  const early = day - Math.max(...offsets);
  const late = day - Math.min(...offsets);
  if (early + offsetAt(early) === day) return early;
  if (late + offsetAt(late) === day) return late;
  // The clock never shows it: it is set forward over it somewhere in between.
  let [before, after] = [early, late];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (middle + offsetAt(middle) < day) before = middle;
    else after = middle;
  }
  return after;
}

/** The day of a local time. */
export function dayOf(local: LocalTime): LocalTime {
  return Math.floor(local / DAY) * DAY;
}

export function daysAfter(day: LocalTime, days: number): LocalTime {
  return day + days * DAY;
}
