import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SessionRecord } from '../../core/session.ts';
import { sessionOf } from './fixture.ts';
import { MOST_TALKERS, RelaySummarizer } from './relay.ts';

const NOON = Date.UTC(2026, 4, 1, 12);

function allocation(user: string, up: number, down: number, seconds = 10, peers = 1): SessionRecord {
  const packets = (bytes: number) => Math.ceil(bytes / 1000);
  return {
    ...sessionOf({ from: NOON, to: NOON + seconds * 1000 }),
    user,
    address: '192.0.2.7',
    port: 5000,
    bytes: up + down,
    traffic: { up: { packets: packets(up), bytes: up }, down: { packets: packets(down), bytes: down } },
    details: { peers },
  };
}

test('it sums up both directions, and tells who relayed most', () => {
  const relay = new RelaySummarizer();
  for (const each of [allocation('alice', 1000, 0), allocation('bob', 4000, 5000, 20, 3), allocation('carol', 0, 0)])
    relay.add(each);
  const { talkers, ...sums } = relay.summary();
  assert.deepEqual(sums, {
    ...{ allocations: 3, used: 2, peers: 5, bitsPerSecond: 4000 },
    up: { packets: 5, bytes: 5000 },
    down: { packets: 5, bytes: 5000 },
  });
  assert.deepEqual(
    talkers.map(({ user, bitsPerSecond, seconds, peers }) => [user, bitsPerSecond, seconds, peers]),
    [
      ['bob', 3600, 20, 3],
      ['alice', 800, 10, 1],
    ],
  );
});

test('of many the greatest are kept, in whatever order they come', () => {
  const relay = new RelaySummarizer();
  for (let i = 0; i < 1000; i++) relay.add(allocation(`user ${i}`, ((i * 7919) % 1000) + 1, 0));
  const { talkers, used } = relay.summary();
  assert.equal(used, 1000);
  assert.deepEqual(
    talkers.map(({ up }) => up.bytes),
    Array.from({ length: MOST_TALKERS }, (_, i) => 1000 - i),
  );
});

test('nobody is nothing', () => {
  const { allocations, bitsPerSecond, talkers } = new RelaySummarizer().summary();
  assert.deepEqual([allocations, bitsPerSecond, talkers], [0, 0, []]);
});
