import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { QUARTER_HOUR } from '../../core/query.ts';
import { dayOf, daysAfter, timeZoneOf } from './time-zone.ts';

const zone = (name: string) => timeZoneOf(name) ?? assert.fail(name);

test('a clock shows what it shows there', () => {
  const local = (name: string, at: string) => new Date(zone(name).localAt(Date.parse(at))).toISOString();
  assert.equal(local('Europe/Berlin', '2026-01-31T23:30:00.250Z'), '2026-02-01T00:30:00.250Z');
  assert.equal(local('Europe/Berlin', '2026-07-31T23:30:00Z'), '2026-08-01T01:30:00.000Z');
  assert.equal(local('Asia/Kathmandu', '2026-01-31T12:00:00Z'), '2026-01-31T17:45:00.000Z');
  assert.equal(local('America/New_York', '2026-01-01T00:00:00Z'), '2025-12-31T19:00:00.000Z');
});

test('a name that is none is no time zone, and neither is an offset', () => {
  for (const name of ['', 'Nowhere/City', '+05:17', '-01:00', 'Z', '../../etc/passwd', 'Europe/Berlin ', 'null']) {
    assert.equal(timeZoneOf(name), null, name);
  }
  for (const name of ['UTC', 'Etc/GMT+5', 'Asia/Kolkata', 'europe/berlin', 'EST5EDT']) zone(name);
});

test('days begin at midnight, or when the clock is set over it', () => {
  const cases: [string, string, string][] = [
    ['UTC', '2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['Asia/Kathmandu', '2026-03-01', '2026-02-28T18:15:00.000Z'],
    ['Pacific/Kiritimati', '2026-03-01', '2026-02-28T10:00:00.000Z'],
    ['Pacific/Niue', '2026-03-01', '2026-03-01T11:00:00.000Z'],
    // Midnight was followed by one o'clock.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
    // One o'clock was followed by midnight, which came twice.
    ['America/Havana', '2025-11-02', '2025-11-02T04:00:00.000Z'],
    // A minute after midnight the clock was set back to before it.
    ['America/St_Johns', '2006-10-29', '2006-10-29T02:30:00.000Z'],
    // There was no 30 December.
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z'],
  ];
  for (const [name, day, start] of cases) {
    assert.equal(new Date(zone(name).startOfDay(Date.parse(day))).toISOString(), start, `${name} ${day}`);
  }
});

test('days are told by their midnight', () => {
  assert.equal(dayOf(Date.parse('2026-03-01T23:59:59.999Z')), Date.parse('2026-03-01'));
  assert.equal(daysAfter(Date.parse('2026-02-27'), 2), Date.parse('2026-03-01'));
});

test('since 1980 every clock there is shows the quarter-hours of UTC', () => {
  const months = Array.from({ length: 12 * 58 }, (_, month) => Date.UTC(1980, month));
  for (const name of Intl.supportedValuesOf('timeZone')) {
    const { localAt } = zone(name);
    for (const at of months)
      assert.ok(Math.abs(localAt(at) - at) % QUARTER_HOUR === 0, `${name} ${new Date(at).toISOString()}`);
  }
});
