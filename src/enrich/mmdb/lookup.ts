/**
 * From an address to what its record means: one shared object a record, so that a million clients of one city hold one
 * object. A record that is malformed is counted and answers null.
 */

import type { IpBytes } from '../../lib/ip.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { Lru } from '../lru.ts';
import type { Mmdb } from './index.ts';

export type Lookup<T> = (address: IpBytes) => T | null;

/** Something to look addresses up in. */
export interface Table<T> {
  readonly find: Lookup<T>;
  /** What it holds open is closed; nothing may be looked up any more. */
  close(): Promise<void>;
}

export const EMPTY_TABLE: Table<never> = { find: () => null, close: async () => {} };

export interface LookupOptions<T> {
  /** What a record says; null is "nothing of use". */
  readonly parse: (record: unknown) => T | null;
  /** How many records are kept; what is no longer kept is read again. */
  readonly keep: number;
  /** Counts `unreadableRecords`. */
  readonly counters: ScopedCounters;
}

export function lookupIn<T>(mmdb: Mmdb, { parse, keep, counters }: LookupOptions<T>): Lookup<T> {
  const known = new Lru<number, T | null>(keep);
  return (address) => {
    let record = 0;
    let value: T | null = null;
    try {
      record = mmdb.find(address);
      if (record === 0) return null;
      const kept = known.get(record);
      if (kept !== undefined) return kept;
      value = parse(mmdb.read(record));
    } catch {
      counters.add('unreadableRecords');
    }
    if (record !== 0) known.set(record, value);
    return value;
  };
}
