/**
 * What the chart of the past draws, out of the answers of `/timeline`: lines by step, days of the time zone where a step
 * would be shorter than can be seen, the period compared with laid under them, and what lies on what in a stack.
 */

import type { TimelineWire } from '../../../../src/http/contract.ts';
import { type Shift, type Span, shifted } from '../period.ts';
import { DAY, dayOf, type Zone } from '../zone.ts';

/** How the API calls what is not in the greatest. */
const OTHERS = '(others)';

export interface Line {
  /** As a filter has it; `~` is unknown. Null for the one line of an undivided chart. */
  readonly key: string | null;
  readonly isOthers: boolean;
  /** Sessions at once by step, weighted by time. Additive. */
  readonly average: readonly number[];
  /** The greatest number at once by step. Not additive: peaks of lines are not reached together. */
  readonly peak: readonly number[];
}

/** Times in milliseconds since 1970. */
export interface Chart {
  /** The starts of the steps, and the end of the last one. */
  readonly edges: readonly number[];
  /** The greatest first, others last. */
  readonly lines: readonly Line[];
  /** From here on it may still change. */
  readonly provisionalFrom: number | null;
}

const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800] as const;
const HOUR = 3600;
/** As many as can be told apart on a wide screen. */
const MOST_STEPS = 400;
/** The API gives no more than 10,000. */
const MOST_ASKED = 9500;

export interface Steps {
  /** As the API is asked. */
  readonly seconds: number;
  /** They are put together to days of the zone. */
  readonly areDays: boolean;
}

/** Round steps; for long periods hours, or several, that are put together to days. */
export function stepsFor({ from, to }: Span): Steps {
  const period = (to - from) / 1000;
  const round = STEPS.find((step) => period / step <= MOST_STEPS);
  if (round !== undefined) return { seconds: round, areDays: false };
  const hours = [1, 2, 3, 4, 6, 8, 12].find((count) => period / (count * HOUR) <= MOST_ASKED) ?? 24;
  return { seconds: hours * HOUR, areDays: true };
}

/** What is asked for: from the begin of a step by the clock of the zone, so that steps stay where they are as time goes on. */
export function askedSpan({ from, to }: Span, { seconds, areDays }: Steps, now: number, zone: Zone): Span {
  const step = seconds * 1000;
  const local = zone.localAt(from);
  const begin = areDays ? zone.instantOf(dayOf(local)) : from - (((local % step) + step) % step);
  return { from: begin, to: Math.max(Math.min(to, now), begin + 1000) };
}

export function chartOf(answer: TimelineWire, { areDays }: Steps, zone: Zone): Chart {
  const starts = answer.steps.map((start) => Date.parse(start));
  const edges = [...starts, Date.parse(answer.to)];
  const provisionalFrom = answer.provisionalFrom === null ? null : Date.parse(answer.provisionalFrom);
  const groups = areDays ? daysOf(edges, zone) : null;
  return {
    edges: groups === null ? edges : [...groups.map(({ first }) => edges[first]!), edges.at(-1)!],
    provisionalFrom,
    lines: answer.series.map(({ value, average, peak }) => ({
      key: answer.series.length === 1 && value === null ? null : (value ?? '~'),
      isOthers: value === OTHERS,
      average: groups === null ? average : groups.map((group) => meanOf(average, edges, group)),
      peak: groups === null ? peak : groups.map(({ first, end }) => greatest(peak.slice(first, end))),
    })),
  };
}

interface Group {
  readonly first: number;
  /** Not part of it. */
  readonly end: number;
}

/** Steps by the day on which their middle lies. */
function daysOf(edges: readonly number[], zone: Zone): Group[] {
  const groups: { first: number; end: number }[] = [];
  let day = Number.NaN;
  for (let i = 0; i + 1 < edges.length; i++) {
    const its = dayOf(zone.localAt((edges[i]! + edges[i + 1]!) / 2));
    if (its === day) groups.at(-1)!.end = i + 1;
    else groups.push({ first: i, end: i + 1 });
    day = its;
  }
  return groups;
}

function meanOf(average: readonly number[], edges: readonly number[], { first, end }: Group): number {
  let sum = 0;
  for (let i = first; i < end; i++) sum += average[i]! * (edges[i + 1]! - edges[i]!);
  return sum / (edges[end]! - edges[first]!);
}

export function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** The mean over the whole chart, weighted by time. */
export function meanOfAll(line: Line, edges: readonly number[]): number {
  return edges.length < 2 ? 0 : meanOf(line.average, edges, { first: 0, end: edges.length - 1 });
}

/** The step in which a moment lies; the nearest one outside. -1 if there are none. */
export function stepAt(edges: readonly number[], at: number): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (edges[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return edges.length < 2 ? -1 : low;
}

/** For each step the one that has the same clock times in the period compared with; null where that has none. */
export function comparedWith(
  edges: readonly number[],
  earlier: Chart,
  shift: Shift,
  times: number,
  zone: Zone,
): { readonly average: readonly (number | null)[]; readonly peak: readonly (number | null)[] } {
  const line = earlier.lines[0];
  const end = earlier.edges.at(-1) ?? 0;
  const indexes = edges.slice(0, -1).map((start, i) => {
    const at = shifted((start + edges[i + 1]!) / 2, shift, times, zone);
    return at < (earlier.edges[0] ?? 0) || at >= end ? -1 : stepAt(earlier.edges, at);
  });
  return {
    average: indexes.map((index) => line?.average[index] ?? null),
    peak: indexes.map((index) => line?.peak[index] ?? null),
  };
}

/** Each line lies on those before it: its upper edge, by step. */
export function stacked(lines: readonly Line[]): number[][] {
  const tops: number[][] = [];
  for (const { average } of lines) {
    const below = tops.at(-1);
    tops.push(average.map((value, i) => value + (below?.[i] ?? 0)));
  }
  return tops;
}

/** What stands at a tick of the axis. */
export interface Tick {
  readonly at: number;
  readonly style: 'second' | 'clock' | 'dayOfMonth' | 'month' | 'year';
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const CLOCK_TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE);
const SECOND_TICKS = [1, 5, 15, 30].map((seconds) => seconds * SECOND);
const DAY_TICKS = [1, 2, 7, 14].map((days) => days * DAY);
const MONTH_TICKS = [1, 3, 6, 12, 24, 60, 120, 240] as const;
const MONDAY = 4 * DAY;

/** Round times of the zone's clock, at most so many. An hour that clocks leave out has no tick, one that they show twice has one. */
export function ticksOf({ from, to }: Span, zone: Zone, most: number): Tick[] {
  const span = to - from;
  const isFew = (every: number) => span / every <= most;
  const every = [...SECOND_TICKS, ...CLOCK_TICKS, ...DAY_TICKS].find(isFew);
  const locals = every === undefined ? monthsIn(from, to, zone, most) : timesIn(from, to, zone, every);
  const ats = locals.map((local) => ({ at: zone.instantOf(local), local }));
  return ats
    .filter(({ at }, i) => at >= from && at <= to && at !== ats[i - 1]?.at)
    .map(({ at, local }) => ({ at, style: styleOf(local, every) }));
}

function timesIn(from: number, to: number, zone: Zone, every: number): number[] {
  const origin = every % (7 * DAY) === 0 ? MONDAY : 0;
  const first = Math.ceil((zone.localAt(from) - origin) / every) * every + origin;
  // An hour more: clocks may be set within.
  const end = zone.localAt(to) + 60 * MINUTE;
  return Array.from({ length: Math.max(Math.floor((end - first) / every) + 1, 0) }, (_, i) => first + i * every);
}

function monthsIn(from: number, to: number, zone: Zone, most: number): number[] {
  const monthNumber = (at: number) => {
    const date = new Date(zone.localAt(at));
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  };
  const [first, last] = [monthNumber(from), monthNumber(to)];
  const every = MONTH_TICKS.find((months) => (last - first) / months <= most) ?? 240;
  const begin = Math.ceil(first / every) * every;
  return Array.from({ length: Math.max(Math.floor((last - begin) / every) + 1, 0) }, (_, i) =>
    Date.UTC(1970, begin + i * every - 1970 * 12),
  );
}

function styleOf(local: number, every: number | undefined): Tick['style'] {
  if (every === undefined) return new Date(local).getUTCMonth() === 0 ? 'year' : 'month';
  if (every >= DAY || local % DAY === 0) return 'dayOfMonth';
  return every < MINUTE ? 'second' : 'clock';
}
