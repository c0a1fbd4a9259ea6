/** The part of the suite about finding sessions: filters, orders and pages, compared with the reference. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { SESSION_SORTS, SESSION_STATES, type SessionQuery } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import type { Store } from '../store.ts';
import { filter, moment } from './arbitrary.ts';
import { compareWithReference } from './compare.ts';
import { expectedSessions } from './reference.ts';
import { bareSession, closedSession, createWriter, EVERYTHING, NOON } from './rows.ts';
import { freshStore, type StoreUnderTest } from './store-under-test.ts';

/** All pages of the query, one after the other, and the totals that they said. */
async function readAll(store: Store, query: SessionQuery): Promise<{ items: SessionRecord[]; totals: number[] }> {
  const items: SessionRecord[] = [];
  const totals = new Set<number>();
  let cursor: string | null = null;
  do {
    const page = await store.sessions({ ...query, cursor });
    assert.ok(page.items.length <= query.limit);
    items.push(...page.items);
    totals.add(page.total);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return { items, totals: [...totals] };
}

export function testPages(subject: StoreUnderTest): void {
  testAgainstReference(subject);
  testOrders(subject);
  testOffsets(subject);
  testBadCursors(subject);
}

const query = fc.record({
  state: fc.constantFrom(...SESSION_STATES),
  filter,
  from: fc.option(moment),
  to: fc.option(moment),
  sort: fc.constantFrom(...SESSION_SORTS),
  descending: fc.boolean(),
  limit: fc.constantFrom(1, 3, 7, 1000),
  cursor: fc.constant(null),
});

function testAgainstReference(subject: StoreUnderTest): void {
  test('pages hold what filters, periods and states choose, in order, as the reference has it', async (t) => {
    const store = await freshStore(t, subject);
    await compareWithReference<SessionQuery>(store, query, async (rows, asked) => {
      const expected = expectedSessions(rows, asked);
      const { items, totals } = await readAll(store, asked);
      assert.deepEqual(
        items.map(({ id }) => id),
        expected.map(({ id }) => id),
      );
      assert.deepEqual(items, expected);
      assert.deepEqual(totals, [expected.length]);
      const offset = expected.length >> 1;
      const half = await store.sessions({ ...asked, offset });
      assert.deepEqual(half.items, expected.slice(offset, offset + asked.limit));
    });
  });

  test('a period takes in what overlaps it, and not what only touches it', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)([closedSession('a', { startedAt: NOON, lastSeenAt: NOON + 1000 })]);
    const count = async (from: number | null, to: number | null) =>
      (await store.sessions({ ...EVERYTHING, from, to })).total;
    assert.equal(await count(NOON + 999, null), 1);
    assert.equal(await count(NOON + 1000, null), 0);
    assert.equal(await count(null, NOON), 0);
    assert.equal(await count(null, NOON + 1), 1);
  });
}

function testOrders(subject: StoreUnderTest): void {
  test('every order pages through equals and unknowns without losing or repeating one', async (t) => {
    const store = await freshStore(t, subject);
    const cities = [null, 'Berlin', 'Zürich', 'berlin', null, 'Berlin', '', '東京'];
    const rows = Array.from({ length: 40 }, (_, i) => {
      const fields = { bytes: i % 3, startedAt: NOON + (i % 4), user: cities[i % 8]!, stream: `s${i % 5}` };
      if (cities[i % 8] === null) return bareSession(`id-${i}`, fields);
      const known = closedSession(`id-${i}`, fields);
      const place = {
        ...known.place!,
        geo: { ...known.place!.geo!, city: cities[i % 8]!, countryCode: i % 2 ? 'FR' : null },
      };
      return { ...known, place, player: { ...known.player!, name: cities[(i + 1) % 8]! } };
    });
    await createWriter(store)(rows);
    for (const sort of SESSION_SORTS) {
      for (const descending of [false, true]) {
        const asked = { ...EVERYTHING, sort, descending, limit: 3 };
        const { items } = await readAll(store, asked);
        const expected = expectedSessions(rows, asked);
        assert.deepEqual(
          items.map(({ id }) => id),
          expected.map(({ id }) => id),
          `${sort} ${descending ? 'descending' : 'ascending'}`,
        );
      }
    }
  });

  test('a page goes on where the one before ended, whatever has come in since', async (t) => {
    const store = await freshStore(t, subject);
    const write = createWriter(store);
    await write(['a', 'c', 'e'].map((id) => closedSession(id, { bytes: id.charCodeAt(0) })));
    const asked: SessionQuery = { ...EVERYTHING, sort: 'bytes', limit: 2 };
    const first = await store.sessions(asked);
    await write(['b', 'd'].map((id) => closedSession(id, { bytes: id.charCodeAt(0) })));
    const second = await store.sessions({ ...asked, cursor: first.nextCursor });
    assert.deepEqual(
      [...first.items, ...second.items].map(({ id }) => id),
      ['a', 'c', 'd', 'e'],
    );
    assert.equal(second.total, 5);
  });

  test('a page has at least one and at most a thousand sessions', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)(Array.from({ length: 1100 }, (_, i) => closedSession(`id-${i}`)));
    assert.equal((await store.sessions({ ...EVERYTHING, limit: 5000 })).items.length, 1000);
    assert.equal((await store.sessions({ ...EVERYTHING, limit: 0 })).items.length, 1);
  });
}

/** As many as several questions tell apart: few values, many equals, unknown ones, and more than are skipped one by one. */
const MANY = 5000;

function testOffsets(subject: StoreUnderTest): void {
  test('a page that begins so many rows down is what stands there, in every order', async (t) => {
    const store = await freshStore(t, subject);
    const rows = Array.from({ length: MANY }, (_, i) => {
      const id = `id-${(i * 7919) % MANY}`;
      const fields = {
        bytes: i % 13 === 0 ? 5 : i,
        startedAt: NOON + (i % 3),
        stream: `s${i % 4}`,
        user: `u${i % 997}`,
      };
      return i % 5 === 0 ? bareSession(id, { ...fields, user: null }) : closedSession(id, fields);
    });
    await createWriter(store)(rows);
    for (const sort of SESSION_SORTS) {
      for (const descending of [false, true]) {
        const asked = { ...EVERYTHING, sort, descending, limit: 3 };
        const expected = expectedSessions(rows, asked).map(({ id }) => id);
        for (const offset of [1, 2500, MANY - 2, MANY + 7]) {
          const { items, total, nextCursor } = await store.sessions({ ...asked, offset });
          const found = items.map(({ id }) => id);
          assert.deepEqual(found, expected.slice(offset, offset + 3), `${sort} ${descending} ${offset}`);
          assert.equal(total, MANY);
          assert.equal(nextCursor === null, offset + 3 >= MANY);
        }
      }
    }
  });

  test('a page that begins some rows down goes on by its cursor', async (t) => {
    const store = await freshStore(t, subject);
    const rows = ['a', 'b', 'c', 'd', 'e'].map((id) => closedSession(id, { bytes: id.charCodeAt(0) }));
    await createWriter(store)(rows);
    const asked: SessionQuery = { ...EVERYTHING, sort: 'bytes', limit: 2 };
    const { nextCursor } = await store.sessions({ ...asked, offset: 1 });
    const next = await store.sessions({ ...asked, cursor: nextCursor });
    assert.deepEqual(
      next.items.map(({ id }) => id),
      ['d', 'e'],
    );
  });
}

function testBadCursors(subject: StoreUnderTest): void {
  test('cursors of other questions, and what is no cursor at all, are refused', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)([closedSession('a'), closedSession('b')]);
    const { nextCursor } = await store.sessions({ ...EVERYTHING, limit: 1 });
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = ['', 'x', '%', encoded(null), encoded([]), encoded(['startedAt', false, "1'--", 'a']), encoded({})];
    for (const cursor of forged) {
      await assert.rejects(store.sessions({ ...EVERYTHING, cursor }), { code: 'BAD_CURSOR' }, cursor);
    }
    for (const other of [{ sort: 'bytes' }, { descending: true }, { sort: 'city' }] as const) {
      await assert.rejects(store.sessions({ ...EVERYTHING, ...other, cursor: nextCursor }), { code: 'BAD_CURSOR' });
    }
    assert.deepEqual(
      (await store.sessions({ ...EVERYTHING, cursor: nextCursor })).items.map(({ id }) => id),
      ['b'],
    );
  });
}
