/**
 * Open sessions of which nothing has changed but how far they have come: a few columns of their rows are set, instead of
 * writing all fifty of them anew. Under load that is nearly every row of a commit.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { OpenSessions } from '../../core/snapshot.ts';
import { appendRows } from './append.ts';
import { change } from './bindings.ts';
import { type Column, text, whole } from './columns.ts';

/** Rows at a time: few enough to be kept in memory. */
const PIECE = 20_480;

interface MovedRow {
  readonly id: string;
  readonly seen: number;
  readonly bytes: number;
  readonly requests: number;
  readonly qualities: string | null;
}

const COLUMNS: readonly Column<MovedRow>[] = [
  text('id', (row) => row.id),
  whole('last_seen_at', (row) => row.seen),
  whole('bytes', (row) => row.bytes),
  whole('requests', (row) => row.requests),
  text('qualities', (row) => row.qualities),
];
const NAMES = COLUMNS.map(({ name }) => name);
const CHANGES = NAMES.slice(1).map((name) => `${name} = moved.${name}`);

/** `moved` are the places of those that have moved. Answers whether each of them had its row. */
export async function moveRows(connection: DuckDBConnection, open: OpenSessions, moved: Uint32Array): Promise<boolean> {
  let found = 0;
  for (let from = 0; from < moved.length; from += PIECE) {
    await connection.run(`CREATE OR REPLACE TEMP TABLE moved AS SELECT ${NAMES.join(', ')} FROM open_sessions LIMIT 0`);
    const piece = [...moved.subarray(from, from + PIECE)];
    await appendRows(connection, 'moved', COLUMNS, piece, (index) => rowAt(open, index));
    found += await change(
      connection,
      `UPDATE open_sessions SET ${CHANGES.join(', ')} FROM moved WHERE open_sessions.id = moved.id`,
    );
  }
  if (moved.length > 0) await connection.run('DROP TABLE moved');
  return found === moved.length;
}

function rowAt(open: OpenSessions, index: number): MovedRow {
  const { id, moved } = open.at(index)!;
  const { seen, bytes, requests, qualities } = moved!;
  return { id, seen, bytes, requests, qualities: qualities.length === 0 ? null : JSON.stringify(qualities) };
}
