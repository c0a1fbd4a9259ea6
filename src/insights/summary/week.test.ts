import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { presencesOf } from './concurrency.ts';
import { wallClockOf } from './wall-clock.ts';
import { weekOf } from './week.ts';

const HOUR = 3_600_000;
const presences = (...sessions: readonly (readonly [from: number, to: number])[]) =>
  presencesOf(
    Float64Array.from(sessions, ([from]) => from),
    Float64Array.from(sessions, ([, to]) => to),
  );
const utc = wallClockOf('UTC')!;

test('a clock shows what its zone does, also around the days on which it is set', () => {
  const berlin = wallClockOf('Europe/Berlin')!;
  const forward = Date.UTC(2025, 2, 30, 1);
  assert.equal(berlin.offsetAt(forward - 1), HOUR);
  assert.equal(berlin.offsetAt(forward), 2 * HOUR);
  const back = Date.UTC(2025, 9, 26, 1);
  assert.equal(berlin.offsetAt(back - 1), 2 * HOUR);
  assert.equal(berlin.offsetAt(back), HOUR);
  assert.equal(wallClockOf('Asia/Kathmandu')!.offsetAt(forward), 5.75 * HOUR);
  assert.equal(wallClockOf('Atlantis/Capital'), null);
  assert.equal(wallClockOf(''), null);
});

test('an hour has the average of those who were there in it', () => {
  // A Saturday, from half past nine to eleven.
  const start = Date.UTC(2025, 4, 17, 9, 30);
  const week = weekOf(presences([start, start + HOUR], [start, start + 1.5 * HOUR]), utc)!;
  assert.equal(week[5]![9], 2);
  assert.equal(week[5]![10], 1.5);
  assert.equal(week[5]![11], null, 'after the period');
  assert.equal(week[4]![9], null, 'before it');
});

test('an hour that comes back every week is averaged over the weeks', () => {
  const start = Date.UTC(2025, 4, 5);
  const week = 7 * 24 * HOUR;
  const table = weekOf(presences([start, start + HOUR], [start + 2 * week - HOUR, start + 2 * week]), utc)!;
  assert.equal(table[0]![0], 0.5);
  assert.equal(table[6]![23], 0.5);
  assert.equal(table[2]![12], 0);
});

test('hours are those of the zone', () => {
  const start = Date.UTC(2025, 4, 17, 22);
  const table = weekOf(presences([start, start + HOUR]), wallClockOf('Asia/Kathmandu')!)!;
  // 03:45 to 04:45 on Sunday.
  assert.deepEqual([table[6]![3], table[6]![4], table[5]![22]], [1, 1, null]);
});

test('a period of centuries is answered at once', () => {
  const table = weekOf(presences([Date.UTC(-200, 0), Date.UTC(9000, 0)]), utc)!;
  for (const day of table) for (const hour of day) assert.equal(hour, 1);
});
