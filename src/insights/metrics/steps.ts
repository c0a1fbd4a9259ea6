/** A period cut into the hours, days, weeks or months of a time zone. */

import type { Instant } from '../../core/observation.ts';
import { QUARTER_HOUR } from '../../core/query.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { dayOf, daysAfter, type LocalTime, type TimeZone } from './time-zone.ts';

export const STEPS = ['hour', 'day', 'week', 'month'] as const;
export type Step = (typeof STEPS)[number];

const HOUR = 3_600_000;
const MOST_STEPS = 10_000;

/**
 * The starts of the steps, and the end of the last one: the first and the last step are as much of theirs as the period
 * has. Null is one step. Throws `BAD_QUERY` for more than ten thousand.
 */
export function edgesOf(from: Instant, to: Instant, step: Step | null, zone: TimeZone): Instant[] {
  if (step === null) return [from, to];
  const edges = [from];
  for (let at = nextEdge(from, step, zone); at < to; at = nextEdge(at, step, zone)) {
    if (edges.length === MOST_STEPS) {
      throw new HeadcountError('BAD_QUERY', `These are more than ${MOST_STEPS} steps: ask for longer ones.`);
    }
    edges.push(at);
  }
  return [...edges, to];
}

function nextEdge(at: Instant, step: Step, zone: TimeZone): Instant {
  if (step === 'hour') return nextHour(at, zone);
  let day = dayAfter(dayOf(zone.localAt(at)), step);
  let start = zone.startOfDay(day);
  // The clock may go back over midnight, and a zone may leave a day out.
  while (start <= at) {
    day = dayAfter(day, step);
    start = zone.startOfDay(day);
  }
  return start;
}

/** The first day of the next step; weeks begin on Monday, as in ISO 8601. */
function dayAfter(day: LocalTime, step: Exclude<Step, 'hour'>): LocalTime {
  const date = new Date(day);
  switch (step) {
    case 'day':
      return daysAfter(day, 1);
    case 'week':
      return daysAfter(day, 7 - ((date.getUTCDay() + 6) % 7));
    case 'month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  }
}

/**
 * When the clock next shows a full hour. The hour that it shows twice in autumn is two; where a clock is set by half an
 * hour, as on Lord Howe Island, the hour in which it is lasts one and a half.
 */
function nextHour(at: Instant, zone: TimeZone): Instant {
  const next = at + HOUR - (zone.localAt(at) % HOUR);
  if (zone.localAt(next) % HOUR === 0) return next;
  let quarter = Math.floor(at / QUARTER_HOUR) * QUARTER_HOUR;
  do quarter += QUARTER_HOUR;
  while (zone.localAt(quarter) % HOUR !== 0);
  return quarter;
}
