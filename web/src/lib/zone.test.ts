import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { DAY, dayOf, formatLocal, monthsAfter, parseLocal, zoneOf } from './zone.ts';

const HOUR = 3_600_000;
const local = (text: string) => parseLocal(text)!;

/** How long a day is, in hours. */
function hoursOf(zoneName: string, day: string): number {
  const zone = zoneOf(zoneName)!;
  const start = local(`${day}T00:00`);
  return (zone.instantOf(start + DAY) - zone.instantOf(start)) / HOUR;
}

test('a day has the hours that clocks leave it', () => {
  const days = [
    ['Europe/Berlin', '2025-03-30', 23],
    ['Europe/Berlin', '2025-10-26', 25],
    ['America/New_York', '2025-03-09', 23],
    ['America/New_York', '2025-11-02', 25],
    // Clocks are set by half an hour there.
    ['Australia/Lord_Howe', '2025-10-05', 23.5],
    ['Australia/Lord_Howe', '2025-04-06', 24.5],
    // Midnight itself is left out there.
    ['Africa/Cairo', '2025-04-25', 23],
    ['UTC', '2025-03-30', 24],
  ] as const;
  for (const [zone, day, hours] of days) assert.equal(hoursOf(zone, day), hours, `${zone} ${day}`);
});

test('a time that clocks leave out is the one that comes next, and one that they show twice is the first', () => {
  const berlin = zoneOf('Europe/Berlin')!;
  assert.equal(berlin.instantOf(local('2025-03-30T02:30')), Date.parse('2025-03-30T01:00:00Z'));
  assert.equal(berlin.instantOf(local('2025-10-26T02:30')), Date.parse('2025-10-26T00:30:00Z'));
});

test('what a clock shows leads back to when it does', () => {
  for (const name of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
    const zone = zoneOf(name)!;
    for (let at = Date.UTC(2025, 0); at < Date.UTC(2026, 0); at += 7 * HOUR + 900_000) {
      const again = zone.instantOf(zone.localAt(at));
      assert.equal(zone.localAt(again), zone.localAt(at), `${name} ${new Date(at).toISOString()}`);
      assert.ok(again <= at && at - again <= HOUR);
    }
  }
});

test('a month later is the same day, or the last one', () => {
  const later = (text: string, months: number) => formatLocal(monthsAfter(local(text), months));
  assert.equal(later('2025-01-31T08:15', 1), '2025-02-28T08:15');
  assert.equal(later('2024-02-29T00:00', -12), '2023-02-28T00:00');
  assert.equal(later('2025-11-05T00:00', 3), '2026-02-05T00:00');
});

test('what is no zone and no time is none', () => {
  assert.equal(zoneOf('Mars/Olympus'), null);
  for (const text of ['', '2025-13-01T00:00', 'today', '2025-01-01']) assert.equal(parseLocal(text), null, text);
  assert.equal(dayOf(local('2025-05-05T17:00')), local('2025-05-05T00:00'));
});
