import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { peakOf } from './summary.ts';

test('sessions that only touch are not there at the same time', () => {
  assert.deepEqual(peakOf([0, 10, 20], [10, 20, 30]), { count: 1, at: 0 });
  assert.deepEqual(peakOf([0, 9], [10, 20]), { count: 2, at: 9 });
  assert.deepEqual(peakOf([], []), { count: 0, at: null });
});

test('the peak is that of looking at every moment', () => {
  const session = fc.record({ start: fc.integer({ min: 0, max: 50 }), length: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(fc.array(session), (sessions) => {
      const at = (moment: number) =>
        sessions.filter(({ start, length }) => start <= moment && moment < start + length).length;
      const moments = Array.from({ length: 75 }, (_, i) => i);
      const count = Math.max(0, ...moments.map(at));
      const peak = peakOf(
        sessions.map(({ start }) => start),
        sessions.map(({ start, length }) => start + length),
      );
      assert.deepEqual(peak, { count, at: count === 0 ? null : moments.find((moment) => at(moment) === count) });
    }),
  );
});
