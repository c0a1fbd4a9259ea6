import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Clock } from '../../lib/clock.ts';
import { everyTick } from './every-tick.ts';

/** A clock whose sleeps are over at once, and are written down. */
function hastyClock() {
  const slept: number[] = [];
  let elapsed = 5000;
  const clock: Clock = {
    now: () => 1_000_000 + elapsed,
    elapsed: () => elapsed,
    sleep: async (ms) => {
      slept.push(ms);
      elapsed += ms;
    },
  };
  return {
    clock,
    slept,
    work: (ms: number) => {
      elapsed += ms;
    },
  };
}

test('the first tick is at once, the next an interval after the one before, whatever the work takes', async () => {
  const { clock, slept, work } = hastyClock();
  const ticks: number[] = [];
  for await (const at of everyTick(clock, 1000, new AbortController().signal, () => 0.5)) {
    ticks.push(at - 1_005_000);
    if (ticks.length === 3) break;
    work(300);
  }
  assert.deepEqual(ticks, [0, 1000, 2000]);
  assert.deepEqual(slept, [700, 700]);
});

test('ticks that were missed are left out', async () => {
  const { clock, work } = hastyClock();
  const ticks: number[] = [];
  for await (const at of everyTick(clock, 1000, new AbortController().signal, () => 0.5)) {
    ticks.push(at - 1_005_000);
    if (ticks.length === 3) break;
    if (ticks.length === 1) work(3500);
  }
  assert.deepEqual(ticks, [0, 3500, 4500]);
});

test('jitter is a tenth to either side', async () => {
  for (const [random, expected] of [
    [0, 900],
    [1, 1100],
  ] as const) {
    const { clock, slept } = hastyClock();
    let ticks = 0;
    for await (const _ of everyTick(clock, 1000, new AbortController().signal, () => random)) if (++ticks === 2) break;
    assert.deepEqual(slept.map(Math.round), [expected]);
  }
});

test('no tick comes after the signal has aborted', async () => {
  const { clock } = hastyClock();
  const stop = new AbortController();
  let ticks = 0;
  for await (const _ of everyTick(clock, 1000, stop.signal, () => 0.5)) if (++ticks === 2) stop.abort();
  assert.equal(ticks, 2);
});
