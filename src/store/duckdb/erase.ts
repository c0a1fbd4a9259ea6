/**
 * Takes away: who somebody was, and what is older than it may be kept. Large jobs go in slices, each a transaction of
 * its own, so that commits get in between and memory stays bounded; a job that is cut short goes on the next time.
 *
 * What is erased or deleted leaves the tables at once, and the file as far as the next checkpoints overwrite its place.
 */

import type { Instant } from '../../core/observation.ts';
import type { Retention, Store } from '../store.ts';
import { type Bindings, change, createBindings } from './bindings.ts';
import type { Database } from './database.ts';
import { hash64 } from './hash.ts';

const SLICE = 50_000;

/** What a client has told of itself, or its address has. */
const FACTS = ['address', 'port', 'user_agent', 'user_name', 'device'];
const MASK = `UPDATE sessions SET ${FACTS.map((name) => `${name} = NULL`).join(', ')}`;
const ERASE = `${MASK}, listener = '', listener_hash = ${hash64('')}, erased = true`;
const HAS_FACTS = `coalesce(${FACTS.map((name) => `${name}::VARCHAR`).join(', ')}) IS NOT NULL`;

export async function forget(database: Database, who: Parameters<Store['forget']>[0]): Promise<number> {
  const isTheirs = (bindings: Bindings) => {
    const any: string[] = [];
    if (who.listener !== undefined) any.push(`listener = ${bindings.text(who.listener)}`);
    if (who.address !== undefined) any.push(`address = ${bindings.text(who.address)}`);
    if (who.user !== undefined) any.push(`user_name = ${bindings.text(who.user)}`);
    return any.length === 0 ? 'false' : `(${any.join(' OR ')})`;
  };
  await inSlices(database, 'DELETE FROM outbox', 'outbox', isTheirs);
  return await inSlices(database, ERASE, 'sessions', (bindings) => `NOT erased AND ${isTheirs(bindings)}`);
}

export async function retain(database: Database, retention: Retention, now: Instant): Promise<number> {
  const { sessions, addresses, samples } = retention;
  let touched = 0;
  if (sessions !== null)
    touched += await inSlices(database, 'DELETE FROM sessions', 'sessions', endedBefore(now - sessions));
  if (addresses !== null) {
    const stillNamed = (bindings: Bindings) => `${HAS_FACTS} AND ${endedBefore(now - addresses)(bindings)}`;
    touched += await inSlices(database, MASK, 'sessions', stillNamed);
    const oldEvents = (bindings: Bindings) =>
      `listener IS NOT NULL AND happened_at < ${bindings.whole(now - addresses)}`;
    touched += await inSlices(database, 'DELETE FROM outbox', 'outbox', oldEvents);
  }
  if (samples !== null) {
    const cutoff = now - samples;
    const oldSamples = (bindings: Bindings) => `measured_at < ${bindings.whole(cutoff)}`;
    const oldReports = (bindings: Bindings) => `told_at < ${bindings.whole(cutoff)} AND ${NOT_NEWEST}`;
    touched += await inSlices(database, 'DELETE FROM samples', 'samples', oldSamples);
    touched += await inSlices(database, 'DELETE FROM reports', 'reports', oldReports);
  }
  return touched;
}

function endedBefore(cutoff: Instant) {
  return (bindings: Bindings) => `last_seen_at < ${bindings.whole(cutoff)}`;
}

/** The newest report of a stream says how it stands now, however old that is. */
const NOT_NEWEST = `rowid NOT IN (
  SELECT rowid FROM reports
  QUALIFY row_number() OVER (PARTITION BY source, stream ORDER BY told_at DESC, sequence DESC, place DESC) = 1)`;

/** How many rows were changed in all. */
async function inSlices(
  database: Database,
  statement: string,
  table: string,
  condition: (bindings: Bindings) => string,
): Promise<number> {
  let changed = 0;
  for (;;) {
    const slice = await database.write(async (connection) => {
      const bindings = createBindings();
      const rows = `SELECT rowid FROM ${table} WHERE ${condition(bindings)} LIMIT ${SLICE}`;
      return await change(connection, `${statement} WHERE rowid IN (${rows})`, bindings);
    });
    changed += slice;
    if (slice < SLICE) return changed;
  }
}
