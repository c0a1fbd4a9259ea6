/** The part of the suite about the outbox: what is told to whom, from where on, and what is never told again. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { AudienceEvent } from '../../core/event.ts';
import type { Store } from '../store.ts';
import { closedEvent, commitOf, NOON } from './rows.ts';
import { freshFolder, freshStore, type StoreUnderTest } from './store-under-test.ts';

const MANY = 100_000;

function streamEvent(id: string): AudienceEvent {
  const state = { ...STREAM, id: `stream of ${id}` };
  return { id, type: 'stream.status', at: NOON, stream: 'one', state, count: { sessions: 3, bots: 1 } };
}

const STREAM = {
  source: 'radio',
  stream: 'one',
  status: 'up',
  statusSince: NOON,
  title: 'Motörhead \ud83e\udd18',
  titleSince: null,
  name: null,
  description: null,
  genre: null,
  contentType: null,
  bitrate: null,
  startedAt: null,
  reportedListeners: null,
  peakListeners: null,
  uniqueListeners: null,
  maxListeners: null,
  averageSeconds: null,
  countOnly: false,
} as const;

async function waitingIds(store: Store, sink: string, limit = MANY): Promise<string[]> {
  return (await store.outbox.waiting(sink, limit)).map(({ event }) => event.id);
}

/** Commits one event a commit, `sequence` by `sequence`. */
async function commitEvents(store: Store, from: number, ids: readonly string[]): Promise<void> {
  for (const [i, id] of ids.entries()) await store.commit(commitOf(from + i, { events: [closedEvent(id)] }));
}

export function testOutbox(subject: StoreUnderTest): void {
  testPlaces(subject);
  testBounds(subject);
  testForgetting(subject);
}

function testPlaces(subject: StoreUnderTest): void {
  test('events come back as they were, in the order of their commits, also after a restart', async (t) => {
    const folder = await freshFolder(t);
    const first = await subject.open(folder);
    await first.outbox.open(['hook']);
    const events = [closedEvent('a'), streamEvent('b'), closedEvent('c', { address: null, user: null, place: null })];
    const superseded = {
      id: 'd',
      type: 'session.superseded',
      at: NOON,
      stream: null,
      sessionId: 'x',
      by: 'y',
    } as const;
    await first.commit(commitOf(1, { events }));
    await first.commit(commitOf(2));
    await first.commit(commitOf(3, { events: [superseded] }));
    await first.close();
    const store = await subject.open(folder);
    t.after(() => store.close());
    await store.outbox.open(['hook']);
    const waiting = await store.outbox.waiting('hook', MANY);
    assert.deepEqual(
      waiting.map(({ event }) => event),
      [...events, superseded],
    );
    assert.equal(await store.outbox.count('hook'), 4);
    assert.deepEqual(await waitingIds(store, 'hook', 2), ['a', 'b']);
  });

  test('each sink goes its own way, and its place survives a restart', async (t) => {
    const folder = await freshFolder(t);
    const first = await subject.open(folder);
    await first.outbox.open(['fast', 'slow']);
    await first.commit(commitOf(1, { events: ['a', 'b', 'c'].map((id) => closedEvent(id)) }));
    const [, second] = await first.outbox.waiting('fast', 2);
    await first.outbox.advance('fast', second!.at);
    await first.close();
    const store = await subject.open(folder);
    t.after(() => store.close());
    await store.outbox.open(['fast', 'slow']);
    assert.deepEqual(await waitingIds(store, 'fast'), ['c']);
    assert.deepEqual(await waitingIds(store, 'slow'), ['a', 'b', 'c']);
    const [place] = await store.outbox.waiting('slow', 1);
    await store.outbox.advance('fast', place!.at);
    assert.deepEqual(await waitingIds(store, 'fast'), ['c'], 'a place never moves back');
    assert.deepEqual(await waitingIds(store, 'nobody'), []);
    await store.outbox.advance('nobody', second!.at);
    assert.deepEqual(await waitingIds(store, 'slow'), ['a', 'b', 'c']);
  });

  test('a new sink begins behind what was committed; one that is gone and comes back does, too', async (t) => {
    const store = await freshStore(t, subject);
    await store.outbox.open(['old']);
    await commitEvents(store, 1, ['a', 'b']);
    await store.outbox.open(['old', 'new']);
    await commitEvents(store, 3, ['c']);
    assert.deepEqual(await waitingIds(store, 'old'), ['a', 'b', 'c']);
    assert.deepEqual(await waitingIds(store, 'new'), ['c']);
    await store.outbox.open(['new']);
    await store.outbox.open(['new', 'old']);
    assert.deepEqual(await waitingIds(store, 'old'), []);
    assert.deepEqual(await waitingIds(store, 'new'), ['c']);
  });

  test('a commit that is tried again tells nothing twice', async (t) => {
    const store = await freshStore(t, subject);
    await store.outbox.open(['hook']);
    const once = commitOf(1, { events: [closedEvent('a')] });
    await store.commit(once);
    await store.commit(once);
    await store.commit({ ...once, events: [closedEvent('b')] });
    assert.deepEqual(await waitingIds(store, 'hook'), ['a']);
  });
}

function testBounds(subject: StoreUnderTest): void {
  test('what every sink has passed is gone, and nothing is kept without a sink', async (t) => {
    const store = await freshStore(t, subject);
    await store.outbox.open(['one', 'two']);
    await commitEvents(store, 1, ['a', 'b']);
    const last = (await store.outbox.waiting('one', MANY)).at(-1)!;
    await store.outbox.advance('one', last.at);
    assert.deepEqual(await waitingIds(store, 'two'), ['a', 'b']);
    await store.outbox.advance('two', last.at);
    await store.commit(commitOf(3, { events: [closedEvent('c')] }));
    await store.outbox.open([]);
    await store.outbox.open(['one', 'two']);
    assert.equal((await store.outbox.count('one')) + (await store.outbox.count('two')), 0);
  });

  test('trimming gives up the oldest, of one sink alone, and says how many', async (t) => {
    const store = await freshStore(t, subject);
    await store.outbox.open(['slow', 'other']);
    await store.commit(commitOf(1, { events: ['a', 'b', 'c'].map((id) => closedEvent(id)) }));
    await store.commit(commitOf(2, { events: ['d', 'e'].map((id) => closedEvent(id)) }));
    assert.equal(await store.outbox.trim('slow', 5), 0);
    assert.equal(await store.outbox.trim('slow', 3), 2);
    assert.deepEqual(await waitingIds(store, 'slow'), ['c', 'd', 'e']);
    assert.equal(await store.outbox.trim('slow', 0), 3);
    assert.equal(await store.outbox.count('slow'), 0);
    assert.equal(await store.outbox.count('other'), 5);
    assert.equal(await store.outbox.trim('nobody', 0), 0);
  });

  test('tens of thousands of events, taken in pages', async (t) => {
    const store = await freshStore(t, subject);
    await store.outbox.open(['hook']);
    const ids = Array.from({ length: 20_000 }, (_, i) => `event-${i}`);
    await store.commit(commitOf(1, { events: ids.map((id) => closedEvent(id)) }));
    const told: string[] = [];
    for (;;) {
      const page = await store.outbox.waiting('hook', 3000);
      if (page.length === 0) break;
      told.push(...page.map(({ event }) => event.id));
      await store.outbox.advance('hook', page.at(-1)!.at);
    }
    assert.deepEqual(told, ids);
  });
}

function testForgetting(subject: StoreUnderTest): void {
  test('who is forgotten is told to nobody any more', async (t) => {
    const store = await freshStore(t, subject);
    await store.outbox.open(['hook']);
    const events = [
      closedEvent('by-listener', { listener: 'L', address: '192.0.2.1', user: null }),
      closedEvent('by-address', { listener: 'M', address: '198.51.100.9', user: null }),
      closedEvent('by-user', { listener: 'N', address: null, user: "o'hara" }),
      closedEvent('other', { listener: 'l', address: '198.51.100.90', user: "O'Hara" }),
      streamEvent('stream'),
    ];
    await store.commit(commitOf(1, { events }));
    await store.forget({});
    assert.equal(await store.outbox.count('hook'), 5);
    await store.forget({ listener: 'L' });
    await store.forget({ address: '198.51.100.9' });
    await store.forget({ user: "o'hara" });
    assert.deepEqual(await waitingIds(store, 'hook'), ['other', 'stream']);
  });

  test('what is older than addresses may be kept is told to nobody any more', async (t) => {
    const store = await freshStore(t, subject);
    await store.outbox.open(['hook']);
    const ended = (id: string, lastSeenAt: number) => closedEvent(id, { startedAt: NOON - 9000, lastSeenAt });
    await store.commit(
      commitOf(1, { events: [ended('old', NOON - 1001), ended('young', NOON - 1000), streamEvent('stream')] }),
    );
    const forEver = { addresses: null, sessions: null, samples: null };
    assert.equal(await store.retain(forEver, NOON), 0);
    assert.equal(await store.retain({ ...forEver, addresses: 1000 }, NOON), 1);
    assert.deepEqual(await waitingIds(store, 'hook'), ['young', 'stream']);
  });
}
