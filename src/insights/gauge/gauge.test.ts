/** Counts of servers over time, out of a real store. */

import { strict as assert } from 'node:assert';
import { type TestContext, test } from 'node:test';
import { openDuckDbStore } from '../../store/duckdb/index.ts';
import { commitOf } from '../../store/suite/rows.ts';
import { freshStore } from '../../store/suite/store-under-test.ts';
import { silentLog } from '../../telemetry/log.ts';
import { gaugeOver } from './gauge.ts';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 21, 12);

/** Source, minutes after noon, count. */
type Measured = readonly [source: string, minute: number, value: number];

async function over(t: TestContext, measured: readonly Measured[], from: number, to: number, step: number) {
  const store = await freshStore(t, { open: (directory) => openDuckDbStore({ directory, log: silentLog }) });
  const samples = measured.map(([source, minute, value]) => ({
    ...{ source, stream: '/live', metric: 'listeners', value },
    at: NOON + minute * MINUTE,
  }));
  await store.commit(commitOf(1, { samples }));
  const period = { from: NOON + from * MINUTE, to: NOON + to * MINUTE, step: step * MINUTE };
  return gaugeOver(store, { sources: ['a', 'b'], stream: '/live', metric: 'listeners', ...period });
}

test('a count holds until the next one, and is averaged by time', async (t) => {
  const { steps, average, peak } = await over(
    t,
    [
      ['a', 0, 10],
      ['a', 1, 40],
      ['a', 4, 0],
    ],
    0,
    6,
    2,
  );
  assert.deepEqual(
    steps,
    [0, 2, 4].map((minute) => NOON + minute * MINUTE),
  );
  assert.deepEqual(average, [25, 40, 0]);
  assert.deepEqual(peak, [40, 40, 0]);
});

test('after ten minutes without a word nothing is known; an average is over what is', async (t) => {
  const { average } = await over(
    t,
    [
      ['a', 0, 10],
      ['a', 30, 4],
    ],
    0,
    40,
    8,
  );
  assert.deepEqual(average, [10, 10, null, 4, 4]);
});

test('what was counted before the period counts at its beginning, and nothing behind its end', async (t) => {
  const { average, peak } = await over(
    t,
    [
      ['a', -7, 10],
      ['a', 5, 99],
    ],
    0,
    5,
    4,
  );
  assert.deepEqual(average, [10, null]);
  assert.deepEqual(peak, [10, null]);
});

test('of two sources of one stream both count', async (t) => {
  const { average, peak } = await over(
    t,
    [
      ['a', 0, 10],
      ['b', 1, 5],
      ['c', 0, 1000],
    ],
    0,
    2,
    1,
  );
  assert.deepEqual(average, [10, 15]);
  assert.deepEqual(peak, [10, 15]);
});

test('of very many samples every one counts', async (t) => {
  const many = Array.from({ length: 100_010 }, (_, i): Measured => ['a', i / MINUTE, i < 100_000 ? 1 : 3]);
  const { average, peak } = await over(t, many, 0, 100_010 / MINUTE, 100_000 / MINUTE);
  assert.deepEqual(average, [1, 3]);
  assert.deepEqual(peak, [1, 3]);
});
