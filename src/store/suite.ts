/**
 * The contract of store.ts as tests: every store passes them. What only one kind of store can go through (a full disk,
 * a damaged file, kill -9) is tested beside it.
 */

import { strict as assert } from 'node:assert';
import { describe, test } from 'node:test';
import { testCommits } from './suite/commits.ts';
import { testCounts } from './suite/counts.ts';
import { testErasure } from './suite/erasure.ts';
import { testInstants } from './suite/instants.ts';
import { testListening } from './suite/listening.ts';
import { testOutbox } from './suite/outbox.ts';
import { testPages } from './suite/pages.ts';
import { closedSession, commitOf } from './suite/rows.ts';
import { freshFolder, freshStore, type StoreUnderTest } from './suite/store-under-test.ts';
import { testTallies } from './suite/tallies.ts';
import { testValues } from './suite/values.ts';
import { testVisits } from './suite/visits.ts';

export function storeSuite(name: string, subject: StoreUnderTest): void {
  describe(`${name}: the contract of a store`, () => {
    testCommits(subject);
    testPages(subject);
    testVisits(subject);
    testCounts(subject);
    testTallies(subject);
    testInstants(subject);
    testListening(subject);
    testValues(subject);
    testErasure(subject);
    testOutbox(subject);
    testClosing(subject);
  });
}

function testClosing(subject: StoreUnderTest): void {
  test('the size grows with what is stored', async (t) => {
    const store = await freshStore(t, subject);
    const before = await store.size();
    await store.commit(commitOf(1, { closed: Array.from({ length: 5000 }, (_, i) => closedSession(`id-${i}`)) }));
    const after = await store.size();
    assert.equal(after.sessions, 5000);
    assert.ok(after.bytes > before.bytes, `${after.bytes} bytes are more than ${before.bytes}`);
  });

  test('closing waits for what is under way, and refuses what comes after', async (t) => {
    const folder = await freshFolder(t);
    const store = await subject.open(folder);
    const rows = Array.from({ length: 5000 }, (_, i) => closedSession(`id-${i}`));
    const committing = store.commit(commitOf(1, { closed: rows }));
    const asking = store.aggregate({ from: 0, to: 1, by: null, filter: {}, limit: 1 });
    await store.close();
    await Promise.all([committing, asking]);
    await assert.rejects(store.resume(), { code: 'STORE_CLOSED' });
    await assert.rejects(store.commit(commitOf(2)), { code: 'STORE_CLOSED' });
    await store.close();
    const again = await subject.open(folder);
    t.after(() => again.close());
    assert.equal((await again.size()).sessions, 5000);
  });
}
