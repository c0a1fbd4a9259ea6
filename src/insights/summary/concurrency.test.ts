import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { concurrencyOf, eachStretch, type Presences, peakOf, presencesOf } from './concurrency.ts';

const presences = (...sessions: readonly (readonly [from: number, to: number])[]): Presences =>
  presencesOf(
    Float64Array.from(sessions, ([from]) => from),
    Float64Array.from(sessions, ([, to]) => to),
  );

const session = fc
  .record({ start: fc.integer({ min: -20, max: 50 }), length: fc.integer({ min: 1, max: 20 }) })
  .map(({ start, length }) => [start, start + length] as const);
const sessions = fc.array(session, { maxLength: 30 });
const at = (all: readonly (readonly [number, number])[], moment: number) =>
  all.filter(([from, to]) => from <= moment && moment < to).length;
const MOMENTS = Array.from({ length: 95 }, (_, i) => i - 21);

test('sessions that only touch are not there at the same time', () => {
  assert.deepEqual(peakOf(presences([0, 10], [10, 20], [20, 30])), { count: 1, at: 0 });
  assert.deepEqual(peakOf(presences([0, 10], [9, 20])), { count: 2, at: 9 });
  assert.deepEqual(peakOf(presences()), { count: 0, at: null });
});

test('the peak is that of looking at every moment', () => {
  fc.assert(
    fc.property(sessions, (all) => {
      const count = Math.max(0, ...MOMENTS.map((moment) => at(all, moment)));
      const first = count === 0 ? null : MOMENTS.find((moment) => at(all, moment) === count);
      assert.deepEqual(peakOf(presences(...all)), { count, at: first });
    }),
  );
});

test('stretches say how many were there at every moment', () => {
  fc.assert(
    fc.property(sessions, (all) => {
      const seen = new Map<number, number>();
      eachStretch(presences(...all), (from, to, count) => {
        for (let moment = from; moment < to; moment++) seen.set(moment, count);
      });
      for (const moment of MOMENTS) assert.equal(seen.get(moment) ?? 0, at(all, moment));
    }),
  );
});

test('steps have the average and the peak of their moments', () => {
  const all = [
    [1000, 3000],
    [2500, 4000],
  ] as const;
  assert.deepEqual(concurrencyOf(presences(...all), 10), {
    from: 1000,
    step: 1000,
    average: [1, 1.5, 1],
    peak: [1, 2, 1],
  });
});

test('there are never more steps than asked for, they hold every session, and nothing of them is lost', () => {
  const wide = fc
    .record({ start: fc.integer({ min: -1e13, max: 1e13 }), length: fc.integer({ min: 1, max: 1e12 }) })
    .map(({ start, length }) => [start, start + length] as const);
  fc.assert(
    fc.property(
      fc.array(wide, { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 2, max: 500 }),
      fc.constantFrom(0, 3_600_000, -12_600_000),
      (all, most, offset) => {
        const { from, step, average, peak } = concurrencyOf(presences(...all), most, offset)!;
        assert.ok(average.length <= most, `${average.length} steps of ${step}`);
        assert.ok(from <= Math.min(...all.map(([start]) => start)));
        assert.ok(from + average.length * step >= Math.max(...all.map(([, end]) => end)));
        const there = average.reduce((sum, each) => sum + each * step, 0);
        const expected = all.reduce((sum, [start, end]) => sum + end - start, 0);
        assert.ok(Math.abs(there - expected) <= expected * 1e-9);
        assert.equal(Math.max(...peak), peakOf(presences(...all)).count);
        for (const [i, each] of average.entries()) assert.ok(each <= peak[i]! + 1e-9);
      },
    ),
  );
});

test('steps of a day begin at midnight of the clock that they follow', () => {
  const from = Date.UTC(2025, 4, 17, 18);
  const { step, from: first } = concurrencyOf(presences([from, from + 30 * 86_400_000]), 60, 2 * 3_600_000)!;
  assert.equal(step, 24 * 3_600_000);
  assert.equal(new Date(first).toISOString(), '2025-05-16T22:00:00.000Z');
});

test('without a session there is no time', () => {
  assert.equal(concurrencyOf(presences(), 100), null);
});
