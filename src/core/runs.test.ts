import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { presence } from './observation.ts';
import { foldRuns } from './runs.ts';

const anna = { name: 'anna' };
const seen = (from: number, more = {}) =>
  presence({ stream: 'rock', client: anna, from, bytes: 1, requests: 1, ...more });

test('presences up to one gap apart become one run', () => {
  const runs = foldRuns([seen(40), seen(0), seen(81)], 40);
  assert.deepEqual(
    runs.map(({ from, to, bytes, requests }) => ({ from, to, bytes, requests })),
    [
      { from: 0, to: 40, bytes: 2, requests: 2 },
      { from: 81, to: 81, bytes: 1, requests: 1 },
    ],
  );
});

test('what carries a lease, a claim or an end is left alone', () => {
  const told = [
    seen(0, { until: 100 }),
    seen(1, { since: 0 }),
    seen(2, { over: true }),
    seen(3, { provisional: true }),
  ];
  assert.deepEqual(foldRuns(told, 40), told);
});

test('a title or a detail does not become newer than it is', () => {
  const titled = [seen(0, { title: 'Song' }), seen(10)];
  assert.equal(foldRuns(titled, 40).length, 2);
  assert.deepEqual(
    foldRuns([seen(0), seen(10, { title: 'Song' })], 40).map(({ to, title }) => ({ to, title })),
    [{ to: 10, title: 'Song' }],
  );
});
