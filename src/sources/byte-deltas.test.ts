import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { clientFacts, FOREVER, presence } from '../core/observation.ts';
import { ByteDeltas } from './byte-deltas.ts';

const there = (connection: string | null) =>
  presence({ stream: 'live', client: clientFacts({ connection }), from: 0, until: FOREVER });

test('what has come since the answer before; nothing of the first, all of a newcomer, anew after a fall', () => {
  const bytes = new ByteDeltas();
  const after = (totals: Record<string, number>) => {
    return bytes.take(Object.keys(totals).map(there), new Map(Object.entries(totals))).map((each) => each.bytes);
  };
  assert.deepEqual(after({ a: 500 }), [0]);
  assert.deepEqual(after({ a: 700, b: 90 }), [200, 90]);
  assert.deepEqual(after({ a: 700, b: 40 }), [0, 40]);
  assert.deepEqual(after({ b: 41 }), [1]);
  assert.deepEqual(after({ a: 800, b: 41 }), [800, 0], 'who was away is a newcomer');
});

test('of whom no total is told, nothing is said', () => {
  const bytes = new ByteDeltas();
  const present = [there('a'), there(null), there('b')];
  const after = (a: number) => bytes.take(present, new Map([['a', a]])).map((each) => each.bytes);
  assert.deepEqual(
    [after(5), after(7)],
    [
      [0, 0, 0],
      [2, 0, 0],
    ],
  );
});
