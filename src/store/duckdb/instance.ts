/**
 * One DuckDB instance on one file, shut off from everything else: no network, no other files, no extensions, no change
 * of settings by SQL. Which connections use it is database.ts.
 *
 * The lock that DuckDB holds on its file is a POSIX record lock. It does not keep out a second instance of the same
 * process, and it is lost as soon as *anything* in the process opens and closes that file: nobody reads or copies it
 * while it is open, and `claim` keeps the process itself out.
 */

import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { HeadcountError } from '../../lib/errors.ts';
import { failureOf } from './failure.ts';

export interface InstanceSettings {
  /** DuckDB's own limit: beyond it, it spills to a folder beside the file. */
  readonly memoryMegabytes: number;
  readonly threads: number;
}

export async function openInstance(path: string, settings: InstanceSettings): Promise<DuckDBInstance> {
  const spill = `${path}.tmp-${randomUUID()}`;
  let instance: DuckDBInstance;
  try {
    instance = await DuckDBInstance.create(path, {
      memory_limit: `${settings.memoryMegabytes}MB`,
      threads: String(settings.threads),
      temp_directory: spill,
      // When to checkpoint is decided in checkpoint.ts: one that fails within a commit would fail the commit.
      checkpoint_threshold: '1TB',
      enable_external_access: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      lock_configuration: 'true',
    });
  } catch (error) {
    throw failureOf(error, path);
  }
  await removeAbandonedSpills(path, spill);
  return instance;
}

/**
 * DuckDB removes the folder that it spills to when it is closed, but not what a killed process has left. Whoever holds
 * the lock may do that; its own folder may be in use since the log was read.
 */
async function removeAbandonedSpills(path: string, own: string): Promise<void> {
  const prefix = `${basename(path)}.tmp-`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix) || name === basename(own)) continue;
    await rm(join(dirname(path), name), { recursive: true, force: true });
  }
}

const claimed = new Set<string>();

/** Makes the file this caller's alone within the process; answers how to give it back. */
export function claim(path: string): () => void {
  if (claimed.has(path)) {
    throw new HeadcountError('STORE_LOCKED', `${path} is open in this process (${process.pid}) already.`);
  }
  claimed.add(path);
  let isMine = true;
  return () => {
    if (isMine) claimed.delete(path);
    isMine = false;
  };
}
