/**
 * Periods as people say them: a length of time until now, days and months of a calendar, or from one moment to another;
 * and the ones before and after them. A day is one of the time zone: it has 23 or 25 hours when clocks are set.
 */

import { DAY, dayOf, monthOf, monthsAfter, type Zone } from './zone.ts';

/** In milliseconds since 1970; `to` is not part of it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** By how much the period before it is earlier: by a calendar, or by the clock. */
export type Shift = { readonly months: number } | { readonly days: number } | { readonly ms: number };

const HOUR = 3_600_000;
const UNITS = { m: 60_000, h: HOUR, d: DAY, w: 7 * DAY } as const;
/** Nothing is asked of before: reports begin there. */
const EARLIEST = Date.UTC(1980, 0);
/** The widest that can be chosen. */
const LONGEST = 100 * 365 * DAY;

/** What is offered; `last=` may also be any other length, such as `6h`. */
export const LASTS = ['1h', '1d', '7d', '30d', '365d', 'today', 'yesterday', 'month', 'all'] as const;
export type Last = (typeof LASTS)[number];

/** The milliseconds of `1h`, `7d`; null if it is no such length. */
export function lengthOf(last: string): number | null {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(last) ?? [];
  if (count === undefined) return null;
  const length = Number(count) * UNITS[unit as keyof typeof UNITS];
  return length > 0 && length <= LONGEST ? length : null;
}

/** What `last` means now. `begin` is that of all there is, null if not known. Null for a word that means nothing. */
export function spanOf(last: string, now: number, zone: Zone, begin: number | null): Span | null {
  const today = dayOf(zone.localAt(now));
  switch (last) {
    case 'today':
      return upTo(zone.instantOf(today), now);
    case 'yesterday':
      return { from: zone.instantOf(today - DAY), to: zone.instantOf(today) };
    case 'month':
      return upTo(zone.instantOf(monthOf(today)), now);
    case 'all':
      return upTo(Math.max(Math.min(begin ?? now - DAY, now - HOUR), EARLIEST), now);
    default: {
      const length = lengthOf(last);
      return length === null ? null : { from: Math.max(now - length, EARLIEST), to: now };
    }
  }
}

/** In its first moments a day has no length yet, and nothing can be asked of it. */
function upTo(from: number, now: number): Span {
  return { from, to: Math.max(now, from + 60_000) };
}

/** Both edges as the address has them. Null unless they are times with something between them. */
export function spanBetween(from: string | null, to: string | null): Span | null {
  const span = { from: Date.parse(from ?? ''), to: Date.parse(to ?? '') };
  return span.from >= EARLIEST && span.to > span.from && span.to - span.from <= LONGEST ? span : null;
}

/** Whole months go by months, whole days by days, the running day or month as a whole one; all else by its length. */
export function shiftOf(span: Span, last: string | null, zone: Zone): Shift {
  if (last === 'today') return { days: 1 };
  if (last === 'month') return { months: 1 };
  const [from, to] = [zone.localAt(span.from), zone.localAt(span.to)];
  if (from !== dayOf(from) || to !== dayOf(to)) return { ms: span.to - span.from };
  if (from !== monthOf(from) || to !== monthOf(to)) return { days: Math.round((to - from) / DAY) };
  const [first, end] = [new Date(from), new Date(to)];
  return { months: (end.getUTCFullYear() - first.getUTCFullYear()) * 12 + end.getUTCMonth() - first.getUTCMonth() };
}

/** A moment so many shifts later; earlier if they are negative. */
export function shifted(at: number, shift: Shift, times: number, zone: Zone): number {
  if ('ms' in shift) return at + shift.ms * times;
  const local = zone.localAt(at);
  return zone.instantOf('days' in shift ? local + shift.days * DAY * times : monthsAfter(local, shift.months * times));
}

export function shiftedSpan({ from, to }: Span, shift: Shift, times: number, zone: Zone): Span {
  const moved = { from: shifted(from, shift, times, zone), to: shifted(to, shift, times, zone) };
  // Of two moments in an hour that clocks leave out nothing is left.
  return moved.to > moved.from ? moved : { from: moved.from, to: moved.from + (to - from) };
}

/** The step back: the running day or month goes back to a whole one. */
export function stepBack(span: Span, last: string | null, zone: Zone): Span {
  const shift = shiftOf(span, last, zone);
  if (last === 'today' || last === 'month') return { from: shifted(span.from, shift, -1, zone), to: span.from };
  return shiftedSpan(span, shift, -1, zone);
}

/**
 * The step forward; null when it would begin in the future. A day or month that still runs is told as such; what else
 * ends in the future is whole.
 */
export function stepForward(span: Span, last: string | null, now: number, zone: Zone): Span | 'today' | 'month' | null {
  const shift = shiftOf(span, last, zone);
  const next = shiftedSpan(span, shift, 1, zone);
  if (next.from >= now) return null;
  if (next.to <= now) return next;
  if ('days' in shift && shift.days === 1) return 'today';
  if ('months' in shift && shift.months === 1) return 'month';
  return next;
}
