/**
 * How a session lies in a table: one typed column a fact, so that SQL can filter, group and sort by it. The tables
 * `sessions` and `open_sessions` (migrations.ts) have these columns in this order; `open_sessions` has `state` before
 * them. Getting rows into a table is append.ts.
 *
 * Times are milliseconds since the epoch, like everywhere; whole numbers are BIGINT. Lists and maps that nobody filters
 * by (`qualities`, `details`, `state`) are JSON text. `nested` says which of player, place, geo and traffic are objects
 * at all, since an object of unknowns is not the same as none.
 */

import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBTimestampTZValue,
  type DuckDBType,
  UBIGINT,
  UINTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import type { Place, Player, Rung } from '../../core/identity.ts';
import type { Traffic } from '../../core/observation.ts';
import type { EndReason, SessionRecord } from '../../core/session.ts';
import type { OpenSession } from '../../core/snapshot.ts';
import { storedText } from '../text.ts';
import { hash32, hash64 } from './hash.ts';

export type Cell = string | number | bigint | boolean | DuckDBTimestampTZValue | null;

export interface Column<Row> {
  readonly name: string;
  readonly type: DuckDBType;
  readonly of: (row: Row) => Cell;
}

const PLAYER = 1;
const PLACE = 2;
const GEO = 4;
const TRAFFIC = 8;

export function text<Row>(name: string, of: (row: Row) => string | null): Column<Row> {
  const cell = (value: string | null) => (value === null ? null : storedText(value));
  return { name, type: VARCHAR, of: (row) => cell(of(row)) };
}

export function whole<Row>(name: string, of: (row: Row) => number | null): Column<Row> {
  const cell = (value: number | null) => (value === null ? null : bigintOf(value));
  return { name, type: BIGINT, of: (row) => cell(of(row)) };
}

export function real<Row>(name: string, of: (row: Row) => number | null): Column<Row> {
  return { name, type: DOUBLE, of };
}

export function flag<Row>(name: string, of: (row: Row) => boolean): Column<Row> {
  return { name, type: BOOLEAN, of };
}

/** A commit never fails for a number: what is no safe integer is rounded and clamped to one, and NaN is 0. */
export function bigintOf(value: number): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value);
  if (Number.isNaN(value)) return 0n;
  return BigInt(Math.min(Math.max(Math.round(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
}

/** Everything of a session but the commit that wrote it; the names of the columns are those of the facts. */
const FACTS: readonly Column<SessionRecord>[] = [
  text('id', (s) => s.id),
  { name: 'id_hash', type: UINTEGER, of: (s) => hash32(storedText(s.id)) },
  text('source', (s) => s.source),
  text('stream', (s) => s.stream),
  text('identity', (s) => s.identity),
  text('listener', (s) => s.listener),
  { name: 'listener_hash', type: UBIGINT, of: (s) => hash64(storedText(s.listener)) },
  text('address', (s) => s.address),
  whole('port', (s) => s.port),
  text('user_agent', (s) => s.userAgent),
  text('user_name', (s) => s.user),
  text('device', (s) => s.device),
  whole('nested', nestedOf),
  text('player_name', (s) => s.player?.name ?? null),
  text('player_version', (s) => s.player?.version ?? null),
  text('player_type', (s) => s.player?.type ?? null),
  text('platform', (s) => s.player?.platform ?? null),
  text('country_code', (s) => s.place?.geo?.countryCode ?? null),
  text('region_code', (s) => s.place?.geo?.regionCode ?? null),
  text('region', (s) => s.place?.geo?.region ?? null),
  text('city', (s) => s.place?.geo?.city ?? null),
  text('postal_code', (s) => s.place?.geo?.postalCode ?? null),
  real('latitude', (s) => s.place?.geo?.latitude ?? null),
  real('longitude', (s) => s.place?.geo?.longitude ?? null),
  real('accuracy_km', (s) => s.place?.geo?.accuracyKm ?? null),
  text('time_zone', (s) => s.place?.geo?.timeZone ?? null),
  whole('asn', (s) => s.place?.asn ?? null),
  text('organization', (s) => s.place?.organization ?? null),
  flag('bot', (s) => s.bot),
  flag('provisional', (s) => s.provisional),
  whole('started_at', (s) => s.startedAt),
  whole('last_seen_at', (s) => s.lastSeenAt),
  whole('ended_at', (s) => s.endedAt),
  text('reason', (s) => s.reason),
  whole('bytes', (s) => s.bytes),
  whole('requests', (s) => s.requests),
  whole('packets_up', (s) => s.traffic?.up.packets ?? null),
  whole('bytes_up', (s) => s.traffic?.up.bytes ?? null),
  whole('packets_down', (s) => s.traffic?.down.packets ?? null),
  whole('bytes_down', (s) => s.traffic?.down.bytes ?? null),
  text('quality', (s) => s.quality),
  text('qualities', (s) => (s.qualities.length === 0 ? null : JSON.stringify(s.qualities))),
  text('title', (s) => s.title),
  text('details', (s) => (isEmpty(s.details) ? null : JSON.stringify(s.details))),
  flag('erased', () => false),
];

function nestedOf({ player, place, traffic }: SessionRecord): number {
  return (
    (player === null ? 0 : PLAYER) +
    (place === null ? 0 : PLACE) +
    (place === null || place.geo === null ? 0 : GEO) +
    (traffic === null ? 0 : TRAFFIC)
  );
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** The columns of `sessions`, written by the commit of this sequence. */
export function closedColumns(sequence: number): readonly Column<SessionRecord>[] {
  const written = BigInt(sequence);
  return [...FACTS, { name: 'sequence', type: BIGINT, of: () => written }];
}

/** The columns of `open_sessions`. */
export function openColumns(sequence: number): readonly Column<OpenSession>[] {
  const state = text<OpenSession>('state', (row) => JSON.stringify(row.state));
  const facts = closedColumns(sequence).map(
    ({ name, type, of }): Column<OpenSession> => ({ name, type, of: (row) => of(row.record) }),
  );
  return [state, ...facts];
}

const RECORDED = FACTS.map(({ name }) => name).filter((name) => !name.endsWith('_hash') && name !== 'erased');

/** For a SELECT whose rows `recordOf` understands. */
export const RECORD_COLUMNS = RECORDED.join(', ');

export type Row = readonly unknown[];

const POSITION: ReadonlyMap<string, number> = new Map(RECORDED.map((name, position) => [name, position]));

/** The session that a row of `RECORD_COLUMNS` says; `offset` columns stand before them. */
export function recordOf(row: Row, offset = 0): SessionRecord {
  const cell = (name: string) => row[POSITION.get(name)! + offset];
  const words = (name: string) => cell(name) as string | null;
  const number = (name: string) => numberOf(cell(name));
  const nested = Number(cell('nested'));
  return {
    id: words('id')!,
    source: words('source')!,
    stream: words('stream')!,
    identity: words('identity') as Rung,
    listener: words('listener')!,
    address: words('address'),
    port: number('port'),
    userAgent: words('user_agent'),
    user: words('user_name'),
    device: words('device'),
    player: (nested & PLAYER) === 0 ? null : playerOf(words),
    place: (nested & PLACE) === 0 ? null : placeOf(words, number, (nested & GEO) !== 0),
    bot: cell('bot') as boolean,
    provisional: cell('provisional') as boolean,
    startedAt: number('started_at')!,
    lastSeenAt: number('last_seen_at')!,
    endedAt: number('ended_at'),
    reason: words('reason') as EndReason | null,
    bytes: number('bytes')!,
    requests: number('requests')!,
    traffic: (nested & TRAFFIC) === 0 ? null : trafficOf(number),
    quality: words('quality'),
    qualities: JSON.parse(words('qualities') ?? '[]'),
    title: words('title'),
    details: JSON.parse(words('details') ?? '{}'),
  };
}

type Words = (name: string) => string | null;
type Numbers = (name: string) => number | null;

function playerOf(words: Words): Player {
  return {
    name: words('player_name'),
    version: words('player_version'),
    type: words('player_type'),
    platform: words('platform'),
  };
}

function placeOf(words: Words, number: Numbers, hasGeo: boolean): Place {
  const geo = {
    countryCode: words('country_code'),
    regionCode: words('region_code'),
    region: words('region'),
    city: words('city'),
    postalCode: words('postal_code'),
    latitude: number('latitude'),
    longitude: number('longitude'),
    accuracyKm: number('accuracy_km'),
    timeZone: words('time_zone'),
  };
  return { geo: hasGeo ? geo : null, asn: number('asn'), organization: words('organization') };
}

function trafficOf(number: Numbers): Traffic {
  return {
    up: { packets: number('packets_up') ?? 0, bytes: number('bytes_up') ?? 0 },
    down: { packets: number('packets_down') ?? 0, bytes: number('bytes_down') ?? 0 },
  };
}

/** DuckDB answers integers of 64 bits and more as bigint. */
export function numberOf(cell: unknown): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}
