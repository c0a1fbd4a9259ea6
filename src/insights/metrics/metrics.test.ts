/** The golden example of listening metrics and its twins at the boundaries, out of a real store. */

import { strict as assert } from 'node:assert';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { CUME_RULES } from '../../core/query.ts';
import { openDuckDbStore } from '../../store/duckdb/index.ts';
import type { Store } from '../../store/store.ts';
import { compareWithReference } from '../../store/suite/compare.ts';
import { expectedListening } from '../../store/suite/reference.ts';
import { closedSession, createWriter } from '../../store/suite/rows.ts';
import { freshStore } from '../../store/suite/store-under-test.ts';
import { silentLog } from '../../telemetry/log.ts';
import { type AudienceQuestion, audienceReport } from './metrics.ts';
import { edgesOf, STEPS } from './steps.ts';
import { timeZoneOf } from './time-zone.ts';

const on = (time: string) => Date.parse(`2026-02-03T${time}Z`);

/** Listener, from, to. */
type Visit = readonly [listener: string, from: string, to: string];

const GOLDEN: readonly Visit[] = [
  ['A', '11:50:00', '12:20:00'],
  ['B', '12:10:00', '12:10:59'],
  ['C', '12:15:00', '12:16:00'],
  ['A', '12:30:00', '14:00:00'],
  ['D', '12:59:30', '13:05:00'],
];

async function storeOf(t: TestContext, visits: readonly Visit[]): Promise<Store> {
  const store = await freshStore(t, { open: (directory) => openDuckDbStore({ directory, log: silentLog }) });
  const rows = visits.map(([listener, from, to], i) =>
    closedSession(`s${i}`, { listener, startedAt: on(from), lastSeenAt: on(to) }),
  );
  await createWriter(store)(rows);
  return store;
}

const NOON: AudienceQuestion = {
  from: on('12:00:00'),
  to: on('13:00:00'),
  step: null,
  zone: timeZoneOf('UTC')!,
  filter: {},
  minSession: 60_000,
  cumeRule: 'session',
};

const close = (actual: number | null, expected: number) =>
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);

test('the golden example', async (t) => {
  const store = await storeOf(t, GOLDEN);
  const { whole, steps } = await audienceReport(store, NOON);
  assert.deepEqual(steps, []);
  assert.equal(whole.hours, 1);
  assert.equal(whole.tlhSeconds, 3090);
  close(whole.tlhHours, 0.858333);
  close(whole.aas, 0.858333);
  assert.equal(whole.as, 4);
  assert.equal(whole.ss, 3);
  assert.equal(whole.cume, 3, 'D has a session of a minute, though half a minute of it is in the period');
  assert.equal(whole.tslSeconds, 1030);
  assert.equal(whole.atslSeconds, 772.5);
  assert.deepEqual(whole.peak, { count: 2, at: on('12:15:00') });
  assert.equal(whole.grossSessions, 5);
  assert.equal(whole.quarterHours, 4);
  assert.equal(whole.aqh, 1);
});

test('the golden example by the rule of the quarter-hour', async (t) => {
  const store = await storeOf(t, GOLDEN);
  const { whole } = await audienceReport(store, { ...NOON, cumeRule: 'quarter-hour' });
  assert.equal(whole.cume, 1);
  assert.equal(whole.tslSeconds, 3090);
  assert.equal(whole.aqh, 1);
});

test('without the rule of one minute the short session counts', async (t) => {
  const store = await storeOf(t, GOLDEN);
  const { whole } = await audienceReport(store, { ...NOON, minSession: 0 });
  assert.deepEqual([whole.tlhSeconds, whole.as, whole.ss, whole.cume], [3149, 5, 4, 4]);
  assert.deepEqual(whole.peak, { count: 2, at: on('12:10:00') });
});

test('by quarter-hour listeners and by hour the golden example adds up, but listeners do not', async (t) => {
  const store = await storeOf(t, GOLDEN);
  const question = { ...NOON, from: on('11:00:00'), to: on('14:30:00'), step: 'hour' as const };
  const { whole, steps } = await audienceReport(store, question);
  assert.deepEqual(
    steps.map(({ from, hours, tlhSeconds, ss, as, cume }) => [from, hours, tlhSeconds, ss, as, cume]),
    [
      [on('11:00:00'), 1, 600, 1, 1, 1],
      [on('12:00:00'), 1, 3090, 3, 4, 3],
      [on('13:00:00'), 1, 3900, 0, 2, 2],
      [on('14:00:00'), 0.5, 0, 0, 0, 0],
    ],
  );
  assert.equal(whole.tlhSeconds, 7590);
  assert.equal(whole.cume, 3);
  assert.deepEqual(steps[3]!.peak, { count: 0, at: null });
  assert.deepEqual([steps[3]!.tslSeconds, steps[3]!.atslSeconds, steps[3]!.aqh], [null, null, 0]);
});

test('a session of 59.999 s is too short, one of 60.000 s is not', async (t) => {
  const store = await storeOf(t, [
    ['x', '12:00:00.000', '12:00:59.999'],
    ['y', '12:30:00.000', '12:31:00.000'],
  ]);
  const { whole } = await audienceReport(store, NOON);
  assert.deepEqual([whole.grossSessions, whole.as, whole.cume, whole.tlhSeconds], [2, 1, 1, 60]);
});

test('a session that ends at 13:00:00 belongs to the hour before, one that begins then to the hour after', async (t) => {
  const store = await storeOf(t, [
    ['x', '12:50:00', '13:00:00'],
    ['y', '13:00:00', '13:10:00'],
  ]);
  const { steps, whole } = await audienceReport(store, { ...NOON, to: on('14:00:00'), step: 'hour' });
  for (const step of steps) assert.deepEqual([step.as, step.ss, step.cume, step.tlhSeconds], [1, 1, 1, 600]);
  assert.equal(whole.peak.count, 1);
});

test('a millisecond within the hour makes a session active in it', async (t) => {
  const store = await storeOf(t, [['x', '12:50:00', '13:00:00.001']]);
  const { steps } = await audienceReport(store, { ...NOON, to: on('14:00:00'), step: 'hour' });
  assert.deepEqual([steps[1]!.as, steps[1]!.ss, steps[1]!.cume, steps[1]!.tlhSeconds], [1, 0, 1, 0.001]);
});

test('whoever listens all day is one of average on days of 23 and of 25 hours, too', async (t) => {
  const store = await freshStore(t, { open: (directory) => openDuckDbStore({ directory, log: silentLog }) });
  const all = { startedAt: Date.UTC(2026, 0), lastSeenAt: Date.UTC(2027, 0), listener: 'x' };
  await createWriter(store)([closedSession('s', all), closedSession('t', { ...all, listener: 'y' })]);
  const zone = timeZoneOf('Europe/Berlin')!;
  for (const [day, hours] of [
    ['2026-03-29', 23],
    ['2026-10-25', 25],
    ['2026-06-01', 24],
  ] as const) {
    const from = zone.startOfDay(Date.parse(day));
    const to = zone.startOfDay(Date.parse(day) + 86_400_000);
    for (const step of [null, 'day'] as const) {
      const { whole, steps } = await audienceReport(store, { ...NOON, from, to, step, zone });
      for (const period of [whole, ...steps]) {
        assert.deepEqual(
          [period.hours, period.tlhHours, period.aas, period.aqh, period.quarterHours],
          [hours, 2 * hours, 2, 2, 4 * hours],
          day,
        );
      }
    }
  }
});

test('a clock that was set back makes no negative time', async (t) => {
  const store = await storeOf(t, [
    ['x', '12:10:00', '12:40:00'],
    ['y', '12:30:00', '12:29:30'],
    ['z', '12:59:00', '11:59:00'],
  ]);
  for (const minSession of [0, 60_000]) {
    const { whole } = await audienceReport(store, { ...NOON, minSession });
    assert.deepEqual([whole.tlhSeconds, whole.as, whole.cume, whole.grossSessions], [1800, 1, 1, 1]);
  }
});

/** Sessions and periods around the night in which Berlin's clocks are set forward. */
const SPRING = Date.parse('2026-03-28T12:00Z');
const minute = (most: number) => fc.integer({ min: 0, max: most }).map((minutes) => minutes * 60_000);

test('random sessions, periods and zones have the metrics that the reference counts', async (t) => {
  const store = await freshStore(t, { open: (directory) => openDuckDbStore({ directory, log: silentLog }) });
  const sessions = fc
    .array(fc.tuple(minute(2400), minute(900), fc.constantFrom('x', 'y', 'z')), { maxLength: 20 })
    .map((drawn) =>
      drawn.map(([start, length, listener], i) =>
        closedSession(`s${i}`, { startedAt: SPRING + start, lastSeenAt: SPRING + start + length, listener }),
      ),
    );
  const question = fc.record({
    from: minute(2400).map((start) => SPRING + start),
    length: minute(2400),
    step: fc.constantFrom(null, ...STEPS),
    zone: fc
      .constantFrom('Europe/Berlin', 'Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia')
      .map((name) => timeZoneOf(name)!),
    filter: fc.constant({}),
    minSession: fc.constantFrom(0, 60_000, 300_000),
    cumeRule: fc.constantFrom(...CUME_RULES),
  });
  await compareWithReference(
    store,
    question,
    async (rows, { length, ...asked }) => {
      const to = asked.from + length + 60_000;
      const { whole, steps } = await audienceReport(store, { ...asked, to });
      const edges = edgesOf(asked.from, to, asked.step, asked.zone);
      const expected = expectedListening(rows, { ...asked, edges });
      const periods = asked.step === null ? [] : expected.steps;
      for (const [i, count] of [expected.whole, ...periods].entries()) {
        const period = i === 0 ? whole : steps[i - 1]!;
        const hours = (period.to - period.from) / 3_600_000;
        const tslSeconds = count.listeners ? count.listeningSeconds / count.listeners : null;
        assert.deepEqual(
          [period.as, period.ss, period.cume, period.grossSessions, period.tlhSeconds, period.tslSeconds, period.peak],
          [
            ...[count.activeSessions, count.startedSessions, count.listeners, count.grossSessions],
            ...[count.listeningSeconds, tslSeconds, count.peak],
          ],
        );
        close(period.aas, count.listeningSeconds / 3600 / hours);
        assert.equal(period.aqh, count.quarterHours ? count.quarterHourListeners / count.quarterHours : null);
      }
      assert.equal(steps.length, periods.length);
    },
    sessions,
  );
});
