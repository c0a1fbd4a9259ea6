import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { SteadyInstants } from './steady-instants.ts';

const take = (steady: SteadyInstants, reckoned: Record<string, number>) =>
  Object.fromEntries(steady.take(new Map(Object.entries(reckoned))));

test('a beginning that comes out a little different is the first one, however often', () => {
  const steady = new SteadyInstants();
  assert.deepEqual(take(steady, { a: 10_000 }), { a: 10_000 });
  for (const at of [12_000, 8000, 12_500, 10_001]) assert.deepEqual(take(steady, { a: at }), { a: 10_000 });
});

test('one that is far away is another, and one that was away is new', () => {
  const steady = new SteadyInstants();
  take(steady, { a: 10_000, b: 10_000 });
  assert.deepEqual(take(steady, { a: 13_000 }), { a: 13_000 });
  assert.deepEqual(take(steady, { a: 13_001, b: 10_001 }), { a: 13_000, b: 10_001 });
});
