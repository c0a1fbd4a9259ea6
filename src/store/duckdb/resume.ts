/** What the process goes on with after a restart: all of it from one snapshot, read in pieces. */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { StreamReport } from '../../core/observation.ts';
import type { SessionState } from '../../core/session.ts';
import { movedState, type OpenSession } from '../../core/snapshot.ts';
import { nextTurn } from '../../lib/turn.ts';
import type { Resumed, StoredReport } from '../store.ts';
import { rowsOf } from './bindings.ts';
import { RECORD_COLUMNS, type Row, recordOf } from './columns.ts';
import { lastSequence } from './commit.ts';
import { readResidue } from './residue.ts';

export async function readResumed(connection: DuckDBConnection): Promise<Resumed> {
  await connection.run('BEGIN TRANSACTION READ ONLY');
  const resumed: Resumed = {
    sequence: await lastSequence(connection),
    open: await readOpen(connection),
    cursors: await readCursors(connection),
    residue: await readResidue(connection),
    reports: await readNewestReports(connection),
  };
  await connection.run('COMMIT');
  return resumed;
}

/** About ten milliseconds' worth. */
const ROWS_BETWEEN_TURNS = 512;

async function readOpen(connection: DuckDBConnection): Promise<OpenSession[]> {
  const open: OpenSession[] = [];
  const result = await connection.stream(`SELECT state, ${RECORD_COLUMNS} FROM open_sessions`);
  for await (const chunk of result) {
    for (let i = 0; i < chunk.rowCount; i++) {
      const row = chunk.getRowValues(i);
      const record = recordOf(row, 1);
      open.push({ id: record.id, record, state: movedState(record, JSON.parse(row[0] as string) as SessionState) });
      if (i % ROWS_BETWEEN_TURNS === 0) await nextTurn();
    }
  }
  return open;
}

async function readCursors(connection: DuckDBConnection): Promise<Record<string, unknown>> {
  const rows = await rowsOf(connection, 'SELECT source, body FROM cursors');
  return Object.fromEntries(rows.map(([source, body]) => [source as string, JSON.parse(body as string) as unknown]));
}

const REPORTS_OF_STREAM = 100;
const MOST_REPORTS = 200_000;

/** Of reports of the same time the one that came last is the newest. Too many: every stream has its newest one first. */
async function readNewestReports(connection: DuckDBConnection): Promise<StoredReport[]> {
  const result = await connection.stream(
    `SELECT source, body FROM (
       SELECT *, row_number() OVER (PARTITION BY source, stream ORDER BY told_at DESC, sequence DESC, place DESC) AS age
       FROM reports QUALIFY age <= ${REPORTS_OF_STREAM} ORDER BY age LIMIT ${MOST_REPORTS})
     ORDER BY age DESC`,
  );
  const reports: StoredReport[] = [];
  for await (const rows of result.yieldRows()) {
    for (const row of rows) reports.push(reportOf(row));
    await nextTurn();
  }
  return reports;
}

/** Of a row of source and body. */
export function reportOf([source, body]: Row): StoredReport {
  return { source: source as string, report: JSON.parse(body as string) as StreamReport };
}
