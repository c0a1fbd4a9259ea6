/** The part of the suite about what listening metrics are made of, compared with the reference. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { CUME_RULES, type Listening, type ListeningQuery, QUARTER_HOUR } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import { compareWithReference } from './compare.ts';
import { expectedListening } from './reference.ts';
import { closedSession, createWriter, NOON } from './rows.ts';
import { freshStore, type StoreUnderTest } from './store-under-test.ts';

const MINUTE = 60_000;

export function testListening(subject: StoreUnderTest): void {
  testRandomListening(subject);
  testListeningEdges(subject);
  testListeningLimits(subject);
}

/** Quarter-hours and minutes, and the milliseconds beside them. */
const instant = fc
  .tuple(fc.integer({ min: -8, max: 24 }), fc.constantFrom(0, 0, 1, 5, 10, 14), fc.constantFrom(0, 0, -1, 1))
  .map(([quarter, minute, ms]) => NOON + quarter * QUARTER_HOUR + minute * MINUTE + ms);

/** Whole ones and odd ones, around every bound; some of no length, and of less. */
const duration = fc.constantFrom(
  ...[-1000, 0, 1000, 59_999, MINUTE, 2 * MINUTE, 150_000, 299_999, 5 * MINUTE, 5 * MINUTE + 1, 10 * MINUTE],
  ...[QUARTER_HOUR, QUARTER_HOUR + 1, 20 * MINUTE, 45 * MINUTE, 2 * 60 * MINUTE, 7 * 60 * MINUTE],
);

export const listeningSessions = fc
  .array(
    fc.record({
      start: instant,
      duration,
      listener: fc.constantFrom('x', 'y', 'z', 'w'),
      isOpen: fc.boolean(),
      bot: fc.boolean(),
    }),
    { maxLength: 25, size: 'max' },
  )
  .map((drawn) =>
    drawn.map(({ start, duration: length, listener, isOpen, bot }, i) => {
      const end = start + length;
      const state = isOpen ? { endedAt: null, reason: null } : { endedAt: end };
      return closedSession(String(i), { startedAt: start, lastSeenAt: end, listener, bot, ...state });
    }),
  );

export const listeningQuestion: fc.Arbitrary<ListeningQuery> = fc
  .record({
    ends: fc.uniqueArray(instant, { minLength: 2, maxLength: 2 }),
    inner: fc.uniqueArray(fc.integer({ min: -8, max: 24 }), { maxLength: 12 }),
    filter: fc.constantFrom({}, { bot: false }, { listener: ['x', 'y'] }),
    minSession: fc.constantFrom(0, MINUTE, 5 * MINUTE),
    cumeRule: fc.constantFrom(...CUME_RULES),
  })
  .map(({ ends, inner, ...rest }) => {
    const [from, to] = ends.sort((a, b) => a - b) as [number, number];
    const between = inner.map((quarter) => NOON + quarter * QUARTER_HOUR).filter((at) => at > from && at < to);
    return { edges: [from, ...between.sort((a, b) => a - b), to], ...rest };
  });

function testRandomListening(subject: StoreUnderTest): void {
  test('listening is counted as the reference does, in steps and as a whole', async (t) => {
    const store = await freshStore(t, subject);
    await compareWithReference(
      store,
      listeningQuestion,
      async (rows, asked) => assert.deepEqual(await store.listening(asked), expectedListening(rows, asked)),
      listeningSessions,
    );
  });
}

const at = (start: number, end: number, fields: Partial<SessionRecord> = {}) =>
  closedSession(`${start}-${end}-${fields.listener ?? ''}`, {
    startedAt: NOON + start,
    lastSeenAt: NOON + end,
    ...fields,
  });

const HOUR: ListeningQuery = {
  edges: [NOON, NOON + 4 * QUARTER_HOUR],
  filter: {},
  minSession: MINUTE,
  cumeRule: 'session',
};

function testListeningEdges(subject: StoreUnderTest): void {
  test('who listens to two streams at once for three minutes has not listened for five', async (t) => {
    const store = await freshStore(t, subject);
    const anna = { listener: 'anna' };
    await createWriter(store)([at(0, 3 * MINUTE, anna), at(1000, 3 * MINUTE, anna), at(2000, 3 * MINUTE, anna)]);
    const { whole } = await store.listening(HOUR);
    assert.equal(whole.quarterHourListeners, 0);
    assert.equal(whole.peak.count, 3);
  });

  test('five minutes of a quarter-hour may be several sessions, but no two quarter-hours', async (t) => {
    const store = await freshStore(t, subject);
    const anna = { listener: 'anna' };
    const bela = { listener: 'bela' };
    await createWriter(store)([
      ...[at(0, 2 * MINUTE, anna), at(10 * MINUTE, 13 * MINUTE, anna)],
      ...[at(12 * MINUTE, 18 * MINUTE, bela)],
    ]);
    const { whole } = await store.listening({ ...HOUR, cumeRule: 'quarter-hour' });
    assert.equal(whole.listeners, 1);
    assert.equal(whole.quarterHourListeners, 1);
  });

  test('a period without a whole quarter-hour has no listeners by that rule: not none, but unknown', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)([at(0, 60 * MINUTE)]);
    const edges = [NOON + 1, NOON + QUARTER_HOUR];
    const { whole } = await store.listening({ ...HOUR, edges, cumeRule: 'quarter-hour' });
    assert.equal(whole.listeners, null);
    assert.equal(whole.quarterHours, 0);
    assert.equal((await store.listening({ ...HOUR, edges })).whole.listeners, 1);
  });

  test('a session whose end is not after its start was never there', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)([at(5 * MINUTE, 5 * MINUTE), at(50 * MINUTE, 10 * MINUTE)]);
    const { whole } = await store.listening({ ...HOUR, minSession: 0 });
    assert.deepEqual([whole.grossSessions, whole.activeSessions, whole.listeners], [0, 0, 0]);
    assert.equal(whole.listeningSeconds, 0);
    assert.deepEqual(whole.peak, { count: 0, at: null });
  });

  test('a session over the edge of steps is there in both, and if it is too short it is a gross session of both', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)([at(-1000, 58_999), at(14 * MINUTE, 16 * MINUTE), at(29.5 * MINUTE, 30.4 * MINUTE)]);
    const edges = [0, 1, 2, 3].map((quarter) => NOON + quarter * QUARTER_HOUR);
    const { steps, whole } = await store.listening({ ...HOUR, edges });
    const counts = [...steps, whole].map(({ grossSessions, activeSessions, startedSessions }) => [
      ...[grossSessions, activeSessions, startedSessions],
    ]);
    assert.deepEqual(counts, [
      [2, 1, 1],
      [2, 1, 0],
      [1, 0, 0],
      [3, 1, 1],
    ]);
  });

  test('of two equal peaks the first one counts', async (t) => {
    const store = await freshStore(t, subject);
    const pairs = [10, 30, 40].flatMap((minute) =>
      ['x', 'y'].map((listener) => at(minute * MINUTE, (minute + 5) * MINUTE, { listener })),
    );
    await createWriter(store)(pairs);
    assert.deepEqual((await store.listening(HOUR)).whole.peak, { count: 2, at: NOON + 10 * MINUTE });
  });
}

function testListeningLimits(subject: StoreUnderTest): void {
  test('ten thousand steps are answered; more of them, or steps that are none, are refused', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)([at(0, 10_000 * QUARTER_HOUR), at(MINUTE, 3 * QUARTER_HOUR)]);
    const edges = Array.from({ length: 10_001 }, (_, i) => NOON + i * QUARTER_HOUR);
    const most: Listening = await store.listening({ ...HOUR, edges });
    assert.deepEqual(
      most.steps.map(({ listeners }) => listeners),
      edges.slice(1).map((_, i) => (i < 3 ? 2 : 1)),
    );
    assert.equal(most.whole.quarterHourListeners, 10_003);
    const wrong = [
      [...edges, edges.at(-1)! + QUARTER_HOUR],
      [],
      [NOON],
      [NOON, NOON],
      [NOON + 1, NOON],
      [NOON, NOON + 1, NOON + 2],
      [-1, NOON],
      [Number.NaN, Number.NaN],
    ];
    for (const each of wrong) await assert.rejects(store.listening({ ...HOUR, edges: each }), { code: 'BAD_QUERY' });
  });
}
