import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { QualityPoint } from './observation.ts';
import { addSight, changePoints, MAX_STRETCHES, mergeQualities } from './quality.ts';

const LATENESS = 5;

/** In order of time, but for some that come late within the lateness. */
const sights = fc
  .array(fc.record({ step: fc.nat(4), late: fc.nat(LATENESS), value: fc.constantFrom('a', 'b', 'c') }), {
    maxLength: 60,
  })
  .map((steps) => {
    let now = 0;
    return steps.map(({ step, late, value }) => {
      now += step;
      return { now, sight: { at: Math.max(now - late, 0), value } };
    });
  });

test('one sight after the other gives the change points of all together', () => {
  fc.assert(
    fc.property(sights, (steps) => {
      let kept: QualityPoint[] = [];
      for (const { now, sight } of steps) kept = addSight(kept, sight, now - LATENESS);
      const all = steps
        .map(({ sight }) => sight)
        .reduce<QualityPoint[]>((sum, each) => mergeQualities(sum, [each], -1), []);
      assert.deepEqual(changePoints(kept), changePoints(all));
    }),
    { numRuns: 2000 },
  );
});

test('whoever stays on one quality for ever is remembered by a handful of sights', () => {
  let kept: QualityPoint[] = [];
  for (let at = 0; at < 10_000; at += 4) {
    kept = addSight(kept, { at, value: 'a' }, at - LATENESS);
    assert.ok(kept.length <= 6, `${kept.length} at ${at}`);
  }
  assert.deepEqual(kept[0], { at: 0, value: 'a' });
});

test('whoever switches all the time is remembered by the newest stretches', () => {
  let kept: QualityPoint[] = [];
  for (let at = 0; at < 10_000; at++) kept = addSight(kept, { at, value: at % 2 === 0 ? 'a' : 'b' }, at - LATENESS);
  assert.ok(kept.length <= MAX_STRETCHES + 2 * LATENESS, `${kept.length}`);
  assert.equal(changePoints(kept).at(-1)!.at, 9999);
});
