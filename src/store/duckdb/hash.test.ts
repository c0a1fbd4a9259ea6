import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { hash32, hash64 } from './hash.ts';

const PINNED = [
  [1698811796, 2033334246583685012n],
  [4011354713, 12826272234051496537n],
  [2566640197, 15578415554224706117n],
  [3366731442, 4403716992287915698n],
  [671291749, 8114560465524431205n],
  [2434574297, 11710660567602341849n],
  [283816274, 11543826039761973586n],
];

test('hashes are stored: they never change', () => {
  assert.deepEqual(
    ['', 'a', 'b', 'ab', 'ba', '😀', '\u0000'].map((text) => [hash32(text), hash64(text)]),
    PINNED,
  );
});

test('a million similar texts have as few equal hashes as chance has it', () => {
  const count = 1_000_000;
  const short = new Uint32Array(count);
  const long = new BigUint64Array(count);
  for (let i = 0; i < count; i++) {
    short[i] = hash32(`192.0.2.${i}`);
    long[i] = hash64(`192.0.2.${i}`);
  }
  short.sort();
  long.sort();
  const pairs = (hashes: Uint32Array | BigUint64Array) => hashes.filter((hash, i) => hash === hashes[i - 1]).length;
  // Chance has n² / 2^33 of them, 116; more than 200 in one of a hundred thousand million draws.
  assert.ok(pairs(short) < 200, `${pairs(short)} pairs of 32 bits`);
  assert.equal(pairs(long), 0);
});
