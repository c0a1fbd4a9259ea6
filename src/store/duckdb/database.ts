/**
 * The connections to the open file: one writer at a time, a few readers beside it, each on a snapshot of its own. When
 * DuckDB has given up its instance after a fatal error (a checkpoint that found no room, say), it is opened anew before
 * the next use; what had been acknowledged comes back from the write-ahead log.
 *
 * A connection on which anything has failed is closed, which rolls back whatever was under way.
 */

import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { failureOf, isFatal } from './failure.ts';
import { createGate } from './gate.ts';
import { type InstanceSettings, openInstance } from './instance.ts';

/** Questions at a time; the others wait. */
const READERS = 2;
const WAITING_READERS = 256;
const WAITING_WRITERS = 64;
/** Who reads everything takes minutes: one at a time, beside those who ask. */
const WAITING_VISITORS = 4;

export type Work<T> = (connection: DuckDBConnection) => Promise<T>;

export interface Database {
  readonly path: string;
  /** Rejects with a coded error (failure.ts, gate.ts), and with `STORE_CLOSED` after `close`. */
  read<T>(work: Work<T>): Promise<T>;
  /** The same, one at a time, and never done again: for work that takes long, and tells others what it finds. */
  visit<T>(work: Work<T>): Promise<T>;
  /** The same, alone among the writers. After a rejection nothing of `work` has happened, unless its COMMIT had begun. */
  write<T>(work: Work<T>): Promise<T>;
  /** The same, with nobody else in the store but a visitor: all of its memory is free for `work`. */
  alone<T>(work: Work<T>): Promise<T>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly path: string;
  readonly settings: InstanceSettings;
  /** `refusedReads`, `refusedWrites`, `reopened`. */
  readonly counters: ScopedCounters;
}

/** An open instance and who uses it. */
interface Live {
  readonly instance: DuckDBInstance;
  readonly idle: Record<Role, DuckDBConnection[]>;
  users: number;
  isRetired: boolean;
  left: () => void;
}

type Role = 'reader' | 'writer' | 'visitor';

export function createDatabase({ path, settings, counters }: DatabaseOptions): Database {
  const gates = {
    reader: createGate({ width: READERS, room: WAITING_READERS, refused: () => counters.add('refusedReads') }),
    writer: createGate({ width: 1, room: WAITING_WRITERS, refused: () => counters.add('refusedWrites') }),
    visitor: createGate({ width: 1, room: WAITING_VISITORS, refused: () => counters.add('refusedReads') }),
  };
  let live: Promise<Live> | null = null;
  let isClosed = false;

  function alive(): Promise<Live> {
    live ??= open().catch((error) => {
      live = null;
      throw error;
    });
    return live;
  }

  async function open(): Promise<Live> {
    const instance = await openInstance(path, settings);
    return { instance, idle: { reader: [], writer: [], visitor: [] }, users: 0, isRetired: false, left: () => {} };
  }

  async function use<T>(role: Role, work: Work<T>): Promise<T> {
    const current = await alive();
    current.users++;
    try {
      const connection = current.idle[role].pop() ?? (await current.instance.connect());
      try {
        const answer = await work(connection);
        current.idle[role].push(connection);
        return answer;
      } catch (error) {
        connection.closeSync();
        throw error;
      }
    } catch (error) {
      if (isFatal(error)) retire(current);
      throw error;
    } finally {
      current.users--;
      current.left();
    }
  }

  /** Nobody gets this instance any more; when the last has left it is closed, and the next user opens a new one. */
  function retire(broken: Live): void {
    if (broken.isRetired) return;
    broken.isRetired = true;
    counters.add('reopened');
    const next = whenLeft(broken).then(() => {
      dispose(broken);
      return open();
    });
    live = next;
    next.catch(() => {
      if (live === next) live = null;
    });
  }

  async function coded<T>(role: Role, work: Work<T>): Promise<T> {
    try {
      return await use(role, work);
    } catch (error) {
      throw failureOf(error, path);
    }
  }

  async function guarded<T>(role: Role, work: Work<T>): Promise<T> {
    if (isClosed) throw new HeadcountError('STORE_CLOSED', 'The store is closed.');
    return await gates[role].pass(() => coded(role, work));
  }

  /** Takes the places of all readers, one after the other. Only one writer at a time comes here. */
  async function withoutReaders<T>(places: number, work: () => Promise<T>): Promise<T> {
    return await gates.reader.pass(() => (places === 1 ? work() : withoutReaders(places - 1, work)));
  }

  return {
    path,
    async read(work) {
      try {
        return await guarded('reader', work);
      } catch (error) {
        // The fatal error may have been another one's: the question is asked once more, of the new instance.
        if (!isFatal(error)) throw error;
        return await guarded('reader', work);
      }
    },
    visit: (work) => guarded('visitor', work),
    write: (work) => guarded('writer', work),
    async alone(work) {
      if (isClosed) throw new HeadcountError('STORE_CLOSED', 'The store is closed.');
      return await gates.writer.pass(() => withoutReaders(READERS, () => coded('writer', work)));
    },
    async close() {
      isClosed = true;
      await Promise.all(Object.values(gates).map((gate) => gate.idle()));
      if (live === null) return;
      const last = await live.catch(() => null);
      live = null;
      if (last !== null) dispose(last);
    },
  };
}

async function whenLeft(current: Live): Promise<void> {
  await new Promise<void>((resolve) => {
    current.left = () => {
      if (current.users === 0) resolve();
    };
    current.left();
  });
}

function dispose({ idle, instance }: Live): void {
  for (const connection of Object.values(idle).flat()) connection.closeSync();
  instance.closeSync();
}
