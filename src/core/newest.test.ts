import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { Newest } from './newest.ts';

test('the oldest one goes when there is no room', () => {
  const newest = new Newest<string, number>(2);
  assert.equal(newest.set('a', 1), false);
  assert.equal(newest.set('b', 2), false);
  assert.equal(newest.set('c', 3), true);
  assert.deepEqual([newest.get('a'), newest.get('b'), newest.get('c'), newest.size], [undefined, 2, 3, 2]);
});

test('what is set again is the newest', () => {
  const newest = new Newest<string, number>(2);
  for (const [i, key] of ['a', 'b', 'a', 'c'].entries()) newest.set(key, i);
  assert.deepEqual([newest.get('a'), newest.get('b'), newest.get('c')], [2, undefined, 3]);
});

test('it goes on after it was cleared', () => {
  const newest = new Newest<number, number>(2);
  for (let i = 0; i < 5; i++) newest.set(i, i);
  newest.clear();
  assert.equal(newest.size, 0);
  for (let i = 0; i < 3; i++) newest.set(i, i);
  assert.deepEqual([newest.get(0), newest.get(1), newest.get(2)], [undefined, 1, 2]);
});

test('whatever is set and deleted, it holds what a plain list would hold', () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 12 }),
    isSet: fc.integer({ min: 0, max: 9 }).map((n) => n > 1),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { minLength: 1, maxLength: 200 }), (most, steps) => {
      const newest = new Newest<number, number>(most);
      let list: [number, number][] = [];
      for (const [i, { key, isSet }] of steps.entries()) {
        list = list.filter(([each]) => each !== key);
        if (!isSet) {
          newest.delete(key);
          continue;
        }
        list.push([key, i]);
        assert.equal(newest.set(key, i), list.length > most);
        list = list.slice(-most);
      }
      assert.equal(newest.size, list.length);
      for (let key = 0; key <= 12; key++) assert.equal(newest.get(key), list.find(([each]) => each === key)?.[1]);
    }),
  );
});
