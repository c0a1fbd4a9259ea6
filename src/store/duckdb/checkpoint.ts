/**
 * Folds the write-ahead log into the file when it has grown large. DuckDB would do so within a commit, and a checkpoint
 * that finds no room ends its instance; here it comes after the commit, only where there is room for it, and a failure
 * harms nothing: the log keeps everything, and it is tried again when the log has grown by as much again.
 */

import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Database } from './database.ts';

export interface CheckpointOptions {
  readonly database: Database;
  /** How large the log may grow. */
  readonly bytes: number;
  readonly log: Log;
  /** `checkpoints`, `checkpointsPostponed`, `checkpointsFailed`. */
  readonly counters: ScopedCounters;
}

export interface Checkpointer {
  /** Call it after every commit; it never rejects. */
  ifDue(): Promise<void>;
  /** Whatever the size of the log; it never rejects. */
  now(): Promise<void>;
}

export function createCheckpointer({ database, bytes, log, counters }: CheckpointOptions): Checkpointer {
  let due = bytes;
  let hasComplained = false;

  function complain(message: string): void {
    if (!hasComplained) log.warn(message);
    hasComplained = true;
  }

  async function now(): Promise<void> {
    try {
      await database.write((connection) => connection.run('CHECKPOINT'));
      counters.add('checkpoints');
      due = bytes;
      hasComplained = false;
    } catch (error) {
      counters.add('checkpointsFailed');
      due = (await logSize(database.path)) + bytes;
      complain(`The write-ahead log of ${database.path} stays as it is for now: ${messageOf(error)}`);
    }
  }

  async function ifDue(): Promise<void> {
    const size = await logSize(database.path);
    if (size < due) return;
    if ((await roomBeside(database.path)) < (await roomNeeded(database.path, size))) {
      counters.add('checkpointsPostponed');
      complain(
        `The write-ahead log of ${database.path} stays as it is: the disk has too little room left to fold it in.`,
      );
      return;
    }
    await now();
  }

  return { ifDue, now };
}

/** Parts of tables that are rewritten, at most. */
const REWRITTEN = 64 * 1024 * 1024;

/**
 * A generous guess: what the log holds, and the parts of tables that it changes, which are written anew before their
 * old place is free. A checkpoint that fails has used up the room that commits could have had.
 */
async function roomNeeded(path: string, log: number): Promise<number> {
  return 2 * log + Math.min(await sizeOf(path), REWRITTEN);
}

/** Bytes; 0 if there is none. */
async function logSize(path: string): Promise<number> {
  return await sizeOf(`${path}.wal`);
}

export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

async function roomBeside(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(dirname(path));
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
