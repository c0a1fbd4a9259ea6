/**
 * What a heap of sessions came to: sessions, unique clients, listening time, bytes, the peak and when it was, where they
 * were, and the same by several dimensions. For `headcount analyze`; a running Headcount asks its store instead.
 *
 * Adding a session is on the path of every log that is read, so it only writes numbers down (rows.ts, listeners.ts);
 * all counting is done once, at the end. Memory: 36 bytes a session, and what is known of each listener.
 */

import type { Instant } from '../../core/observation.ts';
import type { Dimension } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import { type Peak, type Presences, peakOf, periodOf, presencesOf } from './concurrency.ts';
import { Listeners, type Summarized } from './listeners.ts';
import { Rows } from './rows.ts';
import { Values } from './values.ts';

export const SUMMARY_DIMENSIONS = [
  'stream',
  'country',
  'city',
  'player',
  'platform',
  'quality',
  'user',
] as const satisfies Dimension[];
export type SummaryDimension = (typeof SUMMARY_DIMENSIONS)[number];

export interface SummaryGroup {
  /** Null is unknown. */
  readonly value: string | null;
  readonly sessions: number;
  readonly uniqueClients: number;
  readonly listeningSeconds: number;
  readonly bytes: number;
}

/** A point on the map. */
export interface SummaryPlace {
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string | null;
  readonly countryCode: string | null;
  readonly sessions: number;
  readonly uniqueClients: number;
}

export interface Summary {
  readonly sessions: number;
  readonly uniqueClients: number;
  readonly peak: Peak;
  readonly listeningSeconds: number;
  readonly bytes: number;
  /** Sessions of bots: in none of the other numbers. */
  readonly bots: number;
  /** From the first beginning to the last end; null without a session. */
  readonly period: { readonly from: Instant; readonly to: Instant } | null;
  /** What concurrency.ts and week.ts answer from. */
  readonly presences: Presences;
  /** Each by listening time, greatest first; beyond 100,000 values the rest are one, `OTHERS`. */
  readonly by: Readonly<Record<SummaryDimension, readonly SummaryGroup[]>>;
  /** By sessions, greatest first. */
  readonly places: readonly SummaryPlace[];
}

/** What a summary needs to know of a session that is over. */
export type SummarizedSession = Pick<
  SessionRecord,
  'stream' | 'quality' | 'listener' | 'user' | 'bot' | 'player' | 'place' | 'bytes' | 'startedAt' | 'lastSeenAt'
>;

const MAX_VALUES = 100_000;

export class Summarizer {
  readonly #rows = new Rows();
  readonly #streams = new Values(MAX_VALUES);
  readonly #qualities = new Values(MAX_VALUES);
  readonly #listeners = new Listeners(MAX_VALUES);
  #bots = 0;

  /** What the numbers of streams and of qualities stand for. */
  get names(): { readonly streams: readonly (string | null)[]; readonly qualities: readonly (string | null)[] } {
    return { streams: this.#streams.all, qualities: this.#qualities.all };
  }

  /** A number for `addRow`; null if there are so many that it would have to share one. */
  streamOf(name: string): number | null {
    return this.#streams.ownNumberOf(name);
  }

  qualityOf(name: string): number | null {
    return this.#qualities.ownNumberOf(name);
  }

  get unknownQuality(): number {
    return this.#qualities.numberOf(null);
  }

  /** A number for `addRow`, as long as nothing more is found out about the client. */
  whoOf(client: Summarized): number {
    return this.#listeners.numberOf(client);
  }

  add(session: SummarizedSession): void {
    if (session.bot) {
      this.addBot();
      return;
    }
    const stream = this.#streams.numberOf(session.stream);
    const quality = this.#qualities.numberOf(session.quality);
    const who = this.#listeners.numberOf(session);
    this.addRow(who, stream, quality, session.startedAt, session.lastSeenAt, session.bytes);
  }

  addBot(): void {
    this.#bots++;
  }

  /** A session of somebody who is no bot, in numbers. */
  addRow(who: number, stream: number, quality: number, from: Instant, to: Instant, bytes: number): void {
    const rows = this.#rows;
    const row = rows.open();
    rows.begins[row] = from;
    rows.ends[row] = to;
    rows.bytes[row] = bytes;
    rows.stream[row] = stream;
    rows.quality[row] = quality;
    rows.who[row] = who;
  }

  summary(): Summary {
    const { begins, ends, size } = this.#rows;
    const presences = presencesOf(begins.slice(0, size), ends.slice(0, size));
    const listenerOf = this.#columnOf('listener');
    const groups = (dimension: SummaryDimension) =>
      groupsOf(this.#valuesOf(dimension), (count) => this.#figures(this.#columnOf(dimension), count, listenerOf));
    const [all] = this.#figures(new Uint32Array(size), 1, listenerOf);
    return {
      ...all!,
      peak: peakOf(presences),
      bots: this.#bots,
      period: periodOf(presences),
      presences,
      by: Object.fromEntries(SUMMARY_DIMENSIONS.map((each) => [each, groups(each)])) as unknown as Summary['by'],
      places: this.#places(listenerOf),
    };
  }

  #valuesOf(dimension: SummaryDimension): Values {
    if (dimension === 'stream') return this.#streams;
    return dimension === 'quality' ? this.#qualities : this.#listeners.values[dimension];
  }

  /** By row: what it counts under. */
  #columnOf(dimension: SummaryDimension | 'point' | 'listener'): Uint32Array {
    const { stream, quality, who, size } = this.#rows;
    if (dimension === 'stream') return stream;
    if (dimension === 'quality') return quality;
    const numbers = this.#listeners.numbers[dimension];
    const column = new Uint32Array(size);
    for (let row = 0; row < size; row++) column[row] = numbers[who[row]!]!;
    return column;
  }

  #places(listenerOf: Uint32Array): SummaryPlace[] {
    const { geos } = this.#listeners;
    const [, ...points] = this.#figures(this.#columnOf('point'), geos.length + 1, listenerOf);
    return points
      .map(({ sessions, uniqueClients }, i) => {
        const { latitude, longitude, city, countryCode } = geos[i]!;
        return { latitude: latitude!, longitude: longitude!, city, countryCode, sessions, uniqueClients };
      })
      .sort((a, b) => b.sessions - a.sessions || a.latitude - b.latitude || a.longitude - b.longitude);
  }

  #figures(column: Uint32Array, groups: number, listenerOf: Uint32Array): Figures[] {
    return figuresOf(this.#rows, column, groups, listenerOf, this.#listeners.count);
  }
}

type Figures = Omit<SummaryGroup, 'value'>;

function groupsOf({ all }: Values, figures: (groups: number) => Figures[]): SummaryGroup[] {
  return (
    figures(all.length)
      .map((each, i) => ({ value: all[i]!, ...each }))
      // A value may have been met with bots alone.
      .filter(({ sessions }) => sessions > 0)
      .sort((a, b) => b.listeningSeconds - a.listeningSeconds || b.sessions - a.sessions || compare(a.value, b.value))
  );
}

function compare(a: string | null, b: string | null): number {
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

/** What the rows come to, by their numbers in a column. */
function figuresOf(
  { size, begins, ends, bytes }: Rows,
  column: Uint32Array,
  groups: number,
  listenerOf: Uint32Array,
  listeners: number,
): Figures[] {
  const counts = new Uint32Array(groups);
  const milliseconds = new Float64Array(groups);
  const bytesOf = new Float64Array(groups);
  for (let row = 0; row < size; row++) {
    const group = column[row]!;
    counts[group]!++;
    milliseconds[group]! += ends[row]! - begins[row]!;
    bytesOf[group]! += bytes[row]!;
  }
  const unique = uniqueOf(size, column, counts, listenerOf, listeners);
  return Array.from(counts, (sessions, group) => ({
    sessions,
    uniqueClients: unique[group]!,
    listeningSeconds: milliseconds[group]! / 1000,
    bytes: bytesOf[group]!,
  }));
}

/** Distinct listeners of each group: the rows group by group, and for each listener the last group that met it. */
function uniqueOf(
  size: number,
  column: Uint32Array,
  counts: Uint32Array,
  listenerOf: Uint32Array,
  listeners: number,
): Uint32Array {
  const next = new Uint32Array(counts.length);
  for (let group = 1; group < counts.length; group++) next[group] = next[group - 1]! + counts[group - 1]!;
  const sorted = new Uint32Array(size);
  for (let row = 0; row < size; row++) sorted[next[column[row]!]!++] = row;
  const unique = new Uint32Array(counts.length);
  // Plus one, so that 0 is nobody.
  const metBy = new Uint32Array(listeners);
  for (let i = 0; i < size; i++) {
    const row = sorted[i]!;
    const group = column[row]!;
    const listener = listenerOf[row]!;
    if (metBy[listener] === group + 1) continue;
    metBy[listener] = group + 1;
    unique[group]!++;
  }
  return unique;
}
