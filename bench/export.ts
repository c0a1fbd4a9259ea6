/**
 * What an export of the history costs: `headcount export` as a user runs it, from the start of the process to the renamed
 * file, and the most memory that it has. The peers are given less to do: DuckDB's own COPY of the same columns
 * of the same file to CSV, and sqlite3's own `.import` of that CSV into the same table, with its key.
 */

import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { randomFrom } from '../src/enrich/fixture.ts';
import { CREATE_CONNECTIONS } from '../src/sinks/sqlite/connections.ts';
import { openDuckDbStore } from '../src/store/duckdb/index.ts';
import { silentLog } from '../src/telemetry/log.ts';
import { megabytes, perSecond, whole } from './format.ts';
import { type Bench, type ChildRun, inTurns, ratioOf, runProgram, temporaryFolder, timed } from './harness.ts';
import type { Report } from './report.ts';
import { BATCH, commitOf, sessionOf } from './store-sessions.ts';

const BIN = fileURLToPath(new URL('../bin/headcount.js', import.meta.url));
const SESSIONS = process.env['HEADCOUNT_BENCH'] === 'small' ? 50_000 : 1_000_000;
const MOST_BYTES = 400e6;
const TURNS = { rounds: 3, warmUps: 1 };
const FORMATS = ['sqlite', 'csv', 'jsonl', 'parquet'] as const;

export const exporting: Bench = {
  name: 'export',
  question: 'what does it cost to write the history into a file?',
  run: async (report) => {
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    report.note(`keeping ${whole(SESSIONS)} sessions`);
    await keepSessions(data);
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    copyFileSync(join(data, 'headcount.duckdb'), join(copy, 'headcount.duckdb'));
    for (const format of FORMATS) await measure(format, { folder, data, copy }, report);
  },
};

interface Places {
  readonly folder: string;
  readonly data: string;
  /** Of the history: DuckDB locks a file. */
  readonly copy: string;
}

async function keepSessions(directory: string): Promise<void> {
  const store = await openDuckDbStore({ directory, log: silentLog });
  const random = randomFrom(7);
  for (let from = 0; from < SESSIONS; from += BATCH) {
    const closed = Array.from({ length: BATCH }, (_, i) => ({
      ...sessionOf(from + i, random),
      port: 1024 + ((from + i) % 60_000),
    }));
    await store.commit(commitOf(from / BATCH + 1, { closed }));
  }
  await store.close();
}

async function measure(format: (typeof FORMATS)[number], places: Places, report: Report): Promise<void> {
  const { folder, data } = places;
  const path = join(folder, `x.${format}`);
  let last: ChildRun | null = null;
  let peak = 0;
  const times = await inTurns(TURNS, {
    ours: async () => {
      last = await runProgram(process.execPath, [BIN, 'export', '--data', data, path]);
      peak = Math.max(peak, last.peakBytes);
      return last.seconds * 1000;
    },
    theirs: () => timed(() => (format === 'sqlite' ? importBySqlite(places) : copyByDuckDb(places, format))),
  });
  if (!last!.output.startsWith(`${whole(SESSIONS)} sessions written`)) throw new Error(last!.output);
  if (format === 'sqlite') checkRows(path);
  const peer =
    format === 'sqlite' ? 'sqlite3, .import of a CSV' : `DuckDB, COPY to ${format === 'jsonl' ? 'json' : format}`;
  report.figure({
    what: `${format}, the whole command`,
    ours: perSecond(SESSIONS, times.ours),
    peer: { name: peer, figure: perSecond(SESSIONS, times.theirs) },
    ratio: ratioOf(times.ours, times.theirs),
  });
  const bar = { text: '< 400 MB', isMet: peak < MOST_BYTES };
  report.figure({ what: `${format}, memory at most`, ours: megabytes(peak), bar });
}

function checkRows(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  const [row] = database.prepare('SELECT count(*) AS n, count(end) AS ended FROM connections').all();
  database.close();
  if (row!['n'] !== SESSIONS || row!['ended'] !== SESSIONS) throw new Error(`rows are missing: ${JSON.stringify(row)}`);
}

async function copyByDuckDb({ folder, copy }: Places, format: string): Promise<void> {
  const options = { csv: 'csv, HEADER', jsonl: 'json', parquet: 'parquet, COMPRESSION zstd' }[format];
  await withHistory(copy, `COPY sessions TO '${join(folder, 'peer.out')}' (FORMAT ${options})`);
}

/** The columns of the table, made by DuckDB: sqlite3 has no way to them itself. */
async function importBySqlite({ folder, copy }: Places): Promise<void> {
  const csv = join(folder, 'peer.csv');
  const path = join(folder, 'peer.sqlite');
  rmSync(path, { force: true });
  const at = (column: string) => `strftime(make_timestamp(${column} * 1000), '%Y-%m-%d %H:%M:%S.%f')`;
  await withHistory(
    copy,
    `COPY (SELECT address, port, stream, user_agent, NULL, ${at('started_at')}, ${at('ended_at')},
       (ended_at - started_at) / 1000, latitude, longitude, country_code, city FROM sessions) TO '${csv}' (FORMAT csv)`,
  );
  await runProgram('sqlite3', [path, `${CREATE_CONNECTIONS};`, `.import --csv ${csv} connections`], 'drop');
}

async function withHistory(folder: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(join(folder, 'headcount.duckdb'), { access_mode: 'READ_ONLY' });
  try {
    await (await instance.connect()).run(sql);
  } finally {
    instance.closeSync();
  }
}
