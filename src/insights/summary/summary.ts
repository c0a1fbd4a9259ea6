/**
 * What a heap of sessions came to: sessions, unique clients, listening time, bytes, the peak and when it was, where they
 * were, and the same by several dimensions. For `headcount analyze`; a running Headcount asks its store instead.
 *
 * Adding a session is on the path of every log that is read, so it only looks up numbers and writes them down (rows.ts);
 * all counting is done once, at the end. Memory: 70 bytes a session, and the tokens of the listeners.
 */

import type { Geo, Place, Player } from '../../core/identity.ts';
import type { Instant } from '../../core/observation.ts';
import { cityOf, type Dimension } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import { type Peak, type Presences, peakOf, periodOf, presencesOf } from './concurrency.ts';
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
/** Objects whose numbers are remembered, so that their texts need not be put together again. */
const MAX_REMEMBERED = 50_000;

const DIMENSIONS = SUMMARY_DIMENSIONS.length;
const COLUMN = {
  ...(Object.fromEntries(SUMMARY_DIMENSIONS.map((dimension, i) => [dimension, i])) as Record<SummaryDimension, number>),
  /** The number of a point, plus one; 0 is a place that nobody knows. */
  point: DIMENSIONS,
  listener: DIMENSIONS + 1,
};

interface Placed {
  readonly country: number;
  readonly city: number;
  readonly point: number;
}

interface Played {
  readonly player: number;
  readonly platform: number;
}

export class Summarizer {
  readonly #rows = new Rows(DIMENSIONS + 2);
  readonly #values = SUMMARY_DIMENSIONS.map(() => new Values(MAX_VALUES));
  readonly #listeners = new Map<string, number>();
  readonly #points = new Map<string, number>();
  readonly #geos: Geo[] = [];
  readonly #placed = new Map<Place | null, Placed>();
  readonly #played = new Map<Player | null, Played>();
  #bots = 0;

  add(session: SummarizedSession): void {
    if (session.bot) {
      this.#bots++;
      return;
    }
    const rows = this.#rows;
    const row = rows.open();
    rows.begins[row] = session.startedAt;
    rows.ends[row] = session.lastSeenAt;
    rows.bytes[row] = session.bytes;
    const { columns } = rows;
    const values = this.#values;
    columns[COLUMN.stream]![row] = values[COLUMN.stream]!.numberOf(session.stream);
    columns[COLUMN.quality]![row] = values[COLUMN.quality]!.numberOf(session.quality);
    columns[COLUMN.user]![row] = values[COLUMN.user]!.numberOf(session.user);
    const placed = this.#placed.get(session.place) ?? this.#place(session.place);
    columns[COLUMN.country]![row] = placed.country;
    columns[COLUMN.city]![row] = placed.city;
    columns[COLUMN.point]![row] = placed.point;
    const played = this.#played.get(session.player) ?? this.#play(session.player);
    columns[COLUMN.player]![row] = played.player;
    columns[COLUMN.platform]![row] = played.platform;
    columns[COLUMN.listener]![row] = this.#numberOf(session.listener);
  }

  summary(): Summary {
    const { begins, ends, size } = this.#rows;
    const presences = presencesOf(begins.slice(0, size), ends.slice(0, size));
    const [all] = figuresOf(this.#rows, new Uint32Array(size), 1, this.#listeners.size);
    return {
      ...all!,
      peak: peakOf(presences),
      bots: this.#bots,
      period: periodOf(presences),
      presences,
      by: Object.fromEntries(SUMMARY_DIMENSIONS.map((each) => [each, this.#groups(each)])) as unknown as Summary['by'],
      places: this.#places(),
    };
  }

  #place(place: Place | null): Placed {
    const placed = {
      country: this.#values[COLUMN.country]!.numberOf(place?.geo?.countryCode ?? null),
      city: this.#values[COLUMN.city]!.numberOf(cityOf(place)),
      point: this.#pointOf(place?.geo ?? null),
    };
    if (this.#placed.size >= MAX_REMEMBERED) this.#placed.clear();
    this.#placed.set(place, placed);
    return placed;
  }

  #play(player: Player | null): Played {
    const played = {
      player: this.#values[COLUMN.player]!.numberOf(player?.name ?? null),
      platform: this.#values[COLUMN.platform]!.numberOf(player?.platform ?? null),
    };
    if (this.#played.size >= MAX_REMEMBERED) this.#played.clear();
    this.#played.set(player, played);
    return played;
  }

  #pointOf(geo: Geo | null): number {
    if (geo === null || geo.latitude === null || geo.longitude === null) return 0;
    const key = `${geo.latitude} ${geo.longitude} ${geo.city}`;
    const known = this.#points.get(key);
    if (known !== undefined) return known;
    if (this.#geos.length >= MAX_VALUES) return 0;
    const point = this.#geos.push(geo);
    this.#points.set(key, point);
    return point;
  }

  #numberOf(listener: string): number {
    const known = this.#listeners.get(listener);
    if (known !== undefined) return known;
    this.#listeners.set(listener, this.#listeners.size);
    return this.#listeners.size - 1;
  }

  #groups(dimension: SummaryDimension): SummaryGroup[] {
    const { all } = this.#values[COLUMN[dimension]]!;
    return this.#figures(COLUMN[dimension], all.length)
      .map((figures, i) => ({ value: all[i]!, ...figures }))
      .sort((a, b) => b.listeningSeconds - a.listeningSeconds || b.sessions - a.sessions || compare(a.value, b.value));
  }

  #places(): SummaryPlace[] {
    const [, ...points] = this.#figures(COLUMN.point, this.#geos.length + 1);
    return points
      .map(({ sessions, uniqueClients }, i) => {
        const { latitude, longitude, city, countryCode } = this.#geos[i]!;
        return { latitude: latitude!, longitude: longitude!, city, countryCode, sessions, uniqueClients };
      })
      .sort((a, b) => b.sessions - a.sessions || a.latitude - b.latitude || a.longitude - b.longitude);
  }

  #figures(column: number, groups: number): Omit<SummaryGroup, 'value'>[] {
    return figuresOf(this.#rows, this.#rows.columns[column]!, groups, this.#listeners.size);
  }
}

function compare(a: string | null, b: string | null): number {
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

/** What the rows come to, by their numbers in a column. */
function figuresOf(
  { size, begins, ends, bytes, columns }: Rows,
  column: Uint32Array,
  groups: number,
  listeners: number,
): Omit<SummaryGroup, 'value'>[] {
  const counts = new Uint32Array(groups);
  const milliseconds = new Float64Array(groups);
  const bytesOf = new Float64Array(groups);
  for (let row = 0; row < size; row++) {
    const group = column[row]!;
    counts[group]!++;
    milliseconds[group]! += ends[row]! - begins[row]!;
    bytesOf[group]! += bytes[row]!;
  }
  const unique = uniqueOf(size, column, counts, columns[COLUMN.listener]!, listeners);
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
