/**
 * The embedded store: one DuckDB file, `headcount.duckdb`, in the data directory, with its write-ahead log and, when it
 * was migrated, a backup beside it. The contract is store.ts; the schema migrations.ts.
 *
 * DuckDB works on threads of its own. What runs on the main thread is turning rows into columns and back, in slices of
 * a few milliseconds.
 */

import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ScopedCounters } from '../../telemetry/counters.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Store, Visit, VisitQuery } from '../store.ts';
import { aggregateSessions } from './aggregate.ts';
import { rowsOf } from './bindings.ts';
import { type Checkpointer, createCheckpointer, sizeOf } from './checkpoint.ts';
import { commitTo } from './commit.ts';
import { createDatabase, type Database } from './database.ts';
import { forget, retain } from './erase.ts';
import { failureOf } from './failure.ts';
import { claim } from './instance.ts';
import { findKnown } from './known.ts';
import { readListening } from './listening.ts';
import { type Migration, migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';
import { outboxOf } from './outbox.ts';
import { readResumed } from './resume.ts';
import { findSession, findSessions } from './sessions.ts';
import { findReports, findSamples } from './streams.ts';
import { tallySessions } from './tally.ts';
import { readTimeline } from './timeline.ts';
import { visitSessions } from './visit.ts';

export interface DuckDbStoreOptions {
  /** The data directory; made when it is missing, for its owner only. */
  readonly directory: string;
  readonly log: Log;
  /** What is refused, postponed or done again: database.ts, checkpoint.ts, commit.ts. Default: nobody's. */
  readonly counters?: ScopedCounters;
  /** How much memory DuckDB may take before it spills to the disk. Default 512, at least 64. */
  readonly memoryMegabytes?: number;
  /** Threads of DuckDB. Default 2. */
  readonly threads?: number;
  /**
   * The write-ahead log is folded into the file when it is larger than this; until then its rows take memory. Default: an
   * eighth of the memory, 64 MiB.
   */
  readonly logBytes?: number;
  /** The steps to the schema; others than ours are for tests. */
  readonly migrations?: readonly Migration[];
}

/**
 * Rejects with `STORE_UNWRITABLE`, `STORE_LOCKED`, `STORE_CORRUPT`, `STORE_NEWER` or `STORE_FULL`; the file is never
 * removed or replaced, whatever is wrong with it.
 */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<Store> {
  const { log, counters = new ScopedCounters(), migrations = MIGRATIONS } = options;
  const directory = await folderOf(options.directory);
  const path = join(directory, 'headcount.duckdb');
  const settings = {
    memoryMegabytes: Math.max(options.memoryMegabytes ?? 512, 64),
    threads: Math.max(options.threads ?? 2, 1),
  };
  const release = claim(path);
  try {
    await migrate({ path, settings, migrations, log });
    const database = createDatabase({ path, settings, counters });
    await database.read((connection) => connection.run('SELECT 1'));
    const bytes = options.logBytes ?? (settings.memoryMegabytes * 2 ** 20) / 8;
    return storeOf(database, createCheckpointer({ database, bytes, log, counters }), counters, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function folderOf(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await realpath(directory);
  } catch (error) {
    throw failureOf(error, directory);
  }
}

function storeOf(database: Database, checkpoint: Checkpointer, counters: ScopedCounters, release: () => void): Store {
  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    await checkpoint.now();
    await database.close();
    release();
  }
  return {
    resume: () => database.read(readResumed),
    async commit(commit) {
      await commitTo(database, commit, counters);
      await checkpoint.ifDue();
    },
    session: (id) => database.read((connection) => findSession(connection, id)),
    sessions: (query) => database.read((connection) => findSessions(connection, query)),
    knownListeners: (listeners) => database.read((connection) => findKnown(connection, listeners)),
    visit: (query, visit) => visitStore(database, query, visit),
    aggregate: (query) => database.read((connection) => aggregateSessions(connection, query)),
    tally: (query) => database.read((connection) => tallySessions(connection, query)),
    timeline: (query) => database.read((connection) => readTimeline(connection, query)),
    listening: (query) => database.read((connection) => readListening(connection, query)),
    reports: (source, stream, limit, before) =>
      database.read((connection) => findReports(connection, { source, stream, limit, before: before ?? null })),
    samples: (source, stream, metric, from, to) =>
      database.read((connection) => findSamples(connection, { source, stream, metric, from, to })),
    outbox: outboxOf(database, checkpoint),
    async forget(who) {
      const touched = await forget(database, who);
      // The log still says what the rows were.
      if (touched > 0) await checkpoint.now();
      return touched;
    },
    async retain(retention, now) {
      const touched = await retain(database, retention, now);
      await checkpoint.ifDue();
      return touched;
    },
    size: () => sizeOfStore(database),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** What goes wrong with who visits is no failure of the store's. */
async function visitStore(database: Database, query: VisitQuery, visit: Visit): Promise<void> {
  let theirs: { readonly error: unknown } | null = null;
  const guarded: Visit = async (sessions, total) => {
    try {
      await visit(sessions, total);
    } catch (error) {
      theirs = { error };
      throw error;
    }
  };
  try {
    await database.visit((connection) => visitSessions(connection, query, guarded));
  } catch (error) {
    const { error: cause } = theirs ?? { error };
    throw cause;
  }
}

async function sizeOfStore(database: Database): Promise<{ bytes: number; sessions: number }> {
  const [row] = await database.read((connection) =>
    rowsOf(connection, 'SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM open_sessions)'),
  );
  const bytes = (await sizeOf(database.path)) + (await sizeOf(`${database.path}.wal`));
  return { bytes, sessions: Number(row![0]) };
}
