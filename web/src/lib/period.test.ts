import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { lengthOf, type Span, shiftedSpan, shiftOf, spanBetween, spanOf, stepBack, stepForward } from './period.ts';
import { zoneOf } from './zone.ts';

const HOUR = 3_600_000;
const berlin = zoneOf('Europe/Berlin')!;
const iso = (at: number) => new Date(at).toISOString().slice(0, 16);
const written = (span: Span | string | null) =>
  span === null || typeof span === 'string' ? span : `${iso(span.from)} ${iso(span.to)}`;
/** Noon of the day on which clocks go forward. */
const NOON = Date.parse('2025-03-30T10:00:00Z');

test('today begins at midnight by the clock of the zone, whichever day it is', () => {
  const zones = [
    ['Europe/Berlin', '2025-03-30T10:00Z', 11],
    ['Europe/Berlin', '2025-10-26T11:00Z', 13],
    ['America/New_York', '2025-03-09T16:00Z', 11],
    ['America/New_York', '2025-11-02T17:00Z', 13],
    ['Australia/Lord_Howe', '2025-10-05T01:00Z', 11.5],
    ['Australia/Lord_Howe', '2025-04-06T01:30Z', 12.5],
  ] as const;
  for (const [name, noon, hours] of zones) {
    const now = Date.parse(noon);
    const { from, to } = spanOf('today', now, zoneOf(name)!, null)!;
    assert.deepEqual([(to - from) / HOUR, to], [hours, now], `${name} ${noon}`);
  }
});

test('words for periods are what they say', () => {
  const spans = {
    '1h': '2025-03-30T09:00 2025-03-30T10:00',
    '7d': '2025-03-23T10:00 2025-03-30T10:00',
    yesterday: '2025-03-28T23:00 2025-03-29T23:00',
    month: '2025-02-28T23:00 2025-03-30T10:00',
    all: '2024-05-01T00:00 2025-03-30T10:00',
  };
  const begin = Date.parse('2024-05-01T00:00Z');
  for (const [last, span] of Object.entries(spans)) assert.equal(written(spanOf(last, NOON, berlin, begin)), span);
  for (const none of ['', 'fortnight', '0h', '5y', '999999w']) assert.equal(spanOf(none, NOON, berlin, null), null);
  assert.equal(lengthOf('90m'), 90 * 60_000);
});

test('in the first moment of a day there is a little of it', () => {
  const midnight = Date.parse('2025-03-29T23:00Z');
  const { from, to } = spanOf('today', midnight, berlin, null)!;
  assert.ok(from === midnight && to > from);
});

test('an address holds two times in order, or none', () => {
  assert.equal(
    written(spanBetween('2025-01-01T00:00Z', '2025-01-02T00:00+01:00')),
    '2025-01-01T00:00 2025-01-01T23:00',
  );
  const wrong = [
    [null, '2025-01-01T00:00Z'],
    ['2025-01-02T00:00Z', '2025-01-01T00:00Z'],
    ['x', 'y'],
    ['1960-01-01T00:00Z', '2025-01-01T00:00Z'],
  ] as const;
  for (const [from, to] of wrong) assert.equal(spanBetween(from, to), null);
});

test('steps go by whole days and months of the zone, also where they are shorter or longer', () => {
  const today = spanOf('today', NOON, berlin, null)!;
  const yesterday = stepBack(today, 'today', berlin);
  assert.equal(written(yesterday), '2025-03-28T23:00 2025-03-29T23:00');
  assert.equal(stepForward(yesterday, null, NOON, berlin), 'today');
  assert.equal(stepForward(today, 'today', NOON, berlin), null);

  const dayOfChange = { from: Date.parse('2025-03-29T23:00Z'), to: Date.parse('2025-03-30T22:00Z') };
  const later = NOON + 9 * 24 * HOUR;
  assert.equal(written(stepForward(dayOfChange, null, later, berlin)), '2025-03-30T22:00 2025-03-31T22:00');
  assert.equal(written(stepBack(dayOfChange, null, berlin)), '2025-03-28T23:00 2025-03-29T23:00');

  const march = { from: Date.parse('2025-02-28T23:00Z'), to: Date.parse('2025-03-31T22:00Z') };
  assert.equal(written(stepBack(march, null, berlin)), '2025-01-31T23:00 2025-02-28T23:00');
  assert.equal(stepForward(march, null, later, berlin), 'month');
});

test('what is no whole day goes by its length', () => {
  const show = { from: Date.parse('2025-03-29T18:00Z'), to: Date.parse('2025-03-29T20:00Z') };
  assert.deepEqual(shiftOf(show, null, berlin), { ms: 2 * HOUR });
  assert.equal(written(stepBack(show, null, berlin)), '2025-03-29T16:00 2025-03-29T18:00');
  const hour = spanOf('1h', NOON, berlin, null)!;
  assert.equal(stepForward(hour, '1h', NOON, berlin), null);
});

test('a year before has the same clock times, in summer and in winter', () => {
  const july = { from: Date.parse('2024-07-01T10:00Z'), to: Date.parse('2024-07-01T12:00Z') };
  assert.equal(written(shiftedSpan(july, { months: -6 }, 1, berlin)), '2024-01-01T11:00 2024-01-01T13:00');
  // 02:10 to 02:50 is left out on this day: what is shown is never empty.
  const gone = { from: Date.parse('2025-03-29T01:10Z'), to: Date.parse('2025-03-29T01:50Z') };
  const next = shiftedSpan(gone, { days: 1 }, 1, berlin);
  assert.ok(next.to > next.from);
});
