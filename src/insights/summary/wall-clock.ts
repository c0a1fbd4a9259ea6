/**
 * What the clocks on the walls of a time zone show, by the rules that Node brings along (IANA). Asking those is slow, so
 * the answer is kept for each day in which the clock is not set.
 */

import type { Instant, Milliseconds } from '../../core/observation.ts';

const DAY = 86_400_000;
/** Zones have always set their clocks on a multiple of this, in UTC, for as long as anybody has streamed. */
const QUARTER = 900_000;
const MAX_KEPT = 20_000;

export interface WallClock {
  /** The IANA name. */
  readonly zone: string;
  /** How far the clock is ahead of UTC at a moment. */
  offsetAt(at: Instant): Milliseconds;
}

/** By the IANA name of its zone; null if there is no such zone. */
export function wallClockOf(zone: string): WallClock | null {
  if (!/^[A-Za-z]/.test(zone)) return null;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...PARTS });
  } catch {
    return null;
  }
  const { timeZone } = format.resolvedOptions();
  if (timeZone === 'UTC') return { zone: timeZone, offsetAt: () => 0 };
  const kept = new Map<Instant, Milliseconds>();
  const ask = (at: Instant) => {
    const known = kept.get(at);
    if (known !== undefined) return known;
    if (kept.size >= MAX_KEPT) kept.clear();
    const offset = offsetOf(format, at);
    kept.set(at, offset);
    return offset;
  };
  return {
    zone: timeZone,
    offsetAt: (at) => {
      const day = Math.floor(at / DAY) * DAY;
      const offset = ask(day);
      return offset === ask(day + DAY) ? offset : ask(Math.floor(at / QUARTER) * QUARTER);
    },
  };
}

const PARTS = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  era: 'short',
} as const;

function offsetOf(format: Intl.DateTimeFormat, at: Instant): Milliseconds {
  const shown: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(at)) shown[type] = value;
  const [year, month, day, hour, minute, second] = (['year', 'month', 'day', 'hour', 'minute', 'second'] as const).map(
    (part) => Number(shown[part]),
  ) as [number, number, number, number, number, number];
  const wall = new Date(0);
  wall.setUTCFullYear(shown['era'] === 'BC' ? 1 - year : year, month - 1, day);
  wall.setUTCHours(hour, minute, second);
  return wall.getTime() - Math.floor(at / 1000) * 1000;
}
