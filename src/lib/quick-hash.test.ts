import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quickHash } from './quick-hash.ts';

test('the same text has the same token, and hardly two texts have', () => {
  const hash = quickHash(7);
  const texts = Array.from({ length: 200_000 }, (_, i) => `a|198.51.${i >> 8}.${i & 255}|player ${i % 7}`);
  assert.equal(new Set(texts.map(hash)).size, texts.length);
  assert.equal(hash(texts[5]!), quickHash(7)(texts[5]!));
});

test('each third of a token alone tells nearly all texts apart', () => {
  const hash = quickHash(1);
  const texts = Array.from({ length: 100_000 }, (_, i) => `n|${i}`);
  for (const third of [0, 2, 4]) {
    const size = new Set(texts.map((text) => hash(text).slice(third, third + 2))).size;
    // Of 100,000 texts in 2^32 places one pair or two meet.
    assert.ok(size > texts.length - 20, `${texts.length - size} of part ${third} are equal`);
  }
});

test('another seed makes other tokens', () => {
  const texts = Array.from({ length: 1000 }, (_, i) => `x${i}`);
  const tokens = [1, 2, 3].flatMap((seed) => texts.map(quickHash(seed)));
  assert.equal(new Set(tokens).size, 3000);
});
