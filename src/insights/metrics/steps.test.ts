import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { QUARTER_HOUR } from '../../core/query.ts';
import { edgesOf, STEPS, type Step } from './steps.ts';
import { dayOf, timeZoneOf } from './time-zone.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const zone = (name: string) => timeZoneOf(name) ?? assert.fail(name);
const cut = (name: string, step: Step, from: string, to: string) =>
  edgesOf(Date.parse(from), Date.parse(to), step, zone(name));
const hoursOf = (edges: readonly number[]) => edges.slice(1).map((edge, i) => (edge - edges[i]!) / HOUR);

test('days have 23 hours in spring, 25 in autumn and 24 otherwise', () => {
  assert.deepEqual(hoursOf(cut('Europe/Berlin', 'day', '2026-03-27T23:00Z', '2026-03-30T22:00Z')), [24, 23, 24]);
  assert.deepEqual(hoursOf(cut('America/New_York', 'day', '2026-10-31T04:00Z', '2026-11-03T05:00Z')), [24, 25, 24]);
  assert.deepEqual(hoursOf(cut('Australia/Lord_Howe', 'day', '2026-04-03T13:00Z', '2026-04-05T13:30Z')), [24, 24.5]);
  assert.deepEqual(hoursOf(cut('UTC', 'day', '2026-03-28T00:00Z', '2026-03-30T00:00Z')), [24, 24]);
});

test('weeks begin on Monday, months on the first, whatever the clock does meanwhile', () => {
  assert.deepEqual(hoursOf(cut('Europe/Berlin', 'week', '2026-03-22T23:00Z', '2026-04-05T22:00Z')), [167, 168]);
  const months = hoursOf(cut('Europe/Berlin', 'month', '2025-12-31T23:00Z', '2026-12-31T23:00Z'));
  assert.deepEqual(months, [
    31 * 24,
    28 * 24,
    31 * 24 - 1,
    30 * 24,
    31 * 24,
    30 * 24,
    31 * 24,
    31 * 24,
    30 * 24,
    31 * 24 + 1,
    30 * 24,
    31 * 24,
  ]);
});

test('the hour that a clock shows twice is two hours', () => {
  const autumn = cut('Europe/Berlin', 'hour', '2026-10-24T22:00Z', '2026-10-25T23:00Z');
  assert.deepEqual(hoursOf(autumn), new Array(25).fill(1));
  const kathmandu = cut('Asia/Kathmandu', 'hour', '2026-03-01T00:00Z', '2026-03-01T02:00Z');
  assert.deepEqual(hoursOf(kathmandu), [0.25, 1, 0.75]);
  assert.deepEqual(
    hoursOf(cut('Australia/Lord_Howe', 'hour', '2026-04-04T13:00Z', '2026-04-04T17:30Z')),
    [1, 1.5, 1, 1],
  );
});

test('a day that a zone has left out is no step', () => {
  const hours = hoursOf(cut('Pacific/Apia', 'day', '2011-12-28T10:00Z', '2012-01-01T10:00Z'));
  assert.deepEqual(hours, [24, 24, 24, 24]);
});

test('the first and the last step are as much of theirs as the period has', () => {
  assert.deepEqual(hoursOf(cut('UTC', 'day', '2026-03-01T18:00Z', '2026-03-03T01:30Z')), [6, 24, 1.5]);
  assert.deepEqual(hoursOf(cut('UTC', 'month', '2026-03-10T00:00Z', '2026-03-10T01:00Z')), [1]);
});

test('more than ten thousand steps are refused', () => {
  const from = Date.UTC(2020, 0);
  assert.equal(edgesOf(from, from + 10_000 * HOUR, 'hour', zone('UTC')).length, 10_001);
  assert.throws(() => edgesOf(from, from + 10_000 * HOUR + 1, 'hour', zone('UTC')), { code: 'BAD_QUERY' });
});

/** What begins when this is greater than ever before. */
const LABEL: Readonly<Record<Exclude<Step, 'hour'>, (local: number) => number>> = {
  day: dayOf,
  // 1970-01-05 was a Monday.
  week: (local) => Math.floor((local - 4 * DAY) / (7 * DAY)),
  month: (local) => new Date(local).getUTCFullYear() * 12 + new Date(local).getUTCMonth(),
};

test('steps begin where a clock that is looked at every quarter of an hour says so', () => {
  const property = fc.property(
    fc.constantFrom(
      ...[
        'Europe/Berlin',
        'America/New_York',
        'Australia/Lord_Howe',
        'Pacific/Apia',
        'America/St_Johns',
        'Africa/Cairo',
      ],
      ...[
        'America/Havana',
        'America/Sao_Paulo',
        'Asia/Kathmandu',
        'Antarctica/Troll',
        'America/Caracas',
        'Asia/Beirut',
      ],
      ...Intl.supportedValuesOf('timeZone'),
    ),
    fc.integer({ min: Date.UTC(1981, 0) / QUARTER_HOUR, max: Date.UTC(2036, 0) / QUARTER_HOUR }),
    fc.integer({ min: 1, max: 70 * 96 }),
    fc.constantFrom(...STEPS),
    (name, start, length, step) => {
      const { localAt } = zone(name);
      const [from, to] = [start * QUARTER_HOUR, (start + length) * QUARTER_HOUR];
      const expected = [from];
      let newest = Number.NEGATIVE_INFINITY;
      // What began in the day before has begun.
      for (let at = from - DAY; at < to; at += QUARTER_HOUR) {
        const local = localAt(at);
        const isEdge = step === 'hour' ? local % HOUR === 0 : LABEL[step](local) > newest;
        if (step !== 'hour') newest = Math.max(newest, LABEL[step](local));
        if (isEdge && at > from) expected.push(at);
      }
      assert.deepEqual(edgesOf(from, to, step, zone(name)), [...expected, to]);
    },
  );
  fc.assert(property, { numRuns: 150 });
});
