/**
 * Brings the file to the schema of this program, before it is used: makes it when there is none, and takes an older one
 * step by step to the newest, after a copy of it has been put beside it. A file of a newer schema is refused.
 *
 * Killed at any moment, it leaves the old file as it was (with a backup, or the half of one under another name), or the
 * migrated one: all steps are one transaction, and a new file gets its name only when it is complete.
 */

import { existsSync } from 'node:fs';
import { constants, copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { HeadcountError } from '../../lib/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { failureOf } from './failure.ts';
import { type InstanceSettings, openInstance } from './instance.ts';

/** The step to version n is number n - 1 in the list. */
export interface Migration {
  /** What changes, for the log: `columns for …`. */
  readonly summary: string;
  /** Runs its statements one after the other; they are in a transaction already. */
  readonly apply: (run: (sql: string) => Promise<void>) => Promise<void>;
}

export interface MigrateOptions {
  readonly path: string;
  readonly settings: InstanceSettings;
  readonly migrations: readonly Migration[];
  readonly log: Log;
}

/** Rejects with `STORE_NEWER` for a file of a newer schema, and otherwise as failure.ts says. The file is closed after. */
export async function migrate(options: MigrateOptions): Promise<void> {
  if (!existsSync(options.path)) {
    await create(options);
    return;
  }
  const newest = options.migrations.length;
  const version = await inspect(options);
  if (version === newest) return;
  if (version > newest) {
    throw new HeadcountError(
      'STORE_NEWER',
      `${options.path} has schema ${version}, and this version of Headcount knows ${newest}: run a newer version, ` +
        'or put the backup that was made before the upgrade in its place.',
    );
  }
  const backup = await backUp(options, version);
  options.log.info(`${options.path} is of schema ${version}: migrating it to ${newest}, its backup is ${backup}`);
  await withInstance(options, options.path, (connection) => climb(options, connection, version));
  options.log.info(`${options.path} is of schema ${newest} now`);
}

async function create(options: MigrateOptions): Promise<void> {
  const { path } = options;
  const unfinished = `${path}.new`;
  await removeAbandoned(options, unfinished);
  try {
    await withInstance(options, unfinished, async (connection) => {
      await connection.run('CREATE TABLE schema_version (version BIGINT NOT NULL)');
      await connection.run('INSERT INTO schema_version VALUES (0)');
      await climb(options, connection, 0);
      // Another process may have been quicker: its file must not be replaced.
      if (existsSync(path)) throw new HeadcountError('STORE_LOCKED', `Another process is just making ${path}.`);
    });
    await rename(unfinished, path);
    await syncFolder(path);
  } catch (error) {
    const failure = failureOf(error, path);
    // A locked one is being made by another process.
    if (failure.code !== 'STORE_LOCKED') await removeUnfinished(unfinished);
    throw failure;
  }
}

/** What a killed process has begun to make; one that another process is making right now is refused as locked. */
async function removeAbandoned(options: MigrateOptions, unfinished: string): Promise<void> {
  if (!existsSync(unfinished)) return;
  try {
    const instance = await openInstance(unfinished, options.settings);
    instance.closeSync();
  } catch (error) {
    if (error instanceof HeadcountError && error.code === 'STORE_LOCKED') throw error;
  }
  await removeUnfinished(unfinished);
}

async function removeUnfinished(unfinished: string): Promise<void> {
  await rm(unfinished, { force: true });
  await rm(`${unfinished}.wal`, { force: true });
}

/** The version of the file; an older one is left without a write-ahead log, so that the file alone is all of it. */
async function inspect(options: MigrateOptions): Promise<number> {
  return await withInstance(options, options.path, async (connection) => {
    const tables = await connection.runAndReadAll(
      "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_version' AND NOT internal",
    );
    if (tables.value(0, 0) !== 1n) throw notOurs(options.path);
    const rows = await connection.runAndReadAll('SELECT version FROM schema_version');
    const version = Number(rows.value(0, 0));
    if (version < options.migrations.length) await connection.run('CHECKPOINT');
    return version;
  });
}

function notOurs(path: string): HeadcountError {
  return new HeadcountError(
    'STORE_CORRUPT',
    `${path} is a DuckDB file, but no history of Headcount. It was left as it is: move it away, or choose another folder.`,
  );
}

/** One transaction: all of it, or nothing. */
async function climb(options: MigrateOptions, connection: DuckDBConnection, from: number): Promise<void> {
  await connection.run('BEGIN');
  for (const { apply } of options.migrations.slice(from)) {
    await apply(async (sql) => {
      await connection.run(sql);
    });
  }
  await connection.run(`UPDATE schema_version SET version = ${options.migrations.length}`);
  await connection.run('COMMIT');
  await connection.run('CHECKPOINT');
}

async function withInstance<T>(
  { settings }: MigrateOptions,
  path: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance: DuckDBInstance = await openInstance(path, settings);
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } catch (error) {
    throw failureOf(error, path);
  } finally {
    instance.closeSync();
  }
}

/** A copy beside the file, complete before it gets its name; one of an earlier attempt is replaced by it. */
async function backUp({ path }: MigrateOptions, version: number): Promise<string> {
  const backup = `${path}.backup-v${version}`;
  const partial = `${backup}.partial`;
  try {
    await copyFile(path, partial, constants.COPYFILE_FICLONE);
    await syncFile(partial);
    await rename(partial, backup);
    await syncFolder(backup);
  } catch (error) {
    await rm(partial, { force: true });
    throw failureOf(error, backup);
  }
  return backup;
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A new name is durable only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
