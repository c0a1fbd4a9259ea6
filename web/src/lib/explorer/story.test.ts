import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SessionWire } from '../../../../src/http/contract.ts';
import { lanesOf, MOST_LANES, placeIn, qualityStretches, type Stretch, spanOf } from './story.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const ms = (second: number) => Date.parse(at(second));
const session = (to: number, ...changes: readonly [number, string][]) =>
  ({
    startedAt: at(0),
    lastSeenAt: at(to),
    qualityChanges: changes.map(([second, quality]) => ({ at: at(second), quality })),
  }) as unknown as SessionWire;
const written = (stretches: readonly Stretch[]) =>
  stretches.map(({ from, to, label }) => `${label} ${(from - ms(0)) / 1000}-${(to - ms(0)) / 1000}`);

test('each quality lasts until the next, the last one to the last sight', () => {
  const stretches = qualityStretches(session(60, [0, '360p'], [10, '720p'], [50, '360p']));
  assert.deepEqual(written(stretches), ['360p 0-10', '720p 10-50', '360p 50-60']);
});

test('a quality seen at the very end has no length; one alone has all of it', () => {
  assert.deepEqual(written(qualityStretches(session(60, [0, '360p'], [60, '720p']))), ['360p 0-60']);
  assert.deepEqual(written(qualityStretches(session(60, [5, '360p']))), ['360p 5-60']);
  assert.deepEqual(qualityStretches(session(60)), []);
});

test('a lone sight has a second', () => {
  assert.deepEqual(spanOf(session(0)), { from: ms(0), to: ms(1) });
  assert.deepEqual(written(qualityStretches(session(0, [0, '360p']))), ['360p 0-1']);
});

test('a row for each quality, by the number in it; what is on shortest shares the last row', () => {
  const stretch = (label: string, from: number, to: number): Stretch => ({ label, from, to });
  const few = lanesOf([stretch('720p', 0, 5), stretch('1080p', 5, 9), stretch('720p', 9, 20), stretch('96k', 20, 21)]);
  assert.deepEqual(
    few.map(({ label, stretches }) => [label, stretches.length]),
    [
      ['1080p', 1],
      ['720p', 2],
      ['96k', 1],
    ],
  );
  const many = lanesOf(Array.from({ length: 9 }, (_, i) => stretch(`q${i}`, i * 10, i * 10 + i + 1)));
  assert.equal(many.length, MOST_LANES);
  assert.deepEqual(many.at(-1)?.label, null);
  assert.deepEqual(
    many
      .at(-1)
      ?.stretches.map(({ label }) => label)
      .sort(),
    ['q0', 'q1', 'q2', 'q3'],
  );
});

test('what lies outside of the span is cut off', () => {
  const span = { from: 100, to: 200 };
  assert.deepEqual(placeIn(span, { from: 125, to: 150 }), { left: 0.25, width: 0.25 });
  assert.deepEqual(placeIn(span, { from: 0, to: 150 }), { left: 0, width: 0.5 });
  assert.deepEqual(placeIn(span, { from: 150, to: 900 }), { left: 0.5, width: 0.5 });
});
