import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { type Clock, steadyClock, systemClock } from './clock.ts';

function handClock() {
  const hands = { wall: 1_000_000, elapsed: 0 };
  const clock: Clock = { now: () => hands.wall, elapsed: () => hands.elapsed, sleep: async () => {} };
  const pass = (ms: number) => {
    hands.wall += ms;
    hands.elapsed += ms;
  };
  return { hands, pass, clock };
}

test('a steady clock is the wall clock as long as that goes forward, also by a leap', () => {
  const { hands, pass, clock } = handClock();
  const steady = steadyClock(clock);
  assert.equal(steady.now(), 1_000_000);
  pass(1500);
  assert.equal(steady.now(), 1_001_500);
  hands.wall += 3_600_000;
  assert.equal(steady.now(), 4_601_500);
});

test('set back, it goes on at half speed until the wall clock has caught up', () => {
  const { hands, pass, clock } = handClock();
  const steady = steadyClock(clock);
  steady.now();
  hands.wall -= 10_000;
  assert.equal(steady.now(), 1_000_000);
  pass(1001);
  assert.equal(steady.now(), 1_000_500);
  pass(17_999);
  assert.equal(steady.now(), 1_009_500);
  pass(2000);
  assert.equal(steady.now(), 1_011_000);
  assert.equal(steady.now(), hands.wall);
});

test('asked often, it still never goes back, and gives whole milliseconds', () => {
  const { hands, pass, clock } = handClock();
  const steady = steadyClock(clock);
  let last = steady.now();
  for (let i = 0; i < 1000; i++) {
    pass(0.7);
    if (i % 100 === 50) hands.wall -= 300;
    const now = steady.now();
    assert.ok(Number.isSafeInteger(now) && now >= last);
    last = now;
  }
});

test('what was due a moment ago is due now, and no warning of the process', async () => {
  const warnings: string[] = [];
  const warned = ({ name }: Error) => warnings.push(name);
  process.on('warning', warned);
  await systemClock.sleep(-0.166, new AbortController().signal);
  // Warnings are told in the next tick at the latest.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warned);
  assert.deepEqual(warnings, []);
});
