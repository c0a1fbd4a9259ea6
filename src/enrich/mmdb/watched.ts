/**
 * A database that somebody keeps up to date: when its file is replaced (`geoipupdate` renames a new one over it) or written
 * anew in place, it is read again, without a restart. It is looked at every ten seconds, and taken when it has been the same
 * twice; one that does not work is refused, and what there was stays in use.
 */

import { stat } from 'node:fs/promises';
import type { Clock } from '../../lib/clock.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Mmdb, openMmdb } from './index.ts';
import { type Lookup, type LookupOptions, lookupIn, type Table } from './lookup.ts';
import { refuseOther, type Subject } from './subject.ts';

export interface Watching {
  readonly clock: Clock;
  /** Called after the table answers from the new file. */
  readonly changed: () => void;
}

export interface WatchedOptions<T> extends LookupOptions<T> {
  readonly path: string;
  readonly subject: Subject;
  /** Null: it is not looked at again. */
  readonly watching: Watching | null;
  readonly log: Log;
}

const EVERY = 10_000;

/**
 * Rejects with code `MMDB_UNREADABLE`, `MMDB_BROKEN` or `MMDB_OTHER_KIND`. Counts `databasesReloaded` and
 * `databasesRefused`, beside what lookups count.
 */
export async function openWatched<T>(options: WatchedOptions<T>): Promise<Table<T>> {
  const { path, subject, watching } = options;
  // Looked at before it is read: what changes in between is another file.
  const state = { used: await signatureOf(path), lookup: lookupIn(await read(path, subject), options) };
  if (watching === null) return { find: state.lookup, close: async () => {} };
  const closing = new AbortController();
  const watched = watch(options, watching, state, closing.signal);
  return {
    find: (address) => state.lookup(address),
    close: async () => {
      closing.abort();
      await watched;
    },
  };
}

interface State<T> {
  /** The signature of the file that was read last, whatever came of it. */
  used: string | null;
  lookup: Lookup<T>;
}

async function watch<T>(
  options: WatchedOptions<T>,
  { clock, changed }: Watching,
  state: State<T>,
  signal: AbortSignal,
): Promise<void> {
  const { path, subject, log, counters } = options;
  let candidate: string | null = null;
  for (;;) {
    await clock.sleep(EVERY, signal);
    if (signal.aborted) return;
    const now = await signatureOf(path);
    const isSettled = now === candidate;
    candidate = now;
    // Gone for the moment, as before, or perhaps still being written.
    if (now === null || now === state.used || !isSettled) continue;
    state.used = now;
    try {
      const mmdb = await read(path, subject);
      tryOut(mmdb, path);
      // Written to while it was read: it is another one next time.
      if ((await signatureOf(path)) !== now) continue;
      state.lookup = lookupIn(mmdb, options);
    } catch (error) {
      counters.add('databasesRefused');
      log.warn(`${messageOf(error)} The database from before stays in use.`);
      continue;
    }
    if (signal.aborted) return;
    counters.add('databasesReloaded');
    log.info(`${path} has been replaced: places and networks come from the new one`);
    changed();
  }
}

async function read(path: string, subject: Subject): Promise<Mmdb> {
  const mmdb = await openMmdb(path);
  refuseOther(path, mmdb.type, subject);
  return mmdb;
}

/** Null if it is not there. */
async function signatureOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    return null;
  }
}

/** Reads records from all over the file: one that is half of one and half of another has its metadata, too. */
function tryOut(mmdb: Mmdb, path: string): void {
  try {
    for (let i = 0; i < 1024; i++) {
      const record = mmdb.find(Uint8Array.of(i >> 2, (i & 3) << 6, 0, 1));
      if (record !== 0) mmdb.read(record);
    }
  } catch (cause) {
    const sentence = `${path} is not a working MaxMind DB file: ${messageOf(cause)}.`;
    throw new HeadcountError('MMDB_BROKEN', sentence, { cause });
  }
}
