import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SharingReportWire } from '../../../../src/http/contract.ts';
import { householdOf, lanesOf, type Play } from './lanes.ts';
import { marksOf, spanOf } from './span.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 2, 1, 12);

function play(id: string, device: string | null, fromHour: number, toHour: number, more: Partial<Play> = {}): Play {
  const time = (hour: number) => new Date(NOW + hour * HOUR).toISOString();
  return {
    ...{ id, device, startedAt: time(fromHour), stoppedAt: time(toHour), playSeconds: 1, platform: null },
    ...{ player: null, address: '192.0.2.1', title: 'A film', place: null, asn: null, organization: null },
    ...more,
  };
}

function report(timeline: Play[], pairs: [string, string][] = []): SharingReportWire {
  const allFindings = pairs.map((plays, i) => ({ id: `f${i}`, kind: 'simultaneous', plays }));
  return { timeline, allFindings, allHouseholds: [] } as unknown as SharingReportWire;
}

test('devices have lanes, those of findings first, and findings join their bars', () => {
  const plays = [
    play('a', 'tv', 0, 9),
    play('b', 'phone', 1, 2),
    play('c', 'tablet', 1, 3),
    play('old', 'radio', -90, -80),
  ];
  const lanes = lanesOf(
    report(plays, [
      ['b', 'c'],
      ['old', 'a'],
    ]),
    { from: NOW, to: NOW + 12 * HOUR },
  );
  assert.deepEqual(lanes.devices, ['tablet', 'phone', 'tv']);
  assert.deepEqual(
    lanes.links.map(({ finding, earlier, later }) => [finding.id, earlier.lane, later.lane]),
    [['f0', 1, 0]],
  );
  assert.equal(lanes.bars.length, 3);
});

test('there are no more lanes than can be drawn, and it is said how many are not', () => {
  const plays = Array.from({ length: 14 }, (_, i) => play(`p${i}`, `device ${i}`, 0, 1));
  const { devices, hidden, bars } = lanesOf(report(plays), { from: NOW, to: NOW + HOUR });
  assert.deepEqual([devices.length, hidden, bars.length], [10, 4, 10]);
});

test('a play is of the household of its network, else of its place and provider', () => {
  const place = { city: 'Bremen' };
  const households = [
    { networks: ['192.0.2.1'], asn: 1, place: { city: 'Kiel' } },
    { networks: ['2001:db8:1:2::/64'], asn: 2, place },
  ] as never;
  const of = (more: Partial<Play>) => householdOf(play('x', 'tv', 0, 1, more), households);
  assert.equal(of({}), 0);
  assert.equal(of({ address: '2001:db8:1:2:ffff::1' }), 1);
  assert.equal(of({ address: '192.0.2.77', asn: 2, place: place as never }), 1);
  assert.equal(of({ address: '192.0.2.77', asn: 3, place: place as never }), -1);
  assert.equal(of({ address: null }), -1);
});

test('the marks of a span lie in it, in order, and are few', () => {
  for (const range of ['day', 'week', 'all'] as const) {
    const span = spanOf(range, NOW, { from: NOW - 60 * 24 * HOUR, to: NOW });
    const marks = marksOf(span, 8);
    assert.ok(marks.length >= 3 && marks.length <= 9, `${range}: ${marks.length}`);
    assert.deepEqual(
      marks,
      marks.toSorted((a, b) => a - b),
    );
    assert.ok(marks.every((at) => at >= span.from && at < span.to));
  }
});
