import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { playedTo, stepOf } from './play.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('a step is a round length of time, about a hundredth of the period', () => {
  assert.equal(stepOf(0, HOUR), 30_000);
  assert.equal(stepOf(0, DAY), 600_000);
  assert.equal(stepOf(0, 30 * DAY), 6 * HOUR);
  assert.equal(stepOf(0, 50 * 365 * DAY), DAY);
});

test('the cursor goes through a period in the time that this takes, and stops at its end', () => {
  const span = { from: 1000, to: 1000 + DAY, takes: 60_000 };
  assert.equal(playedTo(1000, 0, span), 1000);
  assert.equal(playedTo(1000, 30_000, span), 1000 + DAY / 2);
  assert.equal(playedTo(1000 + DAY / 2, 15_000, span), 1000 + 0.75 * DAY);
  assert.equal(playedTo(1000, 60_001, span), 1000 + DAY);
  assert.equal(playedTo(0, 0, span), 1000, 'never before the period');
});
