import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { playAt, spot } from '../fixture.ts';
import type { Play } from '../play.ts';
import { addressesOf } from './addresses.ts';
import { effectiveEnd, findConcurrent } from './concurrent.ts';
import { isFlagged, judgeClassic, scoreOf, usesSeveralDevices } from './judgement.ts';
import { isLan, isSameNetwork } from './network.ts';

const HERE = '192.0.2.1';
const THERE = '198.51.100.2';
/** So many plays of a device, a day apart, none of which overlaps another. */
const plays = (device: string, count: number, from: number, address = HERE) =>
  Array.from({ length: count }, (_, i) => playAt(from + i * 86_400, 600, { device, address }));
/** Pairs of plays at once on two devices. */
const atOnce = (count: number) =>
  Array.from({ length: count }, (_, i) => [
    playAt(i * 86_400, 600, { device: 'tv', address: HERE }),
    playAt(i * 86_400 + 300, 600, { device: 'phone', address: THERE }),
  ]).flat();

test('[003] 114: the scores of the original', () => {
  const twoHeavy = [...atOnce(3), ...plays('tv', 3, 7200), ...plays('phone', 3, 14_400)];
  const vectors: [Play[], number][] = [
    [[...plays('tv', 1, 0), ...plays('phone', 1, 7200)], 10],
    [[...plays('tv', 1, 0), ...plays('phone', 1, 7200), ...plays('tablet', 1, 14_400)], 20],
    [twoHeavy, 56],
  ];
  for (const [history, score] of vectors) assert.equal(judgeClassic(history, null)!.score, score);

  // There and back at once, far away, twice: the first day's plays overlap no other.
  const far = new Map([
    [HERE, spot(51.5, 0)],
    [THERE, spot(40.7, -74)],
  ]);
  const jumping = [
    ...[0, 1, 2].flatMap((day) => [
      playAt(day * 86_400, 600, { device: 'tv', address: HERE }),
      playAt(day * 86_400 + 300, 200, { device: 'phone', address: THERE }),
    ]),
    ...plays('tv', 3, 10 * 86_400),
    ...plays('phone', 3, 20 * 86_400, HERE),
  ];
  const judgement = judgeClassic(jumping, far)!;
  assert.equal(judgement.jumps.length, 6, 'out and back, each day');
  assert.equal(judgement.score, 56 + 6 * 30);
  const counts = { devices: 2, devicePairs: 1, overlaps: 3, heavyDevices: 2, jumps: 2 };
  assert.equal(scoreOf(counts), 116);
  assert.equal(scoreOf({ ...counts, overlaps: 60, heavyDevices: 0, jumps: 0 }), 135);
});

test('[003] 115: heavy is more than five plays; of overlaps fifty count', () => {
  const heavy = (tv: number, phone: number) =>
    judgeClassic([...plays('tv', tv, 0), ...plays('phone', phone, 7200)], null)!;
  assert.deepEqual([heavy(5, 6).heavyDevices, heavy(5, 6).score], [1, 10]);
  assert.deepEqual([heavy(6, 6).heavyDevices, heavy(6, 6).score], [2, 25]);
  const [fifty, sixty] = [judgeClassic(atOnce(50), null)!, judgeClassic(atOnce(60), null)!];
  assert.deepEqual([fifty.concurrency.overlaps, sixty.concurrency.overlaps], [50, 60]);
  assert.equal(sixty.score, fifty.score);
  assert.equal(sixty.score, 10 + 25 + 100 + 15);
});

test('[003] 113: one device is nothing to judge', () => {
  assert.equal(judgeClassic(plays('tv', 9, 0), null), null);
  assert.equal(judgeClassic([], null), null);
  assert.deepEqual([usesSeveralDevices([]), usesSeveralDevices(plays('tv', 2, 0))], [false, false]);
  assert.equal(usesSeveralDevices([...plays('tv', 2, 0), playAt(0, 1, { device: null })]), true);
});

test('[003] 116, 117: the threshold is inclusive; who was never twice at once may be left out', () => {
  const three = judgeClassic(
    ['a', 'b', 'c'].flatMap((device, i) => plays(device, 1, i * 7200)),
    null,
  )!;
  assert.equal(three.score, 20);
  const flags = { minScore: 20, concurrentOnly: false };
  assert.equal(isFlagged(three, flags), true);
  assert.equal(isFlagged(three, { ...flags, minScore: 21 }), false);
  assert.equal(isFlagged(three, { ...flags, concurrentOnly: true }), false);
  assert.equal(isFlagged(judgeClassic(atOnce(1), null)!, { ...flags, concurrentOnly: true }), true);
});

test('[003] 118: overlaps are on different devices in different networks, and more than a touch', () => {
  const overlaps = (other: Partial<Play>, from = 300) => {
    const one = playAt(0, 600, { device: 'tv', address: HERE });
    return findConcurrent([one, playAt(from, 600, { device: 'phone', address: THERE, ...other })]).overlaps;
  };
  assert.equal(overlaps({}), 1);
  assert.equal(overlaps({ device: 'tv' }), 0);
  assert.equal(overlaps({ address: HERE }), 0);
  assert.equal(overlaps({}, 600), 0, 'the one begins as the other ends');
  assert.equal(overlaps({}, 599), 1);
  assert.equal(overlaps({ startedAt: null }), 0);
  assert.equal(overlaps({ address: null }), 1, 'nobody knows where is not here');
});

test('[003] 119: any two local addresses are one network, in all their ranges', () => {
  const local = ['10.1.2.3', '192.168.0.9', '172.16.0.1', '172.31.255.1', '169.254.7.7', '100.64.0.1', '127.0.0.1'];
  const local6 = ['fc00::1', 'fdff::9', 'fe80::1', '::1', '::ffff:10.0.0.1'];
  for (const address of [...local, ...local6]) {
    assert.equal(isLan(address), true, address);
    assert.equal(isSameNetwork(address, '10.0.0.1'), true, address);
    assert.equal(isSameNetwork(address, HERE), false, address);
  }
  for (const address of ['172.32.0.1', '100.128.0.1', '2001:db8::1', '11.0.0.1', 'token', '']) {
    assert.equal(isLan(address), false, address);
  }
  assert.equal(isSameNetwork(null, null), true);
});

test('[003] 120: a play ends after its playing time, else when it was stopped, else at once', () => {
  const end = (more: Partial<Play>) => effectiveEnd(playAt(0, 600, more), 1000);
  assert.equal(end({ stoppedAt: 99_999_999_999_999 }), 601_000);
  assert.equal(end({ playSeconds: 0, stoppedAt: 42_000 }), 42_000);
  assert.equal(end({ playSeconds: 0, stoppedAt: null }), 1000);
});

test('[003] 131: plays that tell nothing group under one device that is unknown', () => {
  const nothing = { device: null, platform: null, player: null, title: null, address: null };
  const { devices } = judgeClassic([playAt(0, 60, nothing), playAt(100, 60, nothing), playAt(200, 10)], null)!;
  assert.deepEqual(
    devices.map(({ device, platform, player, plays: count, addresses }) => [
      device,
      platform,
      player,
      count,
      addresses,
    ]),
    [
      ['unknown', null, null, 2, []],
      ['a', 'iOS', 'Phone', 1, [HERE]],
    ],
  );
});

test('a device is called as it was in its newest play; longest playing time first', () => {
  const {
    devices,
    plays: count,
    playSeconds,
  } = judgeClassic(
    [
      playAt(0, 100, { device: 'tv', player: 'Old name' }),
      playAt(500, 100, { device: 'tv', player: 'New name', address: THERE }),
      playAt(900, 300, { device: 'phone' }),
    ],
    null,
  )!;
  assert.deepEqual([devices.map(({ player }) => player), count, playSeconds], [['Phone', 'New name'], 3, 500]);
  assert.deepEqual(devices[1]!.addresses, [HERE, THERE]);
});

test('addresses by playing time, with their shares', () => {
  const report = addressesOf([
    playAt(0, 100),
    playAt(200, 300, { address: THERE, platform: null }),
    playAt(300, 100, { address: THERE }),
    playAt(400, 999, { address: null }),
  ]);
  assert.deepEqual([report.plays, report.playSeconds], [3, 500]);
  assert.deepEqual(
    report.addresses.map(({ address, share, platforms }) => [address, share, platforms]),
    [
      [THERE, 0.8, ['iOS', null]],
      [HERE, 0.2, ['iOS']],
    ],
  );
  assert.deepEqual(addressesOf([playAt(0, 0)]).addresses[0]!.share, 0);
});
