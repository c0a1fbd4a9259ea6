import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { nextTurn } from '../lib/turn.ts';
import { InSlices, type Sliced } from './in-slices.ts';

function counting(told: string[], name: string, slices: number): () => Sliced {
  return function* () {
    for (let i = 1; i <= slices; i++) {
      told.push(`${name}${i}`);
      if (i < slices) yield;
    }
  };
}

test('one piece of work after the other, and the event loop turns between slices', async () => {
  const told: string[] = [];
  const slices = new InSlices();
  const first = slices.run(counting(told, 'a', 3));
  const second = slices.run(counting(told, 'b', 2));
  await nextTurn();
  told.push('turn');
  await Promise.all([first, second]);
  assert.deepEqual(
    told.filter((each) => each !== 'turn'),
    ['a1', 'a2', 'a3', 'b1', 'b2'],
  );
  assert.ok(told.indexOf('turn') < told.indexOf('a3'), 'the loop has turned before it was done');
});

test('what is under way can be finished at once, and is not done twice', async () => {
  const told: string[] = [];
  const slices = new InSlices();
  const done = slices.run(counting(told, 'a', 3));
  await nextTurn();
  slices.finish();
  assert.deepEqual(told, ['a1', 'a2', 'a3']);
  await done;
  slices.finish();
  assert.deepEqual(told, ['a1', 'a2', 'a3']);
});

test('what fails tells its own, and the next one is done all the same', async () => {
  const told: string[] = [];
  const slices = new InSlices();
  const failing = slices.run(function* () {
    yield;
    throw new Error('no');
  });
  const next = slices.run(counting(told, 'b', 1));
  await assert.rejects(failing, /no/);
  await next;
  assert.deepEqual(told, ['b1']);
});
