/**
 * Who has been here before. A listener token is looked for by its 64-bit hash first: a scan of numbers, some tens of
 * milliseconds over twenty million sessions.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { storedText } from '../text.ts';
import { createBindings, rowsOf } from './bindings.ts';
import { hash64 } from './hash.ts';

const AT_A_TIME = 10_000;

export async function findKnown(
  connection: DuckDBConnection,
  listeners: readonly string[],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (let from = 0; from < listeners.length; from += AT_A_TIME) {
    const stored = new Map(listeners.slice(from, from + AT_A_TIME).map((each) => [storedText(each), each]));
    const bindings = createBindings();
    const hashes = bindings.texts([...stored.keys()].map((each) => String(hash64(each))));
    const isTheirs = `listener_hash IN (SELECT unnest(${hashes})::UBIGINT)`;
    const rows = await rowsOf(
      connection,
      `SELECT DISTINCT listener FROM sessions WHERE ${isTheirs}
       UNION SELECT DISTINCT listener FROM open_sessions WHERE ${isTheirs}`,
      bindings,
    );
    for (const [listener] of rows) {
      const asked = stored.get(listener as string);
      if (asked !== undefined) known.add(asked);
    }
  }
  return known;
}
