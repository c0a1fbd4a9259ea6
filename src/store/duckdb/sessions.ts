/**
 * Single sessions and pages of them. A page goes on where the one before has ended by the sort value and id of its last
 * row (keyset), so that it costs the same however deep it is, and new sessions shift nothing. One that begins so many rows
 * down first finds the row that stands there (skip.ts).
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { cityOf, type SessionPage, type SessionQuery, type SessionSort } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { SessionOrder, VisitQuery } from '../store.ts';
import { storedText } from '../text.ts';
import { type Bindings, createBindings, rowsOf } from './bindings.ts';
import { RECORD_COLUMNS, recordOf } from './columns.ts';
import { CITY, filterSql, periodSql, whereSql } from './filter.ts';
import { hash32 } from './hash.ts';
import { type Among, amongSql, equals, findStart, type Ordered, type Position } from './skip.ts';

const MOST = 1000;
const TABLES = ['sessions', 'open_sessions'] as const;

interface Sort {
  readonly sql: string;
  readonly of: (session: SessionRecord) => string | number | null;
  readonly isText: boolean;
  /** If `sql` is not one itself: the columns that it is put together from; where the first is unknown, it is. */
  readonly columns?: readonly string[];
}

const SORTS: Readonly<Record<SessionSort, Sort>> = {
  startedAt: { sql: 'started_at', of: (s) => s.startedAt, isText: false },
  duration: { sql: '(last_seen_at - started_at)', of: (s) => s.lastSeenAt - s.startedAt, isText: false },
  bytes: { sql: 'bytes', of: (s) => s.bytes, isText: false },
  stream: { sql: 'stream', of: (s) => s.stream, isText: true },
  country: { sql: 'country_code', of: (s) => s.place?.geo?.countryCode ?? null, isText: true },
  city: { sql: CITY, of: (s) => cityOf(s.place), isText: true, columns: ['city', 'country_code'] },
  player: { sql: 'player_name', of: (s) => s.player?.name ?? null, isText: true },
  user: { sql: 'user_name', of: (s) => s.user, isText: true },
};

export async function findSession(connection: DuckDBConnection, id: string): Promise<SessionRecord | null> {
  const bindings = createBindings();
  const where = `WHERE id_hash = ${bindings.hash(hash32(storedText(id)))} AND id = ${bindings.text(id)}`;
  const [row] = await rowsOf(
    connection,
    everywhere((table) => `SELECT ${RECORD_COLUMNS} FROM ${table} ${where}`),
    bindings,
  );
  return row === undefined ? null : recordOf(row);
}

export async function findSessions(connection: DuckDBConnection, query: SessionQuery): Promise<SessionPage> {
  const limit = Math.min(Math.max(Math.trunc(query.limit), 1), MOST);
  const last = query.cursor === null ? null : readCursor(query.cursor, query);
  // Both questions see the same commit.
  await connection.run('BEGIN TRANSACTION READ ONLY');
  const total = await countSessions(connection, query);
  const start = await startOf(connection, { ...query, limit }, last, total);
  const items = start.skip >= total && total > 0 ? [] : await readPage(connection, query, start, limit + 1);
  await connection.run('COMMIT');
  const hasMore = items.length > limit;
  if (hasMore) items.pop();
  return { items, nextCursor: hasMore ? writeCursor(items.at(-1)!, query) : null, total };
}

/** Where the rows of a page are looked for. */
interface PageStart {
  readonly position: Position | null;
  /** Whether the row at the position may itself be on the page. */
  readonly isIncluded: boolean;
  readonly skip: number;
  readonly among: Among | null;
}

async function startOf(
  connection: DuckDBConnection,
  query: SessionQuery,
  last: Position | null,
  total: number,
): Promise<PageStart> {
  const offset = Math.max(Math.trunc(query.offset ?? 0), 0);
  if (last !== null || offset === 0) return { position: last, isIncluded: false, skip: 0, among: null };
  const select: Ordered['select'] = (what, bindings, condition) => {
    const where = whereSql([...conditionsOf(query, bindings), ...(condition === undefined ? [] : [condition])]);
    return everywhere((table) => `SELECT ${what} FROM ${table} ${where}`);
  };
  const { descending } = query;
  const ordered = { ...comparedBy(query), isText: SORTS[query.sort].isText, descending, select, total };
  const { from, skip, among } = await findStart(connection, { ...ordered, length: query.limit + 1 }, offset);
  return { position: from, isIncluded: true, skip, among };
}

function comparedBy({ sort }: SessionOrder): Pick<Ordered, 'sql' | 'columns'> {
  const { sql, columns = [sql] } = SORTS[sort];
  return { sql, columns };
}

async function countSessions(connection: DuckDBConnection, query: SessionQuery): Promise<number> {
  const bindings = createBindings();
  const where = whereSql(conditionsOf(query, bindings));
  const counts = everywhere((table) => `SELECT count(*) AS n FROM ${table} ${where}`);
  const [row] = await rowsOf(connection, `SELECT sum(n) FROM (${counts})`, bindings);
  return Number(row![0]);
}

/**
 * First it is found which rows they are, by the few columns that this takes; then all columns of just these are read: from
 * so many blocks of rows, each of which DuckDB has to unpack, that this is most of what a page costs.
 */
async function readPage(
  connection: DuckDBConnection,
  query: SessionQuery,
  { position, isIncluded, skip, among }: PageStart,
  limit: number,
): Promise<SessionRecord[]> {
  const bindings = createBindings();
  const conditions = conditionsOf(query, bindings);
  if (among !== null) conditions.push(amongSql(comparedBy(query), among, bindings));
  if (position !== null) conditions.push(fromSql(query, position, isIncluded, bindings));
  const where = whereSql(conditions);
  const order = `ORDER BY value ${query.descending ? 'DESC' : 'ASC'} NULLS LAST, id`;
  const first = (table: string) =>
    `(SELECT '${table}' AS kept, rowid AS place, ${SORTS[query.sort].sql} AS value, id
      FROM ${table} ${where} ${order} LIMIT ${skip + limit})`;
  const page = `SELECT kept, place FROM (${TABLES.map(first).join(' UNION ALL ')}) ${order} LIMIT ${limit} OFFSET ${skip}`;
  const whole = everywhere(
    (table) => `SELECT ${RECORD_COLUMNS} FROM ${table} WHERE rowid IN (SELECT place FROM page WHERE kept = '${table}')`,
  );
  const rows = await rowsOf(
    connection,
    `WITH page AS MATERIALIZED (${page}) SELECT * FROM (${whole}) ${orderSql(query)}`,
    bindings,
  );
  return rows.map((row) => recordOf(row));
}

/** Open is what has not ended: what has ended but may still change lies among the open ones, too. */
export function conditionsOf({ filter, from, to, state = 'all' }: VisitQuery, bindings: Bindings): string[] {
  const conditions = filterSql(filter, bindings);
  conditions.push(...periodSql(from, to, bindings));
  if (state !== 'all') conditions.push(state === 'open' ? 'ended_at IS NULL' : 'ended_at IS NOT NULL');
  return conditions;
}

export function orderSql({ sort, descending }: SessionOrder): string {
  return `ORDER BY ${SORTS[sort].sql} ${descending ? 'DESC' : 'ASC'} NULLS LAST, id`;
}

function everywhere(select: (table: string) => string): string {
  return TABLES.map(select).join(' UNION ALL ');
}

function fromSql(query: SessionQuery, { value, id }: Position, isIncluded: boolean, bindings: Bindings): string {
  const { sql } = SORTS[query.sort];
  const tied = `(${equals(sql, value, bindings)} AND id ${isIncluded ? '>=' : '>'} ${bindings.text(id)})`;
  if (value === null) return tied;
  const beyond = `${sql} ${query.descending ? '<' : '>'} ${typeof value === 'string' ? bindings.text(value) : bindings.whole(value)}`;
  return `(${beyond} OR ${tied} OR ${sql} IS NULL)`;
}

function writeCursor(session: SessionRecord, { sort, descending }: SessionQuery): string {
  const parts = [sort, descending, SORTS[sort].of(session), session.id];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function readCursor(cursor: string, query: SessionQuery): Position {
  const parts = partsOf(cursor);
  if (Array.isArray(parts) && parts.length === 4) {
    const [sort, descending, value, id] = parts as unknown[];
    const { isText } = SORTS[query.sort];
    const isValue = value === null || (isText ? typeof value === 'string' : Number.isSafeInteger(value));
    if (sort === query.sort && descending === query.descending && isValue && typeof id === 'string') {
      return { value: value as Position['value'], id };
    }
  }
  throw new HeadcountError('BAD_CURSOR', 'This cursor belongs to no page of this question: start again without it.');
}

function partsOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
