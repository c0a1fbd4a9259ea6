/**
 * Where a page begins that is so many rows down. To sort a million rows by value and id takes most of a second, and a page
 * needs a hundred of them: so the value that stands there is found by itself – numbers by selection, which is O(n),
 * texts, of which there are few, by counting how often each is there – and the page is read from that value on.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { type Bindings, createBindings, rowsOf } from './bindings.ts';

/** What a page is a part of. */
export interface Ordered {
  /** The value that rows are sorted by, before their id; unknown ones are last. */
  readonly sql: string;
  readonly isText: boolean;
  readonly descending: boolean;
  /** Selects `what` of all rows. */
  readonly select: (what: string, bindings: Bindings) => string;
  /** How many rows there are. */
  readonly total: number;
}

/** A row: it need not be there. */
export interface Position {
  readonly value: string | number | null;
  readonly id: string;
}

export interface Start {
  /** The page is at or behind this row; null is the first one. */
  readonly from: Position | null;
  /** So many rows from there on are not on it. */
  readonly skip: number;
}

/** As many rows are skipped one by one. */
const FEW = 2000;
/** Selection counts in fractions of the whole, which are not exact: it looks for a row a little before. */
const MARGIN = 3;

interface Value {
  readonly value: string | number | null;
  /** So many rows come before the first that has it. */
  readonly before: number;
}

/** Where the row number `offset`, from 0, is. */
export async function findStart(connection: DuckDBConnection, ordered: Ordered, offset: number): Promise<Start> {
  if (offset <= FEW || offset >= ordered.total) return { from: null, skip: offset };
  const found = await (ordered.isText ? textAt : numberAt)(connection, ordered, offset);
  if (found === null || found.before > offset) return { from: null, skip: offset };
  const skip = offset - found.before;
  // No id comes before the empty one.
  if (skip <= FEW) return { from: { value: found.value, id: '' }, skip };
  return idAt(connection, ordered, found.value, skip);
}

/** Numbers are never unknown. */
async function numberAt(connection: DuckDBConnection, ordered: Ordered, offset: number): Promise<Value | null> {
  const { sql, descending, total } = ordered;
  const bindings = createBindings();
  const rank = descending ? total - 1 - offset + MARGIN : offset - MARGIN;
  const rows = ordered.select(`${sql} AS value`, bindings);
  const [row] = await rowsOf(
    connection,
    `SELECT quantile_disc(value, ${fraction(rank, total)}) FROM (${rows})`,
    bindings,
  );
  if (row?.[0] == null) return null;
  const value = Number(row[0]);
  const counting = createBindings();
  const beyond = `value ${descending ? '>' : '<'} ${counting.whole(value)}`;
  const counted = ordered.select(`${sql} AS value`, counting);
  const [count] = await rowsOf(connection, `SELECT count(*) FROM (${counted}) WHERE ${beyond}`, counting);
  return { value, before: Number(count![0]) };
}

async function textAt(connection: DuckDBConnection, ordered: Ordered, offset: number): Promise<Value | null> {
  const bindings = createBindings();
  const rows = ordered.select(`${ordered.sql} AS value`, bindings);
  const order = `ORDER BY value ${ordered.descending ? 'DESC' : 'ASC'} NULLS LAST`;
  const [row] = await rowsOf(
    connection,
    `WITH counts AS (SELECT value, count(*) AS n FROM (${rows}) GROUP BY value),
     places AS (SELECT value, sum(n) OVER (${order} ROWS UNBOUNDED PRECEDING) - n AS before FROM counts)
     SELECT value, before FROM places WHERE before <= ${bindings.whole(offset)} ORDER BY before DESC LIMIT 1`,
    bindings,
  );
  return row === undefined ? null : { value: row[0] as string | null, before: Number(row[1]) };
}

/** Of the rows that have this value, the one that has so many before it. */
async function idAt(
  connection: DuckDBConnection,
  ordered: Ordered,
  value: Position['value'],
  offset: number,
): Promise<Start> {
  const same = (bindings: Bindings) =>
    `SELECT id FROM (${ordered.select(`id, ${ordered.sql} AS value`, bindings)}) WHERE ${equals('value', value, bindings)}`;
  const counting = createBindings();
  const [count] = await rowsOf(connection, `SELECT count(*) FROM (${same(counting)})`, counting);
  const bindings = createBindings();
  const share = fraction(offset - MARGIN, Number(count![0]));
  const [row] = await rowsOf(connection, `SELECT quantile_disc(id, ${share}) FROM (${same(bindings)})`, bindings);
  const id = row![0] as string;
  const preceding = createBindings();
  const before = `SELECT count(*) FROM (${same(preceding)}) WHERE id < ${preceding.text(id)}`;
  const [passed] = await rowsOf(connection, before, preceding);
  return { from: { value, id }, skip: offset - Number(passed![0]) };
}

function fraction(rank: number, total: number): string {
  return `${Math.min(Math.max(rank / total, 0), 1).toFixed(15)}::DOUBLE`;
}

export function equals(sql: string, value: Position['value'], bindings: Bindings): string {
  if (value === null) return `${sql} IS NULL`;
  return `${sql} = ${typeof value === 'string' ? bindings.text(value) : bindings.whole(value)}`;
}
