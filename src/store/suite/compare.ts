/** The store against the reference: drawn sessions under a source of their own, and drawn questions about just these. */

import fc from 'fast-check';
import type { SessionFilter } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import type { Store } from '../store.ts';
import { sessions, underSource } from './arbitrary.ts';
import { createWriter } from './rows.ts';

/**
 * Calls `compare` with the sessions that were written and each question, 25 times with other sessions; `arbitrary` draws
 * others than those of arbitrary.ts.
 */
export async function compareWithReference<Query extends { readonly filter: SessionFilter }>(
  store: Store,
  query: fc.Arbitrary<Query>,
  compare: (rows: readonly SessionRecord[], asked: Query) => Promise<void>,
  arbitrary: fc.Arbitrary<readonly SessionRecord[]> = sessions,
): Promise<void> {
  const write = createWriter(store);
  let runs = 0;
  const property = fc.asyncProperty(
    arbitrary,
    fc.array(query, { minLength: 1, maxLength: 8 }),
    async (drawn, queries) => {
      const source = `run-${runs++}`;
      const rows = underSource(source, drawn);
      await write(rows);
      for (const each of queries) await compare(rows, { ...each, filter: { ...each.filter, source: [source] } });
    },
  );
  await fc.assert(property, { numRuns: 25 });
}
