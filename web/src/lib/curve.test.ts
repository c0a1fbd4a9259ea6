import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { TimelineWire } from '../../../src/http/contract.ts';
import { beginOf, curveOf, peakOf } from './curve.ts';

const AT = Date.parse('2025-06-01T12:00:00.000Z');
const iso = (seconds: number) => new Date(AT + seconds * 1000).toISOString();

function timeline(average: readonly number[], provisionalFrom: number | null): TimelineWire {
  return {
    from: iso(0),
    to: iso(average.length * 30),
    stepSeconds: 30,
    provisionalFrom: provisionalFrom === null ? null : iso(provisionalFrom),
    steps: average.map((_, i) => iso(i * 30)),
    series: [{ value: null, label: null, average: [...average], peak: average.map(Math.ceil) }],
  };
}

const sample = (seconds: number, sessions: number) => ({ at: AT + seconds * 1000, sessions, joined: 0, left: 0 });

test('what may still change is left to the live numbers, which begin where the settled line ends', () => {
  const { times, settled, live } = curveOf(timeline([10, 20, 30, 5], 80), [sample(50, 99), sample(100, 31)], AT);
  // The third step is over at 90 s, after 80 s: it may still change, and so may the fourth. 50 s is settled: at 45 s.
  assert.deepEqual(
    times.map((time) => time - AT / 1000),
    [15, 45, 50, 100],
  );
  assert.deepEqual(settled, [10, 20, null, null]);
  assert.deepEqual(live, [null, 20, 99, 31]);
});

test('without a history there are the live numbers, and without both there is nothing', () => {
  assert.deepEqual(curveOf(null, [sample(1, 7)], AT).live, [7]);
  assert.deepEqual(curveOf(null, [], AT), { times: [], settled: [], live: [] });
  assert.deepEqual(curveOf({ ...timeline([], null), series: [] }, [], AT).times, []);
});

test('what is older than the hour is left out', () => {
  const { times } = curveOf(timeline([1, 2, 3], null), [], AT + 30_000);
  assert.deepEqual(
    times.map((time) => time - AT / 1000),
    [45, 75],
  );
});

test('the curve begins when Headcount did, or with whom its history has seen before', () => {
  const startedAt = AT + 70_000;
  assert.equal(beginOf(timeline([0, 0, 0, 4], null), startedAt, AT), startedAt);
  assert.equal(beginOf(timeline([0, 3, 0, 4], null), startedAt, AT), AT + 30_000);
  assert.equal(beginOf(timeline([0, 0, 2, 4], null), startedAt, AT), startedAt);
  assert.equal(beginOf(timeline([0, 0, 0, 0], null), startedAt, AT), startedAt);
  assert.equal(beginOf(null, startedAt, AT + 90_000), AT + 90_000);
});

test('the peak is the greatest, at the start of its step; nobody is no peak', () => {
  assert.deepEqual(peakOf(timeline([3, 8.5, 2], null)), { count: 9, at: AT + 30_000, stepSeconds: 30 });
  assert.equal(peakOf(timeline([0, 0], null)), null);
  assert.equal(peakOf({ ...timeline([], null), series: [] }), null);
});
