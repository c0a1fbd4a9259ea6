import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Whereabouts } from '../../insights/sharing/play.ts';
import { wallClockOf } from '../../insights/summary/wall-clock.ts';
import { day, duration, left, locationOf, minute, right, shown, tenths, whole } from './figures.ts';

test('whole minutes, with hours if there are any', () => {
  assert.deepEqual([0, 59, 60, 3599, 3600, 360_061].map(duration), ['0m', '0m', '1m', '59m', '1h 0m', '100h 1m']);
});

test('halves go to the even digit, as Python prints them', () => {
  assert.deepEqual([0.5, 1.5, 2.5, 12.5, 12.51, 99.4].map(whole), ['0', '2', '2', '12', '13', '99']);
  assert.deepEqual([0.25, 0.75, 0.35, 1.25, 0.05, 2].map(tenths), ['0.2', '0.8', '0.3', '1.2', '0.1', '2.0']);
});

test('days and minutes of a zone', () => {
  const clock = wallClockOf('Europe/Berlin')!;
  const at = Date.UTC(2026, 6, 1, 22, 30);
  assert.deepEqual([day(at, clock), minute(at, clock)], ['2026-07-02', '00:30']);
});

test('[003] 125: LAN, Unknown, and city, region, country as far as they are known', () => {
  const place = { city: 'Paris', region: null, country: 'France', latitude: null, longitude: null };
  const places = new Map<string, Whereabouts>([
    ['192.0.2.1', place],
    ['192.0.2.2', { ...place, city: '', country: null }],
    ['10.0.0.1', place],
  ]);
  const texts = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '10.0.0.1', 'fe80::1'].map((text) => locationOf(text, places));
  assert.deepEqual(texts, ['Paris, France', 'Unknown', 'Unknown', 'LAN', 'LAN']);
});

test('columns count characters, and never cut', () => {
  assert.deepEqual([left('🎬é', 4), right(7, 3), left('abcdef', 3)], ['🎬é  ', '  7', 'abcdef']);
});

test('[003] 131: what is not known is ?; what would steer a terminal is not shown', () => {
  assert.deepEqual([shown(null), shown('a\u001b[2J\nb\tc')], ['?', 'a\ufffd[2J b c']);
});
