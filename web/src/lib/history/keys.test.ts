import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { actionOf, type Focus, zoomed } from './keys.ts';

const MINUTE = 60_000;
const BEGIN = Date.UTC(2025, 0);
const focus: Focus = {
  chart: { edges: [0, 10, 20, 30].map((minutes) => BEGIN + minutes * MINUTE), lines: [], provisionalFrom: null },
  span: { from: BEGIN, to: BEGIN + 30 * MINUTE },
  step: null,
  at: null,
};
const in15 = BEGIN + 15 * MINUTE;

test('arrows point at steps and stay within the chart; from outside they come in at the near end', () => {
  const point = (key: string, step: number | null, isFast = false) => actionOf(key, isFast, { ...focus, step });
  assert.deepEqual(point('ArrowLeft', null), { kind: 'point', step: 2 });
  assert.deepEqual(point('ArrowRight', null), { kind: 'point', step: 0 });
  assert.deepEqual(point('ArrowRight', 0), { kind: 'point', step: 1 });
  assert.deepEqual(point('ArrowRight', 2), { kind: 'point', step: 2 });
  assert.deepEqual(point('ArrowLeft', 2, true), { kind: 'point', step: 0 });
  assert.deepEqual(
    [point('Home', 1), point('End', 1)],
    [
      { kind: 'point', step: 0 },
      { kind: 'point', step: 2 },
    ],
  );
});

test('Enter takes the moment of what is pointed at; then arrows move that, and Escape lets go', () => {
  assert.equal(actionOf('Enter', false, focus), null);
  assert.deepEqual(actionOf('Enter', false, { ...focus, step: 1 }), { kind: 'moment', at: in15 });
  const looking = { ...focus, at: in15 };
  assert.deepEqual(actionOf('ArrowRight', false, looking), { kind: 'moment', at: in15 + 10 * MINUTE });
  assert.deepEqual(actionOf('Escape', false, looking), { kind: 'letGo' });
  assert.equal(actionOf('Escape', false, focus), null);
});

test('plus and minus zoom around what is pointed at, and undo each other', () => {
  const inside = actionOf('+', false, { ...focus, step: 0 });
  assert.deepEqual(inside, {
    kind: 'zoom',
    span: { from: BEGIN + 3 * MINUTE, to: BEGIN + 18 * MINUTE },
  });
  const { span } = focus;
  assert.deepEqual(zoomed(zoomed(span, null, 2), null, 0.5), span);
  const shortest = zoomed({ from: BEGIN, to: BEGIN + MINUTE }, null, 0.5);
  assert.equal(shortest.to - shortest.from, MINUTE);
});

test('without steps, and for other keys, nothing happens', () => {
  assert.equal(actionOf('ArrowLeft', false, { ...focus, chart: { ...focus.chart, edges: [] } }), null);
  assert.equal(actionOf('a', false, focus), null);
});
