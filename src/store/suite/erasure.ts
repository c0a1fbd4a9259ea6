/** The part of the suite about taking away: forgetting a person, and retention. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SessionRecord } from '../../core/session.ts';
import type { Store } from '../store.ts';
import { closedSession, commitOf, NOON, openSession } from './rows.ts';
import { freshFolder, freshStore, type StoreUnderTest } from './store-under-test.ts';

const DAY = 86_400_000;
const FOR_EVER = { addresses: null, sessions: null, samples: null };

function masked(row: SessionRecord): SessionRecord {
  return { ...row, address: null, port: null, userAgent: null, user: null, device: null };
}

function erased(row: SessionRecord): SessionRecord {
  return { ...masked(row), listener: '' };
}

async function assertRows(store: Store, rows: readonly SessionRecord[]): Promise<void> {
  for (const row of rows) assert.deepEqual(await store.session(row.id), row);
}

export function testErasure(subject: StoreUnderTest): void {
  testForget(subject);
  testRetain(subject);
}

function testForget(subject: StoreUnderTest): void {
  test('forget erases who it was, by listener, stored address or user, and nothing else', async (t) => {
    const folder = await freshFolder(t);
    let store = await subject.open(folder);
    const rows = [
      closedSession('by-listener', { listener: 'L', address: '192.0.2.1', user: 'berta' }),
      closedSession('by-address', { listener: 'M', address: '198.51.100.9', user: null }),
      closedSession('by-user', { listener: 'N', address: null, user: "o'hara" }),
      closedSession('other', { listener: 'l', address: '198.51.100.90', user: "O'Hara" }),
    ];
    const open = openSession('still-open', { listener: 'L' });
    await store.commit(commitOf(1, { closed: rows, open: [open] }));
    assert.equal(await store.forget({ listener: 'L' }), 1);
    assert.equal(await store.forget({ address: '198.51.100.9' }), 1);
    assert.equal(await store.forget({ user: "o'hara" }), 1);
    assert.equal(await store.forget({ listener: 'L' }), 0);
    assert.equal(await store.forget({}), 0);
    // What has been erased is nobody: it cannot be found by the token that it has now.
    assert.equal(await store.forget({ listener: '' }), 0);
    const expected = [erased(rows[0]!), erased(rows[1]!), erased(rows[2]!), rows[3]!, open.record];
    await assertRows(store, expected);
    await store.close();
    store = await subject.open(folder);
    t.after(() => store.close());
    await assertRows(store, expected);
  });

  test('what has been erased still counts, as sessions of nobody', async (t) => {
    const store = await freshStore(t, subject);
    const rows = ['a', 'b', 'c'].map((id) => closedSession(id, { listener: id, user: id }));
    await store.commit(commitOf(1, { closed: rows }));
    await store.forget({ listener: 'a', user: 'b' });
    const [group] = await store.aggregate({ from: NOON, to: NOON + DAY, by: null, filter: {}, limit: 1 });
    assert.deepEqual(group, { value: null, sessions: 3, uniqueClients: 2, listeningSeconds: 180, bytes: 3_000_000 });
  });
}

function testRetain(subject: StoreUnderTest): void {
  test('retention erases and deletes what ended longer ago than it says, to the millisecond', async (t) => {
    const store = await freshStore(t, subject);
    const ended = (id: string, daysAgo: number, more = 0) =>
      closedSession(id, { startedAt: NOON - 10 * DAY, lastSeenAt: NOON - daysAgo * DAY - more });
    const [young, middle, old] = [ended('young', 1), ended('middle', 1, 1), ended('old', 3, 1)];
    const open = openSession('open', { startedAt: NOON - 90 * DAY, lastSeenAt: NOON - 80 * DAY });
    await store.commit(commitOf(1, { closed: [young, middle, old], open: [open] }));
    assert.equal(await store.retain(FOR_EVER, NOON), 0);
    assert.equal(await store.retain({ ...FOR_EVER, addresses: DAY, sessions: 3 * DAY }, NOON), 2);
    await assertRows(store, [young, masked(middle), open.record]);
    assert.equal(await store.session('old'), null);
    assert.equal(await store.retain({ ...FOR_EVER, addresses: DAY, sessions: 3 * DAY }, NOON), 0);
    assert.equal((await store.size()).sessions, 3);
  });

  test('whose address has been erased for its age is still told from others, and can still be forgotten', async (t) => {
    const store = await freshStore(t, subject);
    const rows = ['a', 'b', 'b'].map((listener, i) =>
      closedSession(`id-${i}`, { listener, startedAt: NOON - 9 * DAY }),
    );
    await store.commit(commitOf(1, { closed: rows }));
    await store.retain({ ...FOR_EVER, addresses: DAY }, NOON);
    const count = async () => {
      const [group] = await store.aggregate({ from: NOON - 10 * DAY, to: NOON, by: null, filter: {}, limit: 1 });
      return group!.uniqueClients;
    };
    assert.equal(await count(), 2);
    assert.equal(await store.forget({ listener: 'b' }), 2);
    assert.equal(await count(), 2, 'all who were forgotten are one');
    await assertRows(store, [masked(rows[0]!), erased(rows[1]!), erased(rows[2]!)]);
  });

  test('old samples and reports are deleted, but never the newest report of a stream', async (t) => {
    const store = await freshStore(t, subject);
    const report = (stream: string, at: number) =>
      ({ source: 'edge-1', report: { kind: 'report', stream, at, status: 'up' } }) as const;
    const samples = [1, 2, 3].map((at) => ({ source: 'edge-1', stream: 'radio', at, metric: 'listeners', value: at }));
    await store.commit(
      commitOf(1, {
        samples,
        reports: [report('silent', 1), report('radio', 1), report('radio', 2), report('radio', 3)],
      }),
    );
    assert.equal(await store.retain({ ...FOR_EVER, samples: 0 }, 3), 4);
    assert.deepEqual(await store.samples('edge-1', 'radio', 'listeners', 0, 9), samples.slice(2));
    assert.deepEqual(await store.reports('edge-1', 'radio', 9), [report('radio', 3)]);
    assert.deepEqual(await store.reports('edge-1', 'silent', 9), [report('silent', 1)]);
  });

  test('retention of more than fits in one go, while commits come in', async (t) => {
    const store = await freshStore(t, subject);
    const rows = Array.from({ length: 120_000 }, (_, i) => closedSession(`id-${i}`, { startedAt: NOON - 9 * DAY + i }));
    await store.commit(commitOf(1, { closed: rows }));
    const [touched] = await Promise.all([
      store.retain({ ...FOR_EVER, addresses: DAY }, NOON),
      store.commit(commitOf(2, { closed: [closedSession('new')] })),
    ]);
    assert.equal(touched, 120_000);
    await assertRows(store, [masked(rows[0]!), masked(rows[119_999]!), closedSession('new')]);
    assert.equal(await store.retain({ ...FOR_EVER, sessions: DAY }, NOON), 120_000);
    assert.equal((await store.size()).sessions, 1);
  });
}
