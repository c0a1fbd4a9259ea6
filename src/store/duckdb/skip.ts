/**
 * Where a page begins that is so many rows down. To sort a million rows by value and id takes most of a second, and a page
 * needs a hundred of them: so the value that stands there is found by itself – numbers by selection, which is O(n),
 * texts, of which there are few, by counting how often each is there – and the page is read from that value on. Among very
 * many rows of one value, a sample of their ids says about where the page begins.
 */

import type { DuckDBConnection, DuckDBListValue } from '@duckdb/node-api';
import { type Bindings, createBindings, rowsOf } from './bindings.ts';
import { textsSql } from './filter.ts';

/** What a page is a part of. */
export interface Ordered {
  /** The value that rows are sorted by, before their id; unknown ones are last. */
  readonly sql: string;
  readonly isText: boolean;
  /** The columns that `sql` is put together from, of which the first is unknown where the value is. */
  readonly columns: readonly string[];
  readonly descending: boolean;
  /** Selects `what` of all rows, or of those that meet one more condition. */
  readonly select: (what: string, bindings: Bindings, condition?: string) => string;
  /** How many rows there are. */
  readonly total: number;
  /** How many rows the page has, at most. */
  readonly length: number;
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
  /** Rows on the page have one of these values; null is not known. */
  readonly among: Among | null;
}

/** Values, and what their first columns have: to compare a column is much faster than to put values together. */
export interface Among {
  readonly values: readonly (string | null)[];
  readonly firsts: readonly (string | null)[];
}

/** As many rows are skipped one by one. */
const FEW = 2000;
/** Selection counts in fractions of the whole, which are not exact: it looks for a row a little before. */
const MARGIN = 3;
/** Of so many ids the place of one is known well enough, and soon. */
const SAMPLE = 65_536;
/** Hashes of ids are below. */
const HASHES = 2 ** 32;

interface Value {
  readonly value: string | number | null;
  /** So many rows come before the first that has it. */
  readonly before: number;
  readonly among: Among | null;
}

/** Where the row number `offset`, from 0, is. */
export async function findStart(connection: DuckDBConnection, ordered: Ordered, offset: number): Promise<Start> {
  const plain: Start = { from: null, skip: offset, among: null };
  if (offset <= FEW || offset >= ordered.total) return plain;
  const found = await (ordered.isText ? textAt : numberAt)(connection, ordered, offset);
  if (found === null || found.before > offset) return plain;
  const { value, among } = found;
  const skip = offset - found.before;
  // No id comes before the empty one.
  if (skip <= FEW) return { from: { value, id: '' }, skip, among };
  return { ...(await idAt(connection, ordered, found, skip)), among };
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
  return { value, before: Number(count![0]), among: null };
}

async function textAt(connection: DuckDBConnection, ordered: Ordered, offset: number): Promise<Value | null> {
  const { sql, columns, descending, length } = ordered;
  const bindings = createBindings();
  const names = columns.join(', ');
  const rows = ordered.select(names, bindings);
  const order = `ORDER BY value ${descending ? 'DESC' : 'ASC'} NULLS LAST`;
  const values = await rowsOf(
    connection,
    `WITH spellings AS (SELECT ${names}, count(*) AS n FROM (${rows}) GROUP BY ${names}),
     counts AS (SELECT ${sql} AS value, list(${columns[0]!}) AS firsts, sum(n) AS n FROM spellings GROUP BY value),
     places AS (SELECT value, firsts, n, sum(n) OVER (${order} ROWS UNBOUNDED PRECEDING) - n AS before FROM counts)
     SELECT value, before, firsts FROM places
     WHERE before + n > ${bindings.whole(offset)} AND before < ${bindings.whole(offset + length)} ORDER BY before`,
    bindings,
  );
  const [first] = values;
  if (first === undefined) return null;
  const among = {
    values: values.map(([value]) => value as string | null),
    firsts: values.flatMap(([, , firsts]) => (firsts as DuckDBListValue).items as (string | null)[]),
  };
  return { value: first[0] as string | null, before: Number(first[1]), among };
}

/** Of the rows that have this value, one that is a little before the one with so many before it. */
async function idAt(
  connection: DuckDBConnection,
  ordered: Ordered,
  { value, among }: Value,
  offset: number,
): Promise<Pick<Start, 'from' | 'skip'>> {
  const same = (what: string, bindings: Bindings) =>
    ordered.select(
      what,
      bindings,
      among === null
        ? equals(ordered.sql, value, bindings)
        : amongSql(ordered, { ...among, values: [value as string | null] }, bindings),
    );
  const counting = createBindings();
  const [count] = await rowsOf(connection, `SELECT count(*) FROM (${same('id', counting)})`, counting);
  const total = Number(count![0]);
  const sampled = Math.min(SAMPLE / total, 1);
  // Three standard deviations of a place that a sample says.
  const margin = sampled < 1 ? Math.ceil((1.5 * total) / Math.sqrt(SAMPLE)) : MARGIN;
  const bindings = createBindings();
  const sample = `SELECT id FROM (${same('id, id_hash', bindings)}) WHERE id_hash < ${bindings.whole(sampled * HASHES)}`;
  const share = fraction(offset - margin, total);
  const [row] = await rowsOf(connection, `SELECT quantile_disc(id, ${share}) FROM (${sample})`, bindings);
  const id = (row![0] as string | null) ?? '';
  const preceding = createBindings();
  const before = `SELECT count(*) FROM (${same('id', preceding)}) WHERE id < ${preceding.text(id)}`;
  const [passed] = await rowsOf(connection, before, preceding);
  const skip = offset - Number(passed![0]);
  return skip < 0 ? { from: { value, id: '' }, skip: offset } : { from: { value, id }, skip };
}

/** Columns are compared first. */
export function amongSql(
  { sql, columns }: Pick<Ordered, 'sql' | 'columns'>,
  { values, firsts }: Among,
  bindings: Bindings,
): string {
  const isOne = textsSql(sql, values, bindings);
  return columns[0] === sql ? isOne : `(${textsSql(columns[0]!, firsts, bindings)} AND ${isOne})`;
}

function fraction(rank: number, total: number): string {
  return `${Math.min(Math.max(rank / total, 0), 1).toFixed(15)}::DOUBLE`;
}

export function equals(sql: string, value: Position['value'], bindings: Bindings): string {
  if (value === null) return `${sql} IS NULL`;
  return `${sql} = ${typeof value === 'string' ? bindings.text(value) : bindings.whole(value)}`;
}
