/**
 * One commit, one transaction. New rows are appended first, marked with the commit's sequence; then what they replace
 * is found by id among the rows of earlier commits and deleted. So nothing has to be known of a row before it comes,
 * and a table needs no index: rows whose id has the right hash are found first, in a scan of 32-bit numbers that takes
 * some tens of milliseconds over twenty million sessions, and only theirs are the ids that are compared.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { OpenSession, OpenSessions } from '../../core/snapshot.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { nextTurn } from '../../lib/turn.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Commit, Sample, StoredReport } from '../store.ts';
import { storedText } from '../text.ts';
import { appendRows } from './append.ts';
import { change, createBindings, rowsOf } from './bindings.ts';
import { type Column, closedColumns, openColumns, real, text, whole } from './columns.ts';
import type { Database } from './database.ts';
import { hash32 } from './hash.ts';
import { moveRows } from './move.ts';
import { writeEvents } from './outbox.ts';
import { writeResidue } from './residue.ts';

const IDS_AT_A_TIME = 1000;
const ROWS_BETWEEN_TURNS = 10_000;

export async function lastSequence(connection: DuckDBConnection): Promise<number> {
  const [row] = await rowsOf(connection, 'SELECT sequence FROM progress');
  return Number(row![0]);
}

/**
 * Applies the commit, once. When one fails after it has begun to be made durable, only the store itself knows whether it
 * was: it is asked before anybody is told that it failed. One that questions have left no memory for gets the store to
 * itself, after a checkpoint has freed what the log keeps in memory; `commitsAlone` counts these.
 */
export async function commitTo(database: Database, commit: Commit, counters: ScopedCounters): Promise<void> {
  try {
    await database.write((connection) => applyCommit(connection, commit));
  } catch (error) {
    const reached = await database.read(lastSequence).catch(() => null);
    if (reached === commit.sequence) return;
    if (!(error instanceof HeadcountError) || error.code !== 'STORE_TOO_MUCH') throw error;
    counters.add('commitsAlone');
    await database.alone(async (connection) => {
      await connection.run('CHECKPOINT');
      await applyCommit(connection, commit);
    });
  }
}

/** Does nothing if the commit has succeeded before. */
async function applyCommit(connection: DuckDBConnection, commit: Commit): Promise<void> {
  const { sequence } = commit;
  await connection.run('BEGIN');
  const last = await lastSequence(connection);
  if (sequence > last + 1) throw new Error(`the commit after ${last} is ${last + 1}, not ${sequence}`);
  if (sequence === last + 1) {
    await removeSuperseded(connection, commit.superseded);
    await writeClosed(connection, commit);
    await writeOpen(connection, commit);
    await appendRows(connection, 'reports', reportColumns(sequence), commit.reports.map(placed));
    await appendRows(connection, 'samples', SAMPLE_COLUMNS, commit.samples);
    await writeCursors(connection, commit.cursors);
    await writeResidue(connection, commit.residue);
    await writeEvents(connection, sequence, commit.events ?? []);
    await connection.run(`UPDATE progress SET sequence = ${sequence}`);
  }
  await connection.run('COMMIT');
}

async function removeSuperseded(connection: DuckDBConnection, superseded: readonly string[]): Promise<void> {
  for (let from = 0; from < superseded.length; from += IDS_AT_A_TIME) {
    const ids = superseded.slice(from, from + IDS_AT_A_TIME).map(storedText);
    const closed = createBindings();
    const candidates = `SELECT rowid FROM sessions WHERE id_hash IN (SELECT unnest(${closed.hashes(ids.map(hash32))}))`;
    const isNamed = `id IN (SELECT unnest(${closed.texts(ids)}))`;
    await change(connection, `DELETE FROM sessions WHERE rowid IN (${candidates}) AND ${isNamed}`, closed);
    const open = createBindings();
    await change(connection, `DELETE FROM open_sessions WHERE id IN (SELECT unnest(${open.texts(ids)}))`, open);
  }
}

async function writeClosed(connection: DuckDBConnection, { sequence, closed }: Commit): Promise<void> {
  if (closed.length === 0) return;
  const rows = await lastOfEach(closed, (row) => row.id);
  await appendRows(connection, 'sessions', closedColumns(sequence), rows);
  const candidates = `SELECT rowid FROM sessions WHERE sequence < ${sequence}
    AND id_hash IN (SELECT id_hash FROM sessions WHERE sequence = ${sequence})`;
  const isReplaced = `id IN (SELECT id FROM sessions WHERE sequence = ${sequence})`;
  await connection.run(`DELETE FROM sessions WHERE rowid IN (${candidates}) AND ${isReplaced}`);
}

async function writeOpen(connection: DuckDBConnection, { sequence, closed, open }: Commit): Promise<void> {
  const { moved, others } = await partsOf(open);
  // A row that is not there, whatever has become of it, is written anew.
  const whole = (await moveRows(connection, open, moved)) ? others : [...others, ...moved];
  await appendRows(connection, 'open_sessions', openColumns(sequence), whole, (index) => inWords(open.at(index)!));
  if (whole.length > 0) {
    await connection.run(
      `DELETE FROM open_sessions WHERE sequence < ${sequence}
         AND id IN (SELECT id FROM open_sessions WHERE sequence = ${sequence})`,
    );
  }
  if (closed.length > 0) {
    await connection.run(
      `DELETE FROM open_sessions WHERE id IN (SELECT id FROM sessions WHERE sequence = ${sequence})`,
    );
  }
}

/** The places of those that have only moved, and of those that are to be written in whole. */
async function partsOf(open: OpenSessions): Promise<{ moved: Uint32Array; others: number[] }> {
  const moved = new Uint32Array(open.length);
  let count = 0;
  const others = new Map<string, number>();
  for (let index = 0; index < open.length; index++) {
    const session = open.at(index)!;
    if (session.moved) moved[count++] = index;
    else others.set(session.id, index);
    if (index % ROWS_BETWEEN_TURNS === 0) await nextTurn();
  }
  return { moved: moved.subarray(0, count), others: [...others.values()] };
}

/** A snapshot is put into words at every reading. */
function inWords({ id, record, state }: OpenSession): OpenSession {
  return { id, record, state };
}

/** A commit names an id once; should it name one twice, the last row is the one that counts. */
async function lastOfEach<Row>(rows: readonly Row[], idOf: (row: Row) => string): Promise<readonly Row[]> {
  const byId = new Map<string, Row>();
  for (const [index, row] of rows.entries()) {
    byId.set(idOf(row), row);
    if (index % ROWS_BETWEEN_TURNS === 0) await nextTurn();
  }
  return byId.size === rows.length ? rows : [...byId.values()];
}

interface Placed extends StoredReport {
  readonly place: number;
}

function placed(stored: StoredReport, place: number): Placed {
  return { ...stored, place };
}

function reportColumns(sequence: number): readonly Column<Placed>[] {
  return [
    text('source', (row) => row.source),
    text('stream', (row) => row.report.stream),
    whole('told_at', (row) => row.report.at),
    whole('sequence', () => sequence),
    whole('place', (row) => row.place),
    text('body', (row) => JSON.stringify(row.report)),
  ];
}

const SAMPLE_COLUMNS: readonly Column<Sample>[] = [
  text('source', (row) => row.source),
  text('stream', (row) => row.stream),
  whole('measured_at', (row) => row.at),
  text('metric', (row) => row.metric),
  real('value', (row) => row.value),
];

const CURSOR_COLUMNS: readonly Column<readonly [string, unknown]>[] = [
  text('source', ([source]) => source),
  text('body', ([, cursor]) => JSON.stringify(cursor)),
];

async function writeCursors(connection: DuckDBConnection, cursors: Commit['cursors']): Promise<void> {
  const changed = Object.entries(cursors).filter(([, cursor]) => cursor !== undefined);
  if (changed.length === 0) return;
  const bindings = createBindings();
  const names = bindings.texts(changed.map(([source]) => source));
  await change(connection, `DELETE FROM cursors WHERE source IN (SELECT unnest(${names}))`, bindings);
  const kept = changed.filter(([, cursor]) => cursor !== null);
  await appendRows(connection, 'cursors', CURSOR_COLUMNS, kept);
}
