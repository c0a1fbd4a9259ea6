/**
 * What the clocks of a time zone show, by the rules that the browser brings along (IANA). Local times are milliseconds
 * since 1970-01-01 00:00 on that clock, so that days are 86,400,000 of them apart; only instants tell how long a day lasts.
 */

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** What a clock shows; midnights are days. */
export type LocalTime = number;

export interface Zone {
  readonly name: string;
  localAt(at: number): LocalTime;
  /** The first moment at which the clock shows it or, where it is set over it, what comes next. */
  instantOf(local: LocalTime): number;
}

/** So many offsets are kept for a zone: a chart asks for the same ones again and again. */
const MOST_OFFSETS = 20_000;

/** Null if the browser does not know it. */
export function zoneOf(name: string): Zone | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', ...PARTS });
  } catch {
    return null;
  }
  const known = new Map<number, number>();
  const offsetAt = (at: number) => {
    // Clocks are set at full quarters of an hour.
    const quarter = Math.floor(at / 900_000);
    const kept = known.get(quarter);
    if (kept !== undefined) return kept;
    if (known.size === MOST_OFFSETS) known.clear();
    const offset = wallOf(format, quarter * 900_000) - quarter * 900_000;
    known.set(quarter, offset);
    return offset;
  };
  return {
    name,
    localAt: (at) => at + offsetAt(at),
    instantOf: (local) => instantOf(local, offsetAt),
  };
}

const PARTS = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const;

function wallOf(format: Intl.DateTimeFormat, at: number): LocalTime {
  const shown: Partial<Record<string, number>> = {};
  for (const { type, value } of format.formatToParts(at)) shown[type] = Number(value);
  const { year, month, day, hour, minute, second } = shown as Record<keyof typeof PARTS, number>;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function instantOf(local: LocalTime, offsetAt: (at: number) => number): number {
  // Clocks differ from UTC by less than this, to either side.
  const offsets = [offsetAt(local - 15 * HOUR), offsetAt(local + 15 * HOUR)];
  const early = local - Math.max(...offsets);
  const late = local - Math.min(...offsets);
  if (early + offsetAt(early) === local) return early;
  if (late + offsetAt(late) === local) return late;
  // The clock never shows it: it is set forward over it somewhere in between.
  let [before, after] = [early, late];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (middle + offsetAt(middle) < local) before = middle;
    else after = middle;
  }
  return after;
}

export function dayOf(local: LocalTime): LocalTime {
  return Math.floor(local / DAY) * DAY;
}

export function monthOf(local: LocalTime): LocalTime {
  const date = new Date(local);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** The same day and time of another month, or the last day of it where it is shorter. */
export function monthsAfter(local: LocalTime, months: number): LocalTime {
  const date = new Date(local);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(date.getUTCDate(), last)) + (local - dayOf(local));
}

/** As fields for date and time write it: `2026-03-29T02:30`. */
export function formatLocal(local: LocalTime): string {
  return new Date(local).toISOString().slice(0, 16);
}

/** Null if it is no such time. */
export function parseLocal(text: string): LocalTime | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)) return null;
  const local = Date.parse(`${text}Z`);
  return Number.isNaN(local) ? null : local;
}
