import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Lru } from './lru.ts';

test('what was used most recently stays, the rest is let go and counted', () => {
  const lru = new Lru<string, number>(3);
  for (const [i, key] of ['a', 'b', 'c'].entries()) lru.set(key, i);
  assert.equal(lru.get('a'), 0);
  lru.set('d', 3);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => lru.get(key)),
    [0, undefined, 2, 3],
  );
  assert.equal(lru.size, 3);
  assert.equal(lru.evicted, 1);
});

test('it never holds more than it may', () => {
  const lru = new Lru<number, string>(10);
  for (let i = 0; i < 1000; i++) {
    lru.set(i, 'x');
    lru.get(i - 3);
    assert.ok(lru.size <= 10);
  }
  assert.equal(lru.evicted, 990);
});

test('setting a key again replaces its value and makes it the newest', () => {
  const lru = new Lru<string, number>(2);
  lru.set('a', 1);
  lru.set('b', 2);
  lru.set('a', 3);
  lru.set('c', 4);
  assert.deepEqual([lru.get('a'), lru.get('b'), lru.get('c')], [3, undefined, 4]);
});
