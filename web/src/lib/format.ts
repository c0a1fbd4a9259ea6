/** Numbers, sizes, times and countries as people read them, in the viewer's locale and time zone. Words are in texts.ts. */

import { locale } from './language.ts';

const LOCALE = locale;

const counts = new Intl.NumberFormat(LOCALE);
const shortCounts = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 0 });
const clockTimes = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'short' });
const exactTimes = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'medium' });
const dayTimes = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short' });
const seconds = new Intl.NumberFormat(LOCALE, { style: 'unit', unit: 'second', unitDisplay: 'long' });
const minutes = new Intl.NumberFormat(LOCALE, { style: 'unit', unit: 'minute', unitDisplay: 'long' });
const hours = new Intl.NumberFormat(LOCALE, { style: 'unit', unit: 'hour', unitDisplay: 'long' });

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;
const sizes = SIZES.map((unit) => ({
  whole: new Intl.NumberFormat(LOCALE, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }),
  tenths: new Intl.NumberFormat(LOCALE, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }),
}));

export function formatCount(count: number): string {
  return counts.format(count);
}

/** `1.2K`: for where there is no room. */
export function formatShortCount(count: number): string {
  return count < 1000 ? counts.format(count) : shortCounts.format(count);
}

/** The share of `part` in `whole`; a part that is not nothing is never shown as 0 %. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return percents.format(0);
  const share = part / whole;
  return share < 0.005 ? `< ${percents.format(0.01)}` : percents.format(share);
}

const changes = new Intl.NumberFormat(LOCALE, {
  style: 'percent',
  maximumFractionDigits: 0,
  signDisplay: 'exceptZero',
});

/** How much more or less it is than it was: `+12%`, `-3%`. Null where there was nothing to compare with. */
export function formatChange(value: number, before: number): string | null {
  return before > 0 ? changes.format(value / before - 1) : null;
}

const tenths = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** `12.3`; from a thousand on without the fraction. */
export function formatTenths(value: number): string {
  return value < 999.95 ? tenths.format(value) : counts.format(Math.round(value));
}

/** Decimal units, as transfer is sold: 12 MB is 12,000,000 bytes. */
export function formatBytes(bytes: number): string {
  let step = 0;
  let value = bytes;
  while (value >= 999.5 && step < SIZES.length - 1) {
    value /= 1000;
    step++;
  }
  const { whole, tenths } = sizes[step]!;
  return (step > 0 && value < 9.95 ? tenths : whole).format(value);
}

const BITS = ['bit', 'kilobit', 'megabit', 'gigabit', 'terabit'] as const;
const bits = BITS.map((unit) => new Intl.NumberFormat(LOCALE, { style: 'unit', unit, maximumSignificantDigits: 3 }));

/** Bytes as bits, as bandwidth is told: 1,250 bytes are 10 kb. */
export function formatBits(bytes: number): string {
  let step = 0;
  let value = Math.round(bytes * 8);
  while (value >= 999.5 && step < BITS.length - 1) {
    value /= 1000;
    step++;
  }
  return bits[step]!.format(value);
}

/** A running clock: `0:42`, `12:05`, `1:02:03`, `49:00:10`. Never less than zero. */
export function formatDuration(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hoursPart = Math.floor(total / 3600);
  const minutesPart = Math.floor(total / 60) % 60;
  const rest = two(total % 60);
  return hoursPart > 0 ? `${hoursPart}:${two(minutesPart)}:${rest}` : `${minutesPart}:${rest}`;
}

/** The same as a machine reads it (ISO 8601): for `<time datetime>`. */
export function isoDuration(milliseconds: number): string {
  return `PT${Math.max(0, Math.floor(milliseconds / 1000))}S`;
}

/** `40 seconds`, `3 minutes`, `2 hours`: a length of time in its greatest unit. */
export function formatSpan(milliseconds: number): string {
  const total = Math.max(0, milliseconds / 1000);
  if (total < 90) return seconds.format(Math.round(total));
  if (total < 5400) return minutes.format(Math.round(total / 60));
  return hours.format(Math.round(total / 3600));
}

const brief = {
  hour: new Intl.NumberFormat(LOCALE, { style: 'unit', unit: 'hour', unitDisplay: 'narrow' }),
  minute: new Intl.NumberFormat(LOCALE, { style: 'unit', unit: 'minute', unitDisplay: 'narrow' }),
  second: new Intl.NumberFormat(LOCALE, { style: 'unit', unit: 'second', unitDisplay: 'narrow' }),
};

/** `42s`, `12m`, `3h 5m`: a length of time for where there is little room. */
export function formatBrief(milliseconds: number): string {
  const total = Math.max(0, Math.round(milliseconds / 1000));
  if (total < 90) return brief.second.format(total);
  const whole = Math.round(total / 60);
  if (whole < 60) return brief.minute.format(whole);
  return `${brief.hour.format(Math.floor(whole / 60))} ${brief.minute.format(whole % 60)}`;
}

export function formatClock(at: number | string): string {
  return clockTimes.format(new Date(at));
}

export function formatExactClock(at: number | string): string {
  return exactTimes.format(new Date(at));
}

const exactMoments = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'short', timeStyle: 'medium' });

/** With its date, to the second. */
export function formatExactMoment(at: number | string): string {
  return exactMoments.format(new Date(at));
}

/** The day, the year and the minute. */
export function formatDate(at: number): string {
  return dayTimes.format(at);
}

/** The time alone if it is of the same day as `now`, else with its date. */
export function formatMoment(at: number | string, now: number): string {
  const moment = new Date(at);
  const isToday = moment.toDateString() === new Date(now).toDateString();
  return (isToday ? clockTimes : dayTimes).format(moment);
}

/** `01:10`, but `1:10 AM`: as `timeStyle` has it. */
const hour = clockTimes.resolvedOptions().hourCycle === 'h23' ? '2-digit' : 'numeric';

const ZONED = {
  day: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
  minute: { day: 'numeric', month: 'short', year: 'numeric', hour, minute: '2-digit' },
  moment: {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour,
    minute: '2-digit',
    second: '2-digit',
  },
  exact: { weekday: 'short', day: 'numeric', month: 'short', hour, minute: '2-digit', second: '2-digit' },
  clock: { hour, minute: '2-digit' },
  second: { hour, minute: '2-digit', second: '2-digit' },
  dayOfMonth: { day: 'numeric', month: 'short' },
  weekday: { weekday: 'short', day: 'numeric' },
  month: { month: 'short' },
  year: { year: 'numeric' },
  zoneName: { timeZoneName: 'short' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;
export type ZonedStyle = keyof typeof ZONED;

/** Few zones are looked at, in few styles. */
const zoned = new Map<string, Intl.DateTimeFormat>();

/** A time as the clocks of a time zone show it. */
export function formatInZone(at: number, style: ZonedStyle, zone: string): string {
  const key = `${style} ${zone}`;
  let format = zoned.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(LOCALE, { ...ZONED[style], timeZone: zone });
    zoned.set(key, format);
  }
  if (style !== 'zoneName') return format.format(at);
  return format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? zone;
}

const twoDigits = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 2 });

/** Rates and the like: `0.25`, `9.5`, `12`, `1,230`. */
export function formatAmount(amount: number): string {
  return amount < 10 ? twoDigits.format(amount) : counts.format(Math.round(amount));
}

const days = new Intl.DateTimeFormat(LOCALE, { weekday: 'short', day: 'numeric', month: 'short' });
const dayMinutes = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** `Sat 21 Nov`. */
export function formatDay(at: number): string {
  return days.format(at);
}

/** `Sat 21 – Sun 22 Nov`. */
export function formatDays(from: number, to: number): string {
  return days.formatRange(from, to);
}

/** The day and the minute, without the year: for what is within a few months. */
export function formatDayMinute(at: number): string {
  return dayMinutes.format(at);
}

const countries = new Intl.DisplayNames(LOCALE, { type: 'region', fallback: 'none' });

/** A country by its code (ISO 3166-1 alpha-2); the English name that the server has, where the code says nothing. */
export function formatCountry(code: string, name: string | null = null): string {
  try {
    return countries.of(code) ?? name ?? code;
  } catch {
    // Somebody wrote something else into the address.
    return name ?? code;
  }
}
