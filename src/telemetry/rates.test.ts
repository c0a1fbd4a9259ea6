import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Rates } from './rates.ts';

const MINUTE = 60_000;

/** Counts as `totalAt` says, and is sampled every five seconds. */
function sampled(totalAt: (at: number) => number, until: number): Rates {
  const rates = new Rates(['lines']);
  for (let at = 0; at <= until; at += 5000) rates.sample(at, () => totalAt(at));
  return rates;
}

const perSecond = (rates: Rates, at: number, total: number) => rates.read(at, () => total)[0]?.perSecond;

test('of the last minute, and no more', () => {
  // 100 a second for ten minutes, then 10 a second.
  const totalAt = (at: number) => (at <= 10 * MINUTE ? at / 10 : MINUTE + (at - 10 * MINUTE) / 100);
  assert.equal(perSecond(sampled(totalAt, 10 * MINUTE), 10 * MINUTE, totalAt(10 * MINUTE)), 100);
  assert.equal(perSecond(sampled(totalAt, 12 * MINUTE), 12 * MINUTE, totalAt(12 * MINUTE)), 10);
});

test('since it began, where that is less than a minute ago', () => {
  const rates = sampled((at) => at / 1000, 10_000);
  assert.equal(perSecond(rates, 12_000, 12), 1);
});

test('nothing is said of no time at all', () => {
  const rates = new Rates(['lines', 'bytes']);
  assert.deepEqual(
    rates.read(0, () => 5),
    [],
  );
  rates.sample(0, () => 0);
  assert.deepEqual(
    rates.read(999, () => 5),
    [],
  );
  assert.deepEqual(
    rates.read(1000, () => 5),
    [
      { counter: 'lines', perSecond: 5 },
      { counter: 'bytes', perSecond: 5 },
    ],
  );
});

test('a counter that began anew is nothing below nothing', () => {
  assert.equal(
    perSecond(
      sampled(() => 1000, MINUTE),
      MINUTE,
      3,
    ),
    0,
  );
});

test('samples that come too often are not kept', () => {
  const rates = new Rates(['lines']);
  for (let at = 0; at <= MINUTE; at += 10) rates.sample(at, () => at / 1000);
  assert.equal(perSecond(rates, MINUTE, 60), 1);
});

test('after a pause in which nobody sampled, it is of the time since', () => {
  const rates = sampled((at) => at / 1000, MINUTE);
  // The machine slept for an hour; nothing was counted.
  assert.equal(perSecond(rates, 61 * MINUTE, 60), 0);
});

test('what was never counted is left out beside what was', () => {
  const rates = new Rates(['lines', 'polls']);
  rates.sample(0, () => 0);
  const named = (read: (name: string) => number) => rates.read(5000, read).map(({ counter }) => counter);
  assert.deepEqual(
    named((name) => (name === 'polls' ? 3 : 0)),
    ['polls'],
  );
  assert.deepEqual(
    named(() => 0),
    ['lines', 'polls'],
  );
});
