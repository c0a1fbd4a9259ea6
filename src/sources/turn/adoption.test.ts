/** Who was there before we listened, and who only looks like TURN. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import * as write from '../../../lab/turn-packets.ts';
import type { Observation, Presence } from '../../core/observation.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { TurnReader } from './reader.ts';
import { WaitingRoom } from './waiting.ts';

const NOON = Date.UTC(2026, 4, 1, 12);
const SERVER: write.At = { address: '198.51.100.1', port: 3478 };
const ALICE: write.At = { address: '192.0.2.10', port: 50_000 };
const PEER: write.At = { address: '203.0.113.9', port: 7000 };
const names = [write.username('alice'), write.realm('example.org')];

function wire() {
  const counters = new ScopedCounters();
  const foldMs = Number.POSITIVE_INFINITY;
  const reader = new TurnReader({ ports: [3478], maxAllocations: 1000, foldMs, counters, seed: 7 });
  const raw = (second: number, bytes: Buffer) =>
    reader.onPacket(bytes, 0, bytes.length, bytes.length, NOON + second * 1000, 1);
  const up = (second: number, datagram: Buffer, from = ALICE) => raw(second, write.frame(from, SERVER, datagram));
  const down = (second: number, datagram: Buffer, to = ALICE) => raw(second, write.frame(SERVER, to, datagram));
  let observations: Observation[] = [];
  const presences = () => {
    observations = [...observations, ...reader.cut().observations];
    return observations.filter((each): each is Presence => each.kind === 'presence');
  };
  const counter = (name: string) => {
    presences();
    return counters.get(name);
  };
  return { reader, raw, up, down, presences, counter };
}

const refresh = (kind: 'request' | 'success', number: number, seconds = 600) =>
  write.stun('refresh', kind, number, write.lifetime(seconds), ...(kind === 'request' ? names : []));

test('what was relayed before the first message counts from its first packet, on channels that the server proves', () => {
  const on = wire();
  on.up(1, write.channelData(0x4000, 100));
  on.down(2, write.channelData(0x4000, 50));
  on.up(3, write.channelData(0x4001, 7));
  on.up(3, write.stun('send', 'indication', 4, write.peer(PEER, 4), write.payload(30)));
  assert.deepEqual([on.presences(), on.counter('strayChannelData'), on.counter('strayIndications')], [[], 3, 1]);
  on.up(10, refresh('request', 5));
  on.down(10, refresh('success', 5));
  const [first] = on.presences();
  assert.deepEqual(first!.traffic, { up: { packets: 2, bytes: 130 }, down: { packets: 1, bytes: 50 } });
  assert.deepEqual([first!.since, first!.details!['adopted'], first!.client.user], [NOON + 1000, true, 'alice']);
  assert.equal(on.counter('recovered'), 3);

  // The other channel was only claimed by the client, until the server uses it.
  on.up(11, write.channelData(0x4001, 8));
  on.down(12, write.channelData(0x4001, 9));
  const last = on.presences().at(-1)!;
  assert.deepEqual(last.traffic, { up: { packets: 2, bytes: 15 }, down: { packets: 1, bytes: 9 } });
  assert.deepEqual(on.reader.summary().channelData, {
    up: { messages: 3, bytes: 115 },
    down: { messages: 2, bytes: 59 },
  });
});

test('what was heard before a birth or after an end is of another allocation', () => {
  const on = wire();
  on.down(1, write.channelData(0x4000, 50));
  const born = write.relayed({ ...SERVER, port: 49_200 }, 1);
  on.up(2, write.stun('allocate', 'request', 1, ...names));
  on.down(2, write.stun('allocate', 'success', 1, born, write.lifetime(600)));
  assert.equal(on.presences().at(-1)!.bytes, 0);
  on.down(3, write.channelData(0x4000, 50));
  assert.equal(on.counter('unboundChannelData'), 1, 'its birth was seen, and no binding');

  const gone = wire();
  gone.down(1, write.channelData(0x4000, 50));
  gone.down(2, refresh('success', 1, 0));
  gone.down(3, refresh('success', 2));
  assert.equal(gone.presences()[0]!.bytes, 0);
});

test('those who wait are bounded, in number, in channels and in time', () => {
  const room = new WaitingRoom(100, 1);
  const flow = (port: number) => ({
    ...{ bytes: new Uint8Array(8), protocol: 17, addressLength: 4 },
    ...{ client: 0, clientPort: port, server: 4, serverPort: 3478 },
  });
  for (let i = 0; i < 1000; i++) {
    room.pass(flow(i), true, 10, NOON);
    for (let channel = 0; channel < 100; channel++) room.hear(flow(i), 0x4000 + channel, true, 10, NOON);
  }
  assert.deepEqual([room.size, room.dropped], [100, 900]);
  assert.equal(room.take(flow(999))!.channels!.size, 16);
  room.forget(NOON + 600_001);
  assert.equal(room.size, 0);
});

test('a mobile allocation moves with its ticket, keeps who it is, and takes the old place away', () => {
  const on = wire();
  const train = { address: '192.0.2.99', port: 1234 };
  const born = write.relayed({ ...SERVER, port: 49_200 }, 1);
  on.up(1, write.stun('allocate', 'request', 1, ...names, write.ticket('')));
  on.down(1, write.stun('allocate', 'success', 1, born, write.lifetime(600), write.ticket('first')));
  on.up(2, write.stun('channelBind', 'request', 2, write.channelNumber(0x4000), write.peer(PEER, 2), ...names));
  on.down(2, write.stun('channelBind', 'success', 2));
  on.up(3, write.channelData(0x4000, 10));
  on.up(4, write.stun('refresh', 'request', 3, write.ticket('stolen'), ...names), train);
  on.down(4, write.stun('refresh', 'error', 3, write.errorCode(400)), train);
  on.up(5, write.stun('refresh', 'request', 4, write.ticket('first'), ...names), train);
  on.down(5, write.stun('refresh', 'success', 4, write.lifetime(600), write.ticket('second')), train);
  on.up(6, write.channelData(0x4000, 20), train);
  on.up(6, write.channelData(0x4000, 40));
  const [only, ...others] = on.presences();
  assert.deepEqual([only!.bytes, only!.client.address, only!.details!['moved'], others], [30, ALICE.address, 1, []]);
  on.up(7, write.stun('refresh', 'request', 5, write.ticket('second'), write.lifetime(0), ...names), ALICE);
  on.down(7, write.stun('refresh', 'success', 5, write.lifetime(0)), ALICE);
  assert.equal(on.reader.allocations.size, 0);
  assert.deepEqual([on.counter('allocations'), on.counter('moved'), on.counter('ended')], [1, 2, 1]);
});

test('messages that ICMP quotes, and the dialects of WhatsApp and of Microsoft, make nobody', () => {
  const on = wire();
  const success = write.stun('allocate', 'success', 1, write.relayed(PEER, 1), write.lifetime(600));
  const quoted = write.frame(SERVER, ALICE, success);
  const icmp = Buffer.concat([quoted.subarray(0, 34), Buffer.from('0303000000000000', 'hex'), quoted.subarray(14)]);
  icmp.writeUInt16BE(icmp.length - 14, 16);
  icmp[23] = 1;
  on.raw(1, icmp);
  assert.equal(on.counter('otherPackets'), 1);

  // WhatsApp asks to allocate with attributes of its own, and is told of no relayed address.
  on.up(2, write.stun('allocate', 'request', 2, [0x4000, Buffer.alloc(16, 1)], [0x4002, Buffer.alloc(4)]));
  on.down(2, write.stun('allocate', 'success', 2, [0x4002, Buffer.alloc(8)]));
  // Microsoft's cookie is the first attribute.
  const cookie: write.Attribute = [0x000f, Buffer.from('72c64bc6', 'hex')];
  on.down(3, write.stun('allocate', 'success', 3, cookie, write.relayed(PEER, 3), write.lifetime(600)));
  // A success that says how long nothing lasts renews nothing.
  on.down(4, write.stun('refresh', 'success', 4));
  // RFC 3489 has no cookie.
  const classic = write.stun('binding', 'request', 5);
  classic.fill(9, 4, 8);
  on.up(5, classic);
  assert.deepEqual(on.presences(), []);
  assert.deepEqual(['microsoftTurn', 'classicStun', 'rejected', 'allocations'].map(on.counter), [1, 1, 0, 0]);
});

test('answers that refuse are counted by their code', () => {
  const on = wire();
  for (const [i, code] of [401, 401, 437, 438, 441, 486, 599].entries()) {
    on.up(i, write.stun('allocate', 'request', i, ...names));
    on.down(i, write.stun('allocate', 'error', i, write.errorCode(code)));
  }
  const counted = ['error401', 'error437', 'error438', 'error441', 'error486', 'errorOther'].map(on.counter);
  assert.deepEqual(counted, [2, 1, 1, 1, 1, 1]);
  assert.deepEqual(on.reader.summary().errors['allocate 401'], 2);
  assert.equal(on.counter('errorResponses'), 7);
});
