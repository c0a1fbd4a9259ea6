/** The part of the suite about visiting every session: what comes, in which order, and what goes on meanwhile. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { SESSION_SORTS, SESSION_STATES } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import type { Store, VisitQuery } from '../store.ts';
import { filter, moment } from './arbitrary.ts';
import { compareWithReference } from './compare.ts';
import { expectedSessions } from './reference.ts';
import { closedSession, commitOf, EVERYTHING, openSession } from './rows.ts';
import { freshStore, type StoreUnderTest } from './store-under-test.ts';

const ALL: VisitQuery = { filter: {}, from: null, to: null };

async function visited(store: Store, query: VisitQuery = ALL): Promise<SessionRecord[]> {
  const found: SessionRecord[] = [];
  await store.visit(query, async (sessions) => {
    found.push(...sessions);
  });
  return found;
}

const many = (count: number, prefix = 'id') => Array.from({ length: count }, (_, i) => closedSession(`${prefix}-${i}`));

export function testVisits(subject: StoreUnderTest): void {
  test('a visit sees what filters and periods choose, each session once', async (t) => {
    const store = await freshStore(t, subject);
    const query = fc.record({ filter, from: fc.option(moment), to: fc.option(moment) });
    await compareWithReference<VisitQuery>(store, query, async (rows, asked) => {
      const expected = expectedSessions(rows, { ...EVERYTHING, ...asked });
      const found = await visited(store, asked);
      const inOrder = (list: readonly SessionRecord[]) => [...list].sort((a, b) => (a.id < b.id ? -1 : 1));
      assert.deepEqual(inOrder(found), inOrder(expected));
    });
  });

  test('a visit that is sorted comes in just the order of the pages, of any state', async (t) => {
    const store = await freshStore(t, subject);
    const query = fc.record({
      filter,
      from: fc.option(moment),
      to: fc.option(moment),
      state: fc.constantFrom(...SESSION_STATES),
      order: fc.record({ sort: fc.constantFrom(...SESSION_SORTS), descending: fc.boolean() }),
    });
    await compareWithReference<VisitQuery>(store, query, async (rows, asked) => {
      const { order, state, ...rest } = asked;
      const expected = expectedSessions(rows, { ...EVERYTHING, ...rest, ...order!, state: state! });
      assert.deepEqual(await visited(store, asked), expected);
    });
  });

  test('closed sessions come in the order in which they were kept, then those that may still change', async (t) => {
    const store = await freshStore(t, subject);
    const [first, second] = [many(3000, 'b'), many(3000, 'a')];
    await store.commit(commitOf(1, { closed: first, open: [openSession('open')] }));
    await store.commit(commitOf(2, { closed: second }));
    const ids = (await visited(store)).map(({ id }) => id);
    assert.deepEqual(ids, [...first.map(({ id }) => id), ...second.map(({ id }) => id), 'open']);
  });

  test('a visit is of one moment, says how many there are, and keeps nobody from committing', async (t) => {
    const store = await freshStore(t, subject);
    await store.commit(commitOf(1, { closed: many(5000), open: [openSession('open')] }));
    let sequence = 1;
    const found: string[] = [];
    await store.visit(ALL, async (sessions, total) => {
      assert.equal(total, 5001);
      found.push(...sessions.map(({ id }) => id));
      sequence++;
      await store.commit(commitOf(sequence, { closed: many(100, `late-${sequence}`), superseded: ['open'] }));
    });
    assert.deepEqual(found, [...many(5000).map(({ id }) => id), 'open']);
    assert.equal((await visited(store)).length, 5000 + (sequence - 1) * 100);
  });

  test('whoever visits may stop, and is told why by himself; then others may visit', async (t) => {
    const store = await freshStore(t, subject);
    await store.commit(commitOf(1, { closed: many(5000) }));
    const enough = new Error('enough');
    let pieces = 0;
    const stopped = store.visit(ALL, async () => {
      pieces++;
      throw enough;
    });
    await assert.rejects(stopped, (error) => error === enough);
    assert.equal(pieces, 1);
    assert.equal((await visited(store)).length, 5000);
  });
}
