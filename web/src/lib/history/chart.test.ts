import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { TimelineWire } from '../../../../src/http/contract.ts';
import { zoneOf } from '../zone.ts';
import { askedSpan, chartOf, comparedWith, meanOfAll, stacked, stepAt, stepsFor, ticksOf } from './chart.ts';

const HOUR = 3_600_000;
const berlin = zoneOf('Europe/Berlin')!;
const at = (text: string) => Date.parse(text);
const iso = (time: number) => new Date(time).toISOString();

/** Hours from `from` on: in each as many sessions as `countOf` says, twice as many at the peak. */
function hourly(from: number, hours: number, countOf: (at: number) => number): TimelineWire {
  const starts = Array.from({ length: hours }, (_, i) => from + i * HOUR);
  return {
    from: iso(from),
    to: iso(from + hours * HOUR),
    stepSeconds: 3600,
    provisionalFrom: null,
    steps: starts.map(iso),
    series: [{ value: null, label: null, average: starts.map(countOf), peak: starts.map((each) => countOf(each) * 2) }],
  };
}

test('steps are round, and long periods are days of the zone', () => {
  const steps = (days: number) => stepsFor({ from: 0, to: days * 24 * HOUR });
  assert.deepEqual(
    [steps(1 / 24), steps(1), steps(7)].map(({ seconds }) => seconds),
    [10, 300, 1800],
  );
  assert.deepEqual(steps(30), { seconds: 7200, areDays: false });
  assert.deepEqual(steps(365), { seconds: 3600, areDays: true });
  assert.ok((365 * 20 * 24) / (steps(365 * 20).seconds / 3600) < 10_000);
});

test('what is asked for begins with a step of the clock, and ends now', () => {
  const now = at('2025-06-01T12:00:00Z');
  const span = { from: at('2025-05-31T12:07:31Z'), to: at('2025-06-02T00:00Z') };
  assert.deepEqual(askedSpan(span, { seconds: 7200, areDays: false }, now, berlin), {
    from: at('2025-05-31T12:00Z'),
    to: now,
  });
  assert.equal(askedSpan(span, { seconds: 3600, areDays: true }, now, berlin).from, at('2025-05-30T22:00Z'));
});

test('days have the hours that they really have, averages are by time and peaks the greatest', () => {
  const start = at('2025-03-28T23:00Z');
  const chart = chartOf(
    hourly(start, 24 + 23 + 24, (each) => (each < at('2025-03-29T23:00Z') ? 1 : 3)),
    { seconds: 3600, areDays: true },
    berlin,
  );
  assert.deepEqual(chart.edges.map(iso), [
    '2025-03-28T23:00:00.000Z',
    '2025-03-29T23:00:00.000Z',
    '2025-03-30T22:00:00.000Z',
    '2025-03-31T22:00:00.000Z',
  ]);
  assert.deepEqual(chart.lines[0]?.average, [1, 3, 3]);
  assert.deepEqual(chart.lines[0]?.peak, [2, 6, 6]);
  assert.ok(Math.abs(meanOfAll(chart.lines[0]!, chart.edges) - (24 + 3 * 47) / 71) < 1e-9);
});

test('a day before is compared by the clock, also over a change of it', () => {
  const days = { seconds: 3600, areDays: false };
  const hourOf = (each: number) => new Date(berlin.localAt(each)).getUTCHours();
  const today = chartOf(
    hourly(at('2025-03-29T23:00Z'), 23, () => 0),
    days,
    berlin,
  );
  const before = chartOf(hourly(at('2025-03-28T23:00Z'), 24, hourOf), days, berlin);
  const { average } = comparedWith(today.edges, before, { days: 1 }, -1, berlin);
  // 02:00 to 03:00 is left out.
  assert.deepEqual(average, [0, 1, ...Array.from({ length: 21 }, (_, i) => i + 3)]);
  const beyond = comparedWith(today.edges, before, { days: 1 }, -9, berlin);
  assert.ok(beyond.average.every((value) => value === null));
});

test('a stack adds up to the undivided line, and unknown is told from others', () => {
  const answer = hourly(0, 2, () => 0);
  const series = (value: string | null, average: number[]) => ({ value, label: null, average, peak: [9, 9] });
  const divided = { ...answer, series: [series('a', [4, 1]), series(null, [2, 2]), series('(others)', [1, 0])] };
  const { lines } = chartOf(divided, { seconds: 3600, areDays: false }, berlin);
  assert.deepEqual(
    lines.map(({ key, isOthers }) => [key, isOthers]),
    [
      ['a', false],
      ['~', false],
      ['(others)', true],
    ],
  );
  assert.deepEqual(stacked(lines), [
    [4, 1],
    [6, 3],
    [7, 3],
  ]);
});

test('a moment lies in its step', () => {
  const edges = [0, 10, 20, 25];
  assert.deepEqual(
    [-5, 0, 9, 10, 24, 99].map((time) => stepAt(edges, time)),
    [0, 0, 0, 1, 2, 2],
  );
  assert.equal(stepAt([], 3), -1);
});

test('ticks are round on the clock of the zone, over its changes too', () => {
  const day = { from: at('2025-03-29T23:00Z'), to: at('2025-03-30T22:00Z') };
  const shown = (ticks: ReturnType<typeof ticksOf>) =>
    ticks.map(({ at: time }) => new Date(berlin.localAt(time)).getUTCHours());
  assert.deepEqual(shown(ticksOf(day, berlin, 10)), [0, 3, 6, 9, 12, 15, 18, 21, 0]);
  assert.deepEqual(shown(ticksOf(day, berlin, 30)).slice(0, 4), [0, 1, 3, 4]);
  const year = ticksOf({ from: at('2024-12-15T00:00Z'), to: at('2025-12-15T00:00Z') }, berlin, 13);
  assert.equal(year.length, 12);
  assert.deepEqual(new Set(year.map(({ style }) => style)), new Set(['year', 'month']));
  assert.ok(year.every(({ at: time }) => new Date(berlin.localAt(time)).getUTCDate() === 1));
});

test('there is never too much on the axis, however long the period', () => {
  for (const hours of [0.01, 0.5, 3, 24, 24 * 9, 24 * 45, 24 * 400, 24 * 365 * 9, 24 * 365 * 90]) {
    const to = at('2025-11-02T12:34:56Z');
    const ticks = ticksOf({ from: to - hours * HOUR, to }, zoneOf('America/New_York')!, 8);
    assert.ok(ticks.length >= 1 && ticks.length <= 10, `${hours} h: ${ticks.length}`);
  }
});
