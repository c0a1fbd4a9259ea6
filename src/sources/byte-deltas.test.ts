import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ByteDeltas } from './byte-deltas.ts';

test('what has come since the answer before; nothing of the first, all of a newcomer, anew after a fall', () => {
  const bytes = new ByteDeltas();
  const after = (totals: Record<string, number>) => {
    const deltaOf = bytes.take(new Map(Object.entries(totals)));
    return Object.keys(totals).map(deltaOf);
  };
  assert.deepEqual(after({ a: 500 }), [0]);
  assert.deepEqual(after({ a: 700, b: 90 }), [200, 90]);
  assert.deepEqual(after({ a: 700, b: 40 }), [0, 40]);
  assert.deepEqual(after({ b: 41 }), [1]);
  assert.deepEqual(after({ a: 800, b: 41 }), [800, 0], 'who was away is a newcomer');
});
