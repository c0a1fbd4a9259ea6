/** What holds of every judgement, whatever was played. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { at, BERLIN, judged, MUNICH, watched } from './fixture.ts';
import { type JudgedPlay, type JudgeOptions, SHARED_FROM } from './judgement.ts';

const DEVICES = ['tv', 'phone', 'tablet', 'other-tv', 'other-phone', 'third-tv'];
const PLACES = [
  BERLIN,
  MUNICH,
  at('2001:db8::1', 'Berlin', 52.5, 13.4),
  at('192.0.2.77', 'Berlin', 52.5, 13.4),
  at('203.0.113.9', 'Tokyo', 35.7, 139.7, { asn: 64510 }),
  at('203.0.113.10', 'Rome', 41.9, 12.5, { asn: 64511, organization: 'Example Mobile' }),
  { address: '10.0.0.4', place: null, asn: null, organization: null },
  { address: 'token', place: null, asn: null, organization: null },
];

/** Several weeks: mostly every device at its own places, so that there is something to find. */
const history = fc
  .array(
    fc.record({
      device: fc.nat(DEVICES.length - 1),
      place: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(PLACES.length - 1) }),
      day: fc.nat(40),
      quarter: fc.integer({ min: 60, max: 95 }),
      hours: fc.integer({ min: 0, max: 5 }),
      title: fc.constantFrom(null, 'A', 'B'),
    }),
    { minLength: 20, maxLength: 150 },
  )
  .map((list) =>
    list.map(({ device, place, day, quarter, hours, title }, i): JudgedPlay => {
      const where = PLACES[place === -1 ? device % PLACES.length : place]!;
      return watched(DEVICES[device]!, where, day, quarter / 4, hours, { id: `s${i}`, title });
    }),
  );

const allowed = fc.record({
  devices: fc.subarray(DEVICES),
  networks: fc.subarray([
    '192.0.2.0/24',
    '198.51.100.2',
    '2001:db8::/32',
    'token',
    'LAN',
    '203.0.113.0/28',
    'nonsense/9',
  ]),
  users: fc.constant([] as string[]),
});

test('a score is 0 to 100 and whole, signals are within their caps, and the findings are those that are counted', () => {
  let shared = 0;
  fc.assert(
    fc.property(history, (plays) => {
      const { score, signals, findings, findingCount } = judged(plays);
      assert.ok(Number.isInteger(score) && score >= 0 && score <= 100);
      for (const { points, most } of signals) assert.ok(points >= 0 && points <= most);
      assert.equal(score, Math.min(Math.round(signals.reduce((sum, { points }) => sum + points, 0)), 100));
      assert.equal(new Set(findings.map(({ id }) => id)).size, findings.length);
      assert.ok(findingCount >= findings.length);
      if (score >= SHARED_FROM) shared++;
    }),
    { numRuns: 500 },
  );
  assert.ok(shared > 20, `${shared}`);
});

test('the order of the plays does not matter', () => {
  fc.assert(
    fc.property(history, fc.nat(), (plays, seed) => {
      const order = plays.map((play, i) => ({ play, rank: Math.imul(i + 1, 2 * seed + 7919) % 1009 }));
      const shuffled = order.sort((a, b) => a.rank - b.rank).map(({ play }) => play);
      assert.deepEqual(judged(shuffled), judged(plays));
    }),
    { numRuns: 300 },
  );
});

test('what is allowed never raises a score, with whatever is allowed or dismissed already', () => {
  fc.assert(
    fc.property(history, allowed, allowed, fc.nat(8), (plays, one, more, dismissals) => {
      const dismissed = judged(plays)
        .findings.slice(0, dismissals)
        .map(({ id }) => id);
      const both = {
        devices: [...one.devices, ...more.devices],
        networks: [...one.networks, ...more.networks],
        users: [],
      };
      const score = (of: JudgeOptions['allowed']) => judged(plays, { allowed: of, dismissed }).score;
      assert.ok(score(both) <= score(one));
    }),
    { numRuns: 500 },
  );
});

test('feedback never raises a score, and what was dismissed does not come back', () => {
  fc.assert(
    fc.property(history, fc.nat(20), fc.boolean(), (plays, which, isPattern) => {
      let dismissed: string[] = [];
      let before = judged(plays);
      for (let round = 0; round < 3 && before.findings.length > 0; round++) {
        const { id, pattern } = before.findings[which % before.findings.length]!;
        dismissed = [...dismissed, isPattern ? pattern : id];
        const after = judged(plays, { dismissed });
        assert.ok(after.score <= before.score, `${after.score} > ${before.score}`);
        assert.ok(after.findings.every((finding) => finding.id !== id));
        before = after;
      }
    }),
    { numRuns: 500 },
  );
});
