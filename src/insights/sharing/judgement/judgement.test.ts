import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { at, BERLIN, daily, judged, MUNICH, twoTelevisions, type Where, watched } from './fixture.ts';
import { type FindingKind, type JudgedPlay, type Judgement, SHARED_FROM, type Suppression } from './judgement.ts';

const pointsOf = ({ signals }: Judgement, kind: FindingKind) =>
  signals.find((signal) => signal.kind === kind)?.points ?? 0;

function isSuppressed(plays: readonly JudgedPlay[], reason: Suppression): void {
  const judgement = judged(plays);
  assert.deepEqual([judgement.score, judgement.findings], [0, []]);
  assert.ok(judgement.suppressed[reason] > 0, JSON.stringify(judgement.suppressed));
}

test('nothing played, and one device, are nobody’s sharing', () => {
  assert.deepEqual([judged([]).score, judged([]).households], [0, []]);
  const alone = judged(daily(30, (day) => [watched('tv', day % 2 === 0 ? BERLIN : MUNICH, day, 20)]));
  assert.equal(alone.score, 0);
  const nowhere = watched('tv', { ...BERLIN, address: null }, 1, 20);
  assert.equal(judged([nowhere, { ...nowhere, id: 'x', address: '192.0.2.1', startedAt: null }]).householdCount, 0);
});

test('televisions of two cities at once for weeks are sharing, and each signal is capped', () => {
  const judgement = judged(twoTelevisions(MUNICH));
  assert.ok(judgement.score >= SHARED_FROM && judgement.score <= 100);
  assert.deepEqual(
    judgement.households.map(({ kind, id, days }) => [kind, id, days]),
    [
      ['home', '192.0.2.1', 28],
      ['habitual', '198.51.100.2', 28],
    ],
  );
  for (const { points, most } of judgement.signals) assert.ok(points > 0 && points <= most);
});

test('a finding names both sessions, places, distance and time, and why nothing explains it', () => {
  const { findings } = judged(twoTelevisions(MUNICH));
  const found = findings.find(({ kind, plays }) => kind === 'simultaneous' && plays[0] === 'tv-0-19')!;
  assert.deepEqual(
    [found.id, found.plays, found.devices],
    ['simultaneous/tv-0-19/other-tv-0-20', ['tv-0-19', 'other-tv-0-20'], ['tv', 'other-tv']],
  );
  assert.equal(found.pattern, 'simultaneous/other-tv/tv');
  assert.deepEqual(
    found.places.map((place) => place?.city),
    ['Berlin', 'Munich'],
  );
  assert.equal(found.gapSeconds, -3600);
  assert.equal(Math.round(found.distanceKm!), 506);
  assert.match(
    found.why,
    /Player tv, webOS at Berlin.*19:00–21:00.*Player other-tv, webOS at Munich.*20:00–22:00.*60 min, 506 km/,
  );
  assert.match(found.whyNotSuppressed, /two households.*fixed lines/);
});

test('two households of one city need no distance', () => {
  const near = at('198.51.100.2', 'Berlin', 52.51, 13.41, { asn: 64501 });
  assert.ok(judged(twoTelevisions(near)).score >= SHARED_FROM);
});

test('nobody travels so far: with the accuracies of both places, to a different device and household', () => {
  const apart = (km: number, accuracyKm: number) => {
    const place = { ...MUNICH.place!, latitude: 0, longitude: km / 111.195, accuracyKm };
    const zero = { ...BERLIN, place: { ...place, longitude: 0 } };
    const there = { ...MUNICH, place };
    // An hour lies between them.
    return judged(daily(28, (day) => [watched('tv', zero, day, 18), watched('other-tv', there, day, 20)]));
  };
  assert.equal(pointsOf(apart(899, 0), 'travel'), 0);
  assert.ok(pointsOf(apart(902, 0), 'travel') > 0);
  assert.ok(pointsOf(apart(945, 20), 'travel') > 0);
  const within = apart(935, 20);
  assert.equal(pointsOf(within, 'travel'), 0);
  assert.ok(within.suppressed['within-accuracy'] > 0);
});

test('effective ends: what was left paused, and stopped late, ended after its playing time', () => {
  const tokyo = at('203.0.113.7', 'Tokyo', 35.7, 139.7, { asn: 64502 });
  const paused = daily(28, (day) => [
    watched('tv', BERLIN, day, 6, 1, { stoppedAt: watched('tv', BERLIN, day, 22).startedAt }),
    watched('other-tv', tokyo, day, 18),
  ]);
  assert.equal(judged(paused).score, 0);
});

test('a household that is used in turns with the home, week after week, counts without being at once', () => {
  const near = at('198.51.100.2', 'Berlin', 52.5, 13.4, { asn: 64501 });
  const turns = daily(28, (day) => [
    watched('tv', BERLIN, day, 16),
    watched('other-tv', near, day, 18),
    watched('tv', BERLIN, day, 20),
  ]);
  const judgement = judged(turns);
  assert.deepEqual(
    judgement.signals.map(({ kind }) => kind),
    ['households'],
  );
  assert.equal(judged(turns.filter(({ id }) => !/^tv-.*-20$/.test(id))).score, 0, 'there and not back');
});

test('new devices in a week, at several households of others', () => {
  const old = daily(20, (day) => [watched('tv', BERLIN, day, 20)]);
  const fresh = (count: number) =>
    Array.from({ length: count }, (_, i) => watched(`tv-${i}`, at(`198.51.100.${i}`, 'Munich', 48, 11), 16 + i, 12));
  assert.equal(pointsOf(judged([...old, ...fresh(2)]), 'new-devices'), 0);
  assert.equal(pointsOf(judged([...old, ...fresh(3)]), 'new-devices'), 7.5);
  const atHome = [0, 1, 2, 3].map((i) => watched(`tv-${i}`, BERLIN, 16 + i, 12));
  assert.equal(pointsOf(judged([...old, ...atHome]), 'new-devices'), 0);
});

test('sold: households of several providers that have nothing in common', () => {
  const sold = (count: number) =>
    daily(28, (day) =>
      Array.from({ length: count }, (_, i) => {
        const where = at(`198.51.100.${i}`, `City ${i}`, i * 10, i * 10, { asn: 64510 + i });
        return watched(`tv-${i}`, where, day, 6 + i * 3);
      }).filter((_, i) => (day + i) % 3 === 0),
    );
  assert.equal(pointsOf(judged(sold(4)), 'resale'), 0);
  const judgement = judged(sold(6));
  assert.ok(pointsOf(judgement, 'resale') > 0);
  const finding = judgement.findings.find(({ kind }) => kind === 'resale')!;
  assert.equal(finding.plays.length, 5);
  assert.match(finding.why, /5 devices in 5 households of 5 providers/);
});

const OTHER: Where = at('203.0.113.5', 'Rome', 41.9, 12.5, { asn: 64503 });

test('one household: all local addresses, one /64, two stacks, a line that changes, a pool', () => {
  const oneHousehold = (home: Where, there: Where) => {
    const link = daily(28, (day) => [watched('phone', day % 2 === 0 ? home : there, day, 12)]);
    const judgement = judged([...twoTelevisions(there, {}, home), ...link]);
    assert.deepEqual([judgement.score, judgement.householdCount], [0, 1]);
    assert.ok(judgement.suppressed['same-household'] > 0);
  };
  oneHousehold({ ...BERLIN, address: '10.0.0.1' }, { ...BERLIN, address: '100.64.7.7' });
  oneHousehold({ ...BERLIN, address: '2001:db8::1' }, { ...BERLIN, address: '2001:db8::ffff' });
  oneHousehold(BERLIN, { ...BERLIN, address: '2001:db8::1' });
  const line = daily(40, (day) => {
    const where = { ...BERLIN, address: `192.0.2.${day}` };
    return [watched('tv', where, day, 19, 2), watched('phone', where, day, 20)];
  });
  assert.deepEqual([judged(line).score, judged(line).householdCount], [0, 1]);
  const cities = ['Denver', 'San Jose'];
  const pool = daily(40, (day) => {
    const hop = (n: number) => at(`192.0.2.${n % 7}`, cities[n % 2]!, 39, n % 2 === 0 ? -105 : -121);
    return [watched('tv', hop(day * 3), day, 19, 2), watched('phone', hop(day * 5 + 1), day, 20)];
  });
  assert.deepEqual([judged(pool).score, judged(pool).householdCount], [0, 1]);
});

test('an address that was located anew has not moved', () => {
  const plays = daily(28, (day) => {
    const where = { ...BERLIN, place: day < 14 ? BERLIN.place : MUNICH.place };
    return [watched('tv', where, day, 19, 2), watched('phone', BERLIN, day, 20)];
  });
  isSuppressed(plays, 'same-household');
});

test('two lines of a house: titles go on in the other one', () => {
  const backup = { ...BERLIN, address: '203.0.113.9', asn: 64509, organization: 'Regional DSL' };
  const plays = daily(28, (day) => [
    watched('tv', BERLIN, day, 19, 1, { title: `Film ${day}` }),
    watched('tv-low', backup, day, 20, 1, { title: `Film ${day}` }),
    watched('phone', BERLIN, day, 20),
  ]);
  isSuppressed(plays, 'same-household');
});

test('networks that say little of where their users are', () => {
  isSuppressed(twoTelevisions({ ...MUNICH, asn: 64600, organization: 'Example Mobile' }), 'mobile');
  isSuppressed(twoTelevisions({ ...MUNICH, asn: 14593, organization: 'SpaceX Services, Inc.' }), 'satellite');
  isSuppressed(twoTelevisions({ ...MUNICH, asn: 64601, organization: 'Mullvad VPN AB' }), 'vpn');
  isSuppressed(twoTelevisions({ ...MUNICH, asn: 64602, organization: 'Example Hosting GmbH' }), 'hosting');
  isSuppressed(twoTelevisions(MUNICH, { networkKind: 'vpn' }), 'vpn');
  const carrier = { ...MUNICH, asn: 64603, organization: 'Telecom Example SA' };
  const child = daily(28, (day) =>
    [8, 12, 16].map((hour, i) =>
      watched('phone', { ...carrier, address: `203.0.113.${(day * 3 + i) % 200}` }, day, hour, 3),
    ),
  );
  isSuppressed([...daily(28, (day) => [watched('tv', BERLIN, day, 8, 10)]), ...child], 'mobile');
});

test('the next episode, and the same title in another quality, may overlap a little', () => {
  const overlapping = (seconds: number, title: string, days = 28) =>
    daily(days, (day) => [
      watched('tv', BERLIN, day, 19, 1 + seconds / 3600, { title: `Film ${day}` }),
      watched('other-tv', { ...OTHER, place: null }, day, 20, 1, { title: `${title} ${day}` }),
    ]);
  isSuppressed(overlapping(9, 'Next'), 'next-episode');
  isSuppressed(overlapping(100, 'Film', 2), 'same-title');
  assert.ok(judged(overlapping(100, 'Next')).score > 0);
});

test('a television that sleeps plays for nobody after four hours', () => {
  const plays = daily(28, (day) => [
    watched('tv', BERLIN, day, 19, 14),
    watched('other-tv', { ...OTHER, place: null }, day, 23.5),
  ]);
  assert.equal(judged(plays).score, 0);
});

test('a device that is at home in both is of the family', () => {
  const weekends = daily(56, (day) => [
    watched('tv', BERLIN, day, 19, 2),
    watched('phone', day % 7 < 5 ? BERLIN : MUNICH, day, 20),
  ]);
  isSuppressed(weekends, 'family-device');
});

test('where a device of the family is, the family is: second homes, grandparents, commuters', () => {
  const second = daily(56, (day) => {
    if (day % 7 < 5) return [watched('tv', BERLIN, day, 19, 2), watched('phone', BERLIN, day, 21)];
    const stayed = watched('computer', BERLIN, day, 19, 2);
    return [watched('other-tv', MUNICH, day, 19, 2), watched('phone', MUNICH, day, 22), stayed];
  });
  isSuppressed(second, 'trip');
});

test('a journey with a television of its own counts little, and a workplace nothing', () => {
  const journey = daily(40, (day) => [
    watched('tv', BERLIN, day, 19, 2),
    ...(day >= 8 && day < 14 ? [watched('hotel-tv', MUNICH, day, 20)] : []),
  ]);
  const { score, findings } = judged(journey);
  assert.ok(score > 0 && score < SHARED_FROM / 2);
  assert.match(findings[0]!.whyNotSuppressed, /counts for 30 % only/);
  const work = daily(40, (day) => [
    watched('tv', BERLIN, day, 9, 8),
    ...(day % 7 < 5 ? [watched('work-computer', MUNICH, day, 10, 3)] : []),
  ]);
  isSuppressed(work, 'work');
});

test('without places there is no travel, and still what was at once', () => {
  const plays = twoTelevisions({ ...MUNICH, place: null, asn: null, organization: null });
  const { score, findings } = judged(plays);
  assert.ok(score >= SHARED_FROM);
  assert.ok(findings.every(({ kind, distanceKm }) => kind !== 'travel' && distanceKm === null));
});

test('what is allowed is no evidence: devices, networks, users', () => {
  const plays = twoTelevisions(MUNICH);
  const allow = (more: Partial<Record<'devices' | 'networks' | 'users', string[]>>) =>
    judged(plays, { user: 'anna', allowed: { devices: [], networks: [], users: [], ...more } });
  const fine = [
    { devices: ['other-tv'] },
    { networks: ['198.51.100.0/24'] },
    { networks: ['198.51.100.2'] },
    { users: ['anna'] },
  ];
  for (const each of fine) assert.equal(allow(each).score, 0, JSON.stringify(each));
  assert.ok(allow(fine[0]!).suppressed.allowed > 0);
  assert.ok(allow({ devices: ['else'], networks: ['not an address'], users: ['bert'] }).score >= SHARED_FROM);
});

test('a finding that was dismissed is gone, its repeats count less, and its pattern dismisses all of them', () => {
  const near = at('198.51.100.2', 'Berlin', 52.5, 13.4, { asn: 64501 });
  const plays = daily(28, (day) =>
    day % 7 === 0
      ? [watched('tv', BERLIN, day, 19, 2), watched('other-tv', near, day, 20)]
      : [watched('tv', BERLIN, day, 19)],
  );
  const before = judged(plays);
  const finding = before.findings.find(({ kind }) => kind === 'simultaneous')!;
  const after = judged(plays, { dismissed: [finding.id] });
  assert.ok(!after.findings.some(({ id }) => id === finding.id));
  assert.ok(pointsOf(after, 'simultaneous') > 0);
  assert.ok(pointsOf(after, 'simultaneous') < pointsOf(before, 'simultaneous') / 2);
  assert.equal(pointsOf(judged(plays, { dismissed: [finding.pattern] }), 'simultaneous'), 0);
  const all = judged(twoTelevisions(MUNICH));
  for (const kind of ['simultaneous', 'travel', 'households'] as const) {
    const patterns = all.findings.filter((each) => each.kind === kind).map(({ pattern }) => pattern);
    assert.equal(pointsOf(judged(twoTelevisions(MUNICH), { dismissed: patterns }), kind), 0, kind);
  }
});

test('ids may hold anything', () => {
  const odd = twoTelevisions(MUNICH).map((play) => ({ ...play, id: `${play.id}/ ~\u0000` }));
  const { findings } = judged(odd);
  const [first] = findings;
  assert.ok(!judged(odd, { dismissed: [first!.id] }).findings.some(({ id }) => id === first!.id));
});
