/** The part of the suite about writing: what a commit changes, and that it does so once and as a whole. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { presence } from '../../core/observation.ts';
import type { SessionRecord } from '../../core/session.ts';
import type { Moved, OpenSession } from '../../core/snapshot.ts';
import type { Residue } from '../../core/tracker.ts';
import type { Commit, Store } from '../store.ts';
import { bareSession, closedSession, commitOf, EVERYTHING, inOrder, NOON, NOTHING_WAITS, openSession } from './rows.ts';
import { freshFolder, freshStore, type StoreUnderTest } from './store-under-test.ts';

async function idsOf(store: Store): Promise<string[]> {
  return (await store.sessions(EVERYTHING)).items.map(({ id }) => id).sort();
}

export function testCommits(subject: StoreUnderTest): void {
  testResume(subject);
  testReplacing(subject);
  testRepeating(subject);
  testCursors(subject);
}

function testResume(subject: StoreUnderTest): void {
  test('a new store has nothing to go on with', async (t) => {
    const store = await freshStore(t, subject);
    assert.deepEqual(await store.resume(), { sequence: 0, open: [], cursors: {}, residue: NOTHING_WAITS, reports: [] });
    assert.equal((await store.size()).sessions, 0);
  });

  test('after a restart the open sessions, cursors, residue and newest reports are those of the last commit', async (t) => {
    const folder = await freshFolder(t);
    const first = await subject.open(folder);
    await first.resume();
    const open = [openSession('a'), openSession('b', { endedAt: NOON + 60_000, reason: 'expired' })];
    const bare = { ...openSession('c'), record: { ...bareSession('c'), endedAt: null, reason: null } };
    const up = { kind: 'report', stream: 'radio', at: NOON, status: 'up', title: 'One', bitrate: 128 } as const;
    await first.commit(commitOf(1, { open: [openSession('gone')], reports: [{ source: 'edge-1', report: up }] }));
    await first.commit(
      commitOf(2, {
        closed: [closedSession('gone')],
        open: [...open, bare],
        reports: [
          { source: 'edge-1', report: { ...up, at: NOON + 1, title: 'Two' } },
          { source: 'edge-1', report: { ...up, at: NOON + 1, title: null } },
          { source: 'edge-1', report: { ...up, at: NOON - 1, title: 'Late' } },
          { source: 'edge-2', report: { ...up, stream: 'other' } },
        ],
        cursors: { 'edge-1': { files: [{ inode: 7, offset: 2 ** 40 }] }, 'edge-2': 'text' },
        residue: RESIDUE,
      }),
    );
    await first.close();

    const second = await subject.open(folder);
    t.after(() => second.close());
    assert.deepEqual(inOrder(await second.resume()), {
      sequence: 2,
      open: [...open, bare],
      cursors: { 'edge-1': { files: [{ inode: 7, offset: 2 ** 40 }] }, 'edge-2': 'text' },
      residue: RESIDUE,
      reports: [
        { source: 'edge-1', report: { ...up, at: NOON - 1, title: 'Late' } },
        { source: 'edge-1', report: up },
        { source: 'edge-1', report: { ...up, at: NOON + 1, title: 'Two' } },
        { source: 'edge-1', report: { ...up, at: NOON + 1, title: null } },
        { source: 'edge-2', report: { ...up, stream: 'other' } },
      ],
    });
  });

  test('of a stream with many reports the newest hundred come back, oldest first', async (t) => {
    const store = await freshStore(t, subject);
    const reports = Array.from({ length: 250 }, (_, i) => ({
      source: 'edge-1',
      report: { kind: 'report', stream: 'radio', at: NOON + i, status: 'up', title: `Song ${i}` } as const,
    }));
    await store.commit(commitOf(1, { reports }));
    assert.deepEqual((await store.resume()).reports, reports.slice(150));
  });

  test('a residue of thousands of observations comes back in order', async (t) => {
    const store = await freshStore(t, subject);
    const waiting = ['edge-1', 'edge-2'].map((source) => ({
      source,
      observations: Array.from({ length: 1700 }, (_, i) =>
        presence({ stream: `s${i}`, client: CLIENT, from: NOON + i }),
      ),
    }));
    await store.commit(commitOf(1, { residue: { watermarks: { 'edge-1': NOON }, waiting } }));
    assert.deepEqual((await store.resume()).residue, { watermarks: { 'edge-1': NOON }, waiting });
    await store.commit(commitOf(2, { residue: NOTHING_WAITS }));
    assert.deepEqual((await store.resume()).residue, NOTHING_WAITS);
  });
}

const CLIENT = {
  key: 'k',
  identity: 'inferred',
  selfDeclared: true,
  agent: 'a',
  network: 'n',
  listener: 'l',
  listenerRank: 0,
  address: '192.0.2.9',
  port: null,
  userAgent: 'UA',
  user: null,
  device: null,
  place: null,
  player: null,
  bot: false,
  session: null,
} as const;

const RESIDUE: Residue = {
  watermarks: { 'edge-1': NOON, 'edge-2': NOON + 5 },
  waiting: [
    { source: 'edge-1', observations: [presence({ stream: 'radio', client: CLIENT, from: NOON })] },
    { source: 'edge-2', observations: [] },
  ],
};

function testReplacing(subject: StoreUnderTest): void {
  test('a session opens, changes and closes: one row at any time', async (t) => {
    const store = await freshStore(t, subject);
    await store.commit(commitOf(1, { open: [openSession('a', { bytes: 1 })] }));
    assert.equal((await store.session('a'))?.bytes, 1);
    const changed = openSession('a', { bytes: 2 });
    await store.commit(commitOf(2, { open: [changed] }));
    assert.deepEqual(await store.session('a'), changed.record);
    assert.deepEqual(await idsOf(store), ['a']);
    const closed = closedSession('a', { bytes: 3 });
    await store.commit(commitOf(3, { closed: [closed] }));
    assert.deepEqual(await store.session('a'), closed);
    assert.deepEqual(await idsOf(store), ['a']);
    assert.deepEqual((await store.resume()).open, []);
    assert.equal((await store.size()).sessions, 1);
    assert.equal(await store.session('b'), null);
  });

  test('a closed session that is superseded by itself is open again, and only that', async (t) => {
    const store = await freshStore(t, subject);
    await store.commit(commitOf(1, { closed: [closedSession('a'), closedSession('b')] }));
    const reopened = openSession('a', { bytes: 7 });
    await store.commit(commitOf(2, { superseded: ['a'], open: [reopened] }));
    assert.deepEqual(await store.session('a'), reopened.record);
    assert.deepEqual(await idsOf(store), ['a', 'b']);
    await store.commit(commitOf(3, { closed: [closedSession('a', { bytes: 8 })] }));
    assert.equal((await store.session('a'))?.bytes, 8);
    assert.deepEqual(await idsOf(store), ['a', 'b']);
  });

  test('of an open session that has only moved the row says how far, also where there was none', async (t) => {
    const store = await freshStore(t, subject);
    const began = openSession('a', { bytes: 1, startedAt: NOON - 60_000 });
    const plain = { ...began, state: { ...began.state, rare: null, seen: began.record.lastSeenAt } };
    await store.commit(commitOf(1, { open: [plain, openSession('b')] }));
    const now = movedTo(plain, { seen: NOON + 90_000, bytes: 2 ** 40, requests: 7, qualities: SIGHTS });
    const unknown = { ...now, id: 'c', record: { ...now.record, id: 'c' } };
    await store.commit(commitOf(2, { open: [now] }));
    assert.deepEqual(await store.session('a'), now.record);
    await store.commit(commitOf(3, { open: [now, unknown] }));
    assert.deepEqual(await idsOf(store), ['a', 'b', 'c']);
    const { open } = await store.resume();
    const [a, c] = ['a', 'c'].map((wanted) => open.find(({ id }) => id === wanted));
    assert.deepEqual(
      [a, c],
      [now, unknown].map(({ id, record, state }) => ({ id, record, state })),
    );
    await store.commit(commitOf(4, { closed: [closedSession('a')] }));
    assert.deepEqual(await store.session('a'), closedSession('a'));
    assert.equal((await store.size()).sessions, 3);
  });

  test('superseded sessions go, whether they were open, closed or never there', async (t) => {
    const store = await freshStore(t, subject);
    const many = Array.from({ length: 5000 }, (_, i) => `many-${i}`);
    const named = ['closed', ...many];
    await store.commit(commitOf(1, { closed: named.map((id) => closedSession(id)), open: [openSession('open')] }));
    await store.commit(
      commitOf(2, { superseded: ['open', 'closed', 'unheard-of', ...many], open: [openSession('new')] }),
    );
    assert.deepEqual(await idsOf(store), ['new']);
  });

  test('a closed row replaces the row of the same id, however old and whenever it began', async (t) => {
    const store = await freshStore(t, subject);
    const day = 86_400_000;
    await store.commit(commitOf(1, { closed: [closedSession('a', { startedAt: NOON - 400 * day })] }));
    await store.commit(commitOf(2, { closed: Array.from({ length: 3000 }, (_, i) => closedSession(`x${i}`)) }));
    const replaced = closedSession('a', { startedAt: NOON - 401 * day, bytes: 5 });
    await store.commit(commitOf(3, { closed: [replaced] }));
    assert.deepEqual(await store.session('a'), replaced);
    assert.equal((await store.size()).sessions, 3001);
  });

  test('a commit that names an id twice keeps the last row, and a closed row rather than an open one', async (t) => {
    const store = await freshStore(t, subject);
    const twice = [closedSession('a', { bytes: 1 }), closedSession('a', { bytes: 2 })];
    await store.commit(commitOf(1, { closed: twice, open: [openSession('a'), openSession('b'), openSession('b')] }));
    assert.equal((await store.session('a'))?.bytes, 2);
    assert.deepEqual(await idsOf(store), ['a', 'b']);
  });

  test('tens of thousands of rows in one commit', async (t) => {
    const store = await freshStore(t, subject);
    const rows = Array.from({ length: 30_000 }, (_, i) => i);
    const open = rows.map((i) => openSession(`open-${i}`, { bytes: i }));
    await store.commit(commitOf(1, { open, closed: rows.map((i) => closedSession(`closed-${i}`, { bytes: i })) }));
    await store.commit(commitOf(2, { open: open.filter((_, i) => i % 2 === 0) }));
    assert.equal((await store.size()).sessions, 60_000);
    assert.equal((await store.resume()).open.length, 30_000);
    assert.equal((await store.session('closed-12345'))?.bytes, 12_345);
  });
}

const SIGHTS = [
  { at: NOON, value: '720p' },
  { at: NOON + 90_000, value: '720p' },
];

function movedTo({ id, record, state }: OpenSession, moved: Moved): OpenSession & { readonly moved: Moved } {
  const { seen, ...counted } = moved;
  return { id, record: { ...record, ...counted, lastSeenAt: seen }, state: { ...state, seen }, moved };
}

function testRepeating(subject: StoreUnderTest): void {
  test('a commit that is tried again with its sequence has no effect', async (t) => {
    const store = await freshStore(t, subject);
    const once = commitOf(1, {
      closed: [closedSession('a')],
      reports: [{ source: 'edge-1', report: { kind: 'report', stream: 'radio', at: NOON, status: 'up' } }],
      samples: [{ source: 'edge-1', stream: 'radio', at: NOON, metric: 'listeners', value: 3 }],
      cursors: { 'edge-1': 1 },
    });
    await store.commit(once);
    await store.commit(once);
    await store.commit({
      ...once,
      closed: [closedSession('a', { bytes: 9 }), closedSession('b')],
      cursors: { 'edge-1': 2 },
    });
    assert.deepEqual(await idsOf(store), ['a']);
    assert.deepEqual(await store.session('a'), closedSession('a'));
    assert.equal((await store.reports('edge-1', 'radio', 10)).length, 1);
    assert.equal((await store.samples('edge-1', 'radio', 'listeners', 0, NOON + 1)).length, 1);
    assert.deepEqual((await store.resume()).cursors, { 'edge-1': 1 });
    assert.equal((await store.resume()).sequence, 1);
  });

  test('questions asked while commits are under way see whole commits only', async (t) => {
    const store = await freshStore(t, subject);
    const commits = Array.from({ length: 25 }, (_, i) => batch(i + 1));
    let isWriting = true;
    const writing = (async () => {
      for (const each of commits) await store.commit(each);
      isWriting = false;
    })();
    const seen = new Set<number>();
    do {
      const page = await store.sessions({ ...EVERYTHING, limit: 1 });
      assert.equal(page.total % 300, 0, `${page.total} sessions are no whole number of commits`);
      const [group] = await store.aggregate({ from: 0, to: NOON * 2, by: null, filter: {}, limit: 1 });
      assert.equal(group!.bytes, group!.sessions * 5);
      assert.equal(group!.sessions % 300, 0);
      seen.add(page.total);
    } while (isWriting);
    await writing;
    assert.ok(seen.size > 2, 'the questions were asked while commits came in');
    assert.equal((await store.sessions({ ...EVERYTHING, limit: 1 })).total, 25 * 300);
  });
}

/** Closes what the batch before has opened, and opens as many: after it there are 300 sessions more. */
function batch(sequence: number): Commit {
  const rows = (of: number): SessionRecord[] =>
    Array.from({ length: 300 }, (_, i) => closedSession(`${of}/${i}`, { bytes: 5 }));
  const open = rows(sequence).map(({ id }) => openSession(id, { bytes: 5 }));
  return commitOf(sequence, { closed: sequence === 1 ? [] : rows(sequence - 1), open });
}

function testCursors(subject: StoreUnderTest): void {
  test('cursors change one by one; null removes one, whatever its name', async (t) => {
    const store = await freshStore(t, subject);
    const names = ['a', "b'); DROP TABLE cursors; --", '__proto__', '😀\u0000'];
    const cursors = Object.fromEntries(names.map((name, i) => [name, { i }]));
    await store.commit(commitOf(1, { cursors }));
    assert.deepEqual((await store.resume()).cursors, cursors);
    await store.commit(
      commitOf(2, {
        cursors: Object.fromEntries([
          ['__proto__', null],
          ['a', [1, null]],
          ['c', false],
        ]),
      }),
    );
    const expected = Object.entries(cursors).filter(([name]) => name !== '__proto__' && name !== 'a');
    assert.deepEqual((await store.resume()).cursors, Object.fromEntries([...expected, ['a', [1, null]], ['c', false]]));
  });
}
