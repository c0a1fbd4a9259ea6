import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { namedZoneOffset, zoneOffset } from './zone-offset.ts';

const MINUTE = 60_000;
const minutesAt = (zone: string, at: string) => zoneOffset(zone).offsetAt(Date.parse(at)) / MINUTE;

test('clocks are ahead of UTC as they are set, to the millisecond', () => {
  assert.equal(minutesAt('Europe/Berlin', '2026-03-29T00:59:59.999Z'), 60);
  assert.equal(minutesAt('Europe/Berlin', '2026-03-29T01:00:00Z'), 120);
  assert.equal(minutesAt('America/Los_Angeles', '2026-01-01T00:00:00.5Z'), -480);
  assert.equal(minutesAt('Asia/Kathmandu', '2026-01-01T00:00:00Z'), 345);
  assert.equal(minutesAt('UTC', '2026-01-01T00:00:00Z'), 0);
});

test('long ago, too, before all years', () => {
  // Local mean time.
  assert.equal(zoneOffset('Europe/Berlin').offsetAt(Date.UTC(1800, 0)), 53 * MINUTE + 28_000);
  for (const year of [50, 1, 0, -1, -400]) {
    const at = new Date(0).setUTCFullYear(year, 5, 1);
    assert.equal(zoneOffset('Etc/GMT-2').offsetAt(at), 120 * MINUTE, `${year}`);
  }
});

test('a zone has a name, or is an offset', () => {
  assert.equal(minutesAt('+05:17', '2026-01-01T00:00:00Z'), 317);
  assert.equal(namedZoneOffset('+05:17'), null);
  assert.throws(() => zoneOffset('Nowhere/City'), RangeError);
  for (const name of ['', 'Nowhere/City', 'Europe/Berlin ', '../../etc/passwd'])
    assert.equal(namedZoneOffset(name), null);
  assert.equal(namedZoneOffset('europe/berlin')?.zone, 'Europe/Berlin');
});
