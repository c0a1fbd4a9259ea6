/**
 * Rows into a table, within the transaction of the connection: data chunks through DuckDB's appender, about ten times as
 * fast as prepared inserts of a hundred rows (bench/store.ts).
 *
 * The appender works on the calling thread. So rows go in small slices, and between slices the event loop has its turn:
 * with slices of 512 sessions it is kept waiting for about 15 ms, with DuckDB's own 2,048 for 40. When 122,880 rows of a
 * transaction have come together, DuckDB packs them and writes them out, which takes a third of a second: very many rows
 * go by way of a temporary table, piece by piece, so that a thread of DuckDB's has that to do.
 */

import { type DuckDBAppender, type DuckDBConnection, DuckDBDataChunk, type DuckDBValue } from '@duckdb/node-api';
import { nextTurn } from '../../lib/turn.ts';
import type { Column } from './columns.ts';

/** Rows. */
const SLICE = 512;
/** The appender buffers what it is given; flushing takes the longer the more that is. */
const SLICES_BETWEEN_FLUSHES = 2;
/** More rows go by way of the temporary table, in pieces of so many. */
const MOST_DIRECTLY = 100_000;
const PIECE = 40 * SLICE;

/** Also of what rows are made of, each when its turn comes. */
export async function appendRows<R>(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column<R>[],
  rows: readonly R[],
): Promise<void>;
export async function appendRows<R, T>(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column<R>[],
  things: readonly T[],
  read: (thing: T) => R,
): Promise<void>;
export async function appendRows<T>(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  read: (row: T) => T = (row) => row,
): Promise<void> {
  if (rows.length === 0) return;
  const chunk = (from: number, to: number) => chunkOf(columns, rows.slice(from, to).map(read));
  if (rows.length <= MOST_DIRECTLY) {
    await append(connection, table, chunk, { from: 0, to: rows.length });
    return;
  }
  for (let from = 0; from < rows.length; from += PIECE) {
    await connection.run(`CREATE OR REPLACE TEMP TABLE arriving AS FROM ${table} LIMIT 0`);
    await append(connection, 'arriving', chunk, { from, to: Math.min(from + PIECE, rows.length) });
    await connection.run(`INSERT INTO ${table} FROM arriving`);
  }
  await connection.run('DROP TABLE arriving');
}

async function append(
  connection: DuckDBConnection,
  table: string,
  chunk: (from: number, to: number) => DuckDBDataChunk,
  range: { readonly from: number; readonly to: number },
): Promise<void> {
  const appender = await connection.createAppender(table);
  try {
    for (let from = range.from, slices = 1; from < range.to; from += SLICE, slices++) {
      appender.appendDataChunk(chunk(from, Math.min(from + SLICE, range.to)));
      if (slices % SLICES_BETWEEN_FLUSHES === 0) appender.flushSync();
      await nextTurn();
    }
    appender.closeSync();
  } catch (error) {
    abandon(appender);
    throw error;
  }
}

function chunkOf<R>(columns: readonly Column<R>[], rows: readonly R[]): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(
    columns.map(({ type }) => type),
    rows.length,
  );
  for (const [index, { of }] of columns.entries()) {
    const vector = chunk.getColumnVector(index);
    for (let i = 0; i < rows.length; i++) vector.setItem(i, of(rows[i]!) as DuckDBValue);
    vector.flush();
  }
  return chunk;
}

function abandon(appender: DuckDBAppender): void {
  try {
    appender.clear();
    appender.closeSync();
  } catch {
    // It has failed before, and that error is on its way already.
  }
}
