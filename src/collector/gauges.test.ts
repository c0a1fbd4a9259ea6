import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Gauges } from './gauges.ts';

const SECOND = 1000;
const told = (at: number, listeners: number | null, stream = '/live') => ({
  ...({ kind: 'report', stream, at, status: 'up' } as const),
  listeners,
});

test('a count is kept when it changes, but not more often than every ten seconds', () => {
  const gauges = new Gauges();
  const counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const kept = counts.map((count, i) => gauges.sampleOf('radio', told(i * SECOND, count)));
  assert.deepEqual(
    kept.filter((sample) => sample !== null).map(({ at, value }) => [at, value]),
    [
      [0, 1],
      [10 * SECOND, 11],
    ],
  );
});

test('a count that does not change is kept every five minutes', () => {
  const gauges = new Gauges();
  const kept = [];
  for (let at = 0; at <= 700 * SECOND; at += 10 * SECOND) {
    const sample = gauges.sampleOf('radio', told(at, 7));
    if (sample !== null) kept.push(sample.at / SECOND);
  }
  assert.deepEqual(kept, [0, 300, 600]);
});

test('streams and sources have samples of their own; what comes late, or counts nobody, is none', () => {
  const gauges = new Gauges();
  assert.notEqual(gauges.sampleOf('a', told(20 * SECOND, 1)), null);
  assert.notEqual(gauges.sampleOf('b', told(20 * SECOND, 1)), null);
  assert.notEqual(gauges.sampleOf('a', told(20 * SECOND, 1, '/other')), null);
  assert.equal(gauges.sampleOf('a', told(10 * SECOND, 5)), null);
  assert.equal(gauges.sampleOf('a', told(90 * SECOND, null)), null);
  assert.deepEqual(gauges.sampleOf('a', told(30 * SECOND, 0)), {
    ...{ source: 'a', stream: '/live', at: 30 * SECOND, metric: 'listeners', value: 0 },
  });
});
