/** The part of the suite about counting: groups and timelines, compared with the reference. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { OTHERS, type Timeline, type TimelineQuery } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import { dimension, filter, moment } from './arbitrary.ts';
import { compareWithReference } from './compare.ts';
import { expectedGroups, expectedTimeline } from './reference.ts';
import { closedSession, createWriter, NOON } from './rows.ts';
import { freshStore, type StoreUnderTest } from './store-under-test.ts';

const HOUR = 3_600_000;

export function testCounts(subject: StoreUnderTest): void {
  testGroups(subject);
  testKnownListeners(subject);
  testRandomTimelines(subject);
  testTimelineEdges(subject);
  testTimelineLimits(subject);
}

function testGroups(subject: StoreUnderTest): void {
  test('groups count sessions, listeners, time within the period and bytes, as the reference does', async (t) => {
    const store = await freshStore(t, subject);
    const query = fc.record({ from: moment, to: moment, by: dimension, filter, limit: fc.constantFrom(1, 3, 100) });
    await compareWithReference(store, query, async (rows, asked) => {
      assert.deepEqual(await store.aggregate(asked), expectedGroups(rows, asked));
    });
  });

  test('a question about nobody has one empty group when it is undivided, and none when it is divided', async (t) => {
    const store = await freshStore(t, subject);
    const nobody = { from: NOON, to: NOON + HOUR, filter: {}, limit: 10 };
    const empty = { value: null, sessions: 0, uniqueClients: 0, listeningSeconds: 0, bytes: 0 };
    assert.deepEqual(await store.aggregate({ ...nobody, by: null }), [empty]);
    assert.deepEqual(await store.aggregate({ ...nobody, by: 'country' }), []);
  });

  test('listeners are counted exactly, also when there are many', async (t) => {
    const store = await freshStore(t, subject);
    const rows = Array.from({ length: 20_000 }, (_, i) => closedSession(`id-${i}`, { listener: `l${i % 7919}` }));
    await createWriter(store)(rows);
    const [group] = await store.aggregate({ from: NOON, to: NOON + HOUR, by: 'country', filter: {}, limit: 1 });
    assert.equal(group!.uniqueClients, 7919);
    assert.equal(group!.sessions, 20_000);
  });
}

function assertSame(actual: Timeline, expected: Timeline): void {
  assert.deepEqual(actual.steps, expected.steps);
  assert.deepEqual(
    actual.series.map(({ value, peak }) => ({ value, peak })),
    expected.series.map(({ value, peak }) => ({ value, peak })),
  );
  for (const [i, series] of expected.series.entries()) {
    for (const [j, average] of series.average.entries()) {
      const difference = Math.abs(actual.series[i]!.average[j]! - average);
      assert.ok(difference < 1e-9, `average of step ${j} is ${actual.series[i]!.average[j]}, not ${average}`);
    }
  }
}

function testKnownListeners(subject: StoreUnderTest): void {
  test('who has a session, closed or open, is known, until it is erased who it was', async (t) => {
    const store = await freshStore(t, subject);
    // Every fifth of these is open.
    const rows = Array.from({ length: 12_000 }, (_, i) => closedSession(`id-${i}`, { listener: `l${i}` }));
    await createWriter(store)(rows);
    const asked = [...rows.map(({ listener }) => listener), 'somebody', '', "o'clock", '\ud83e'];
    assert.deepEqual([...(await store.knownListeners(asked))].sort(), rows.map(({ listener }) => listener).sort());
    assert.deepEqual(await store.knownListeners([]), new Set());
    await store.forget({ listener: 'l7' });
    assert.deepEqual(await store.knownListeners(['l7', 'l8']), new Set(['l8']));
  });
}

function testRandomTimelines(subject: StoreUnderTest): void {
  test('timelines have the exact peaks and averages of the reference', async (t) => {
    const store = await freshStore(t, subject);
    const query = fc.record({
      from: moment,
      to: moment,
      step: fc.constantFrom(1000, 7000, 10_000, 60_000, 3333),
      by: dimension,
      filter,
      limit: fc.constantFrom(1, 2, 50),
    });
    await compareWithReference(store, query, async (rows, asked) => {
      if (asked.from < asked.to) assertSame(await store.timeline(asked), expectedTimeline(rows, asked));
    });
  });
}

const at = (start: number, end: number, fields: Partial<SessionRecord> = {}) =>
  closedSession(`${start}-${end}-${fields.stream ?? ''}`, {
    startedAt: NOON + start,
    lastSeenAt: NOON + end,
    ...fields,
  });

const DAY: TimelineQuery = { from: NOON, to: NOON + 100_000, step: 10_000, by: null, filter: {}, limit: 10 };

function testTimelineEdges(subject: StoreUnderTest): void {
  test('a session that ends exactly when another begins does not overlap it', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)([at(1000, 5000), at(5000, 9000), at(9000, 15_000), at(15_000, 20_000)]);
    const { series } = await store.timeline(DAY);
    assert.deepEqual(series[0]!.peak.slice(0, 3), [1, 1, 0]);
    assert.deepEqual(series[0]!.average.slice(0, 3), [0.9, 1, 0]);
  });

  test('a session over the edges of the period counts within it, in every step that it crosses', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)([at(-50_000, 500_000), at(-5000, 0), at(100_000, 110_000)]);
    const { steps, series } = await store.timeline(DAY);
    assert.equal(steps.length, 10);
    assert.deepEqual(series, [{ value: null, average: new Array(10).fill(1), peak: new Array(10).fill(1) }]);
  });

  test('the last step may be shorter, and its average is over what there is of it', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)([at(0, 95_000)]);
    const { steps, series } = await store.timeline({ ...DAY, to: NOON + 95_000, step: 30_000 });
    assert.deepEqual(steps, [NOON, NOON + 30_000, NOON + 60_000, NOON + 90_000]);
    assert.deepEqual(series[0]!.average, [1, 1, 1, 1]);
  });

  test('a moment in which many come and as many go is no peak', async (t) => {
    const store = await freshStore(t, subject);
    const group = (start: number, end: number) =>
      Array.from({ length: 50 }, (_, i) => at(start, end, { stream: `s${i}` }));
    await createWriter(store)([...group(0, 5000), ...group(5000, 10_000)]);
    const { series } = await store.timeline(DAY);
    assert.equal(series[0]!.peak[0], 50);
  });
}

function testTimelineLimits(subject: StoreUnderTest): void {
  test('what is beyond the limit is one series, whose peak is that of all of it together', async (t) => {
    const store = await freshStore(t, subject);
    const shorter = ['b', 'c', 'd'].map((stream) => at(0, 3000, { stream }));
    await createWriter(store)([at(0, 9000, { stream: 'a' }), ...shorter]);
    const { series } = await store.timeline({ ...DAY, by: 'stream', limit: 1 });
    assert.deepEqual(
      series.map(({ value, peak, average }) => [value, peak[0], average[0]]),
      [
        ['a', 1, 0.9],
        [OTHERS, 3, 0.9],
      ],
    );
    const exact = await store.timeline({ ...DAY, by: 'stream', limit: 4 });
    assert.deepEqual(
      exact.series.map(({ value }) => value),
      ['a', 'b', 'c', 'd'],
    );
  });

  test('nobody there: zeros when undivided, no series when divided', async (t) => {
    const store = await freshStore(t, subject);
    const zeros = new Array(10).fill(0);
    assert.deepEqual((await store.timeline(DAY)).series, [{ value: null, average: zeros, peak: zeros }]);
    assert.deepEqual((await store.timeline({ ...DAY, by: 'country' })).series, []);
    assert.deepEqual(await store.timeline({ ...DAY, to: NOON }), { steps: [], series: [] });
  });

  test('more than ten thousand steps, and steps of no length, are refused', async (t) => {
    const store = await freshStore(t, subject);
    const most = await store.timeline({ ...DAY, to: NOON + 10_000_000, step: 1000 });
    assert.equal(most.steps.length, 10_000);
    const wrong = [
      { to: NOON + 10_000_001, step: 1000 },
      { step: 0 },
      { step: -5 },
      { step: Number.NaN },
      { to: Number.POSITIVE_INFINITY },
    ];
    for (const fields of wrong) await assert.rejects(store.timeline({ ...DAY, ...fields }), { code: 'BAD_QUERY' });
  });
}
