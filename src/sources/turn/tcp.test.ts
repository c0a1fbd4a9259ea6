/** TURN over TCP: messages that share segments and that are split, in any order; joined in the middle; and its end. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import * as write from '../../../lab/turn-packets.ts';
import type { Departure, Observation, Presence } from '../../core/observation.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { TurnReader } from './reader.ts';

const NOON = Date.UTC(2026, 4, 1, 12);
const SERVER: write.At = { address: '198.51.100.1', port: 3478 };
const ALICE: write.At = { address: '192.0.2.10', port: 50_000 };
const PEER: write.At = { address: '203.0.113.9', port: 7000 };
const NONE = Buffer.alloc(0);
const { syn, ack, fin, rst } = write.TCP_FLAGS;

const relayed = (transaction: number) => write.relayed({ address: SERVER.address, port: 49_200 }, transaction);
const names = [write.username('alice'), write.realm('example.org')];

/** What a client and the server say, in bytes of each direction. */
const HELLO = {
  up: Buffer.concat([
    write.stun('allocate', 'request', 1, ...names),
    write.stun('channelBind', 'request', 2, write.channelNumber(0x4000), write.peer(PEER, 2), ...names),
  ]),
  down: Buffer.concat([
    write.stun('allocate', 'success', 1, relayed(1), write.lifetime(600)),
    write.stun('channelBind', 'success', 2),
  ]),
};

function wire() {
  const counters = new ScopedCounters();
  const foldMs = Number.POSITIVE_INFINITY;
  const reader = new TurnReader({ ports: [3478], maxAllocations: 1000, foldMs, counters, seed: 7 });
  let second = 0;
  const at = { up: 1000, down: 0xffff_ff00 };
  const packet = (bytes: Buffer) => reader.onPacket(bytes, 0, bytes.length, bytes.length, NOON + ++second * 10, 1);
  const segment = (way: 'up' | 'down', sequence: number, bytes: Buffer, flags: number = ack, client = ALICE) =>
    packet(
      way === 'up'
        ? write.tcpFrame(client, SERVER, sequence, bytes, flags)
        : write.tcpFrame(SERVER, client, sequence, bytes, flags),
    );
  /** In its turn. */
  const say = (way: 'up' | 'down', bytes: Buffer, flags: number = ack, client = ALICE) => {
    segment(way, at[way], bytes, flags, client);
    at[way] += bytes.length + ((flags & syn) === 0 ? 0 : 1);
  };
  const open = (client = ALICE) => {
    say('up', NONE, syn, client);
    say('down', NONE, syn | ack, client);
  };
  let observations: Observation[] = [];
  const cut = () => {
    observations = [...observations, ...reader.cut().observations];
    return observations;
  };
  return {
    ...{ reader, segment, say, open, at },
    presences: () => cut().filter((each): each is Presence => each.kind === 'presence'),
    departures: () => cut().filter((each): each is Departure => each.kind === 'departure'),
    counter: (name: string) => {
      cut();
      return counters.get(name);
    },
  };
}

type Wire = ReturnType<typeof wire>;

function greet(on: Wire): void {
  on.open();
  on.say('up', HELLO.up);
  on.say('down', HELLO.down);
}

const traffic = (on: Wire) => {
  const sum = { up: { packets: 0, bytes: 0 }, down: { packets: 0, bytes: 0 } };
  for (const presence of on.presences()) {
    for (const way of ['up', 'down'] as const) {
      sum[way].packets += presence.traffic![way].packets;
      sum[way].bytes += presence.traffic![way].bytes;
    }
  }
  return sum;
};

test('several messages in a segment, padding between them, and the same client over UDP is another', () => {
  const on = wire();
  greet(on);
  on.say('up', Buffer.concat([1, 2, 3, 4, 0].map((bytes) => write.paddedChannelData(0x4000, bytes))));
  on.say('down', Buffer.concat([write.paddedChannelData(0x4000, 100), write.paddedChannelData(0x4001, 100)]));
  assert.deepEqual(traffic(on), { up: { packets: 5, bytes: 10 }, down: { packets: 1, bytes: 100 } });
  assert.equal(on.counter('unboundChannelData'), 1);
  const [first] = on.presences();
  assert.equal(first!.details!['transport'], 'tcp');
  assert.match(first!.client.connection!, / tcp 198\.51\.100\.1:49200 /);
  const datagram = write.frame(ALICE, SERVER, write.channelData(0x4000, 50));
  on.reader.onPacket(datagram, 0, datagram.length, datagram.length, NOON + 5000, 1);
  assert.equal(on.counter('strayChannelData'), 1);
});

test('however it is cut, repeated and put out of order, what is counted is the same', () => {
  const up = Buffer.concat([
    HELLO.up,
    ...Array.from({ length: 12 }, (_, i) => write.paddedChannelData(0x4000, i * 37)),
    write.stun('send', 'indication', 3, write.peer(PEER, 3), write.payload(77)),
    write.paddedChannelData(0x4000, 5),
  ]);
  const cuts = fc.array(fc.nat(up.length), { maxLength: 20 });
  fc.assert(
    fc.property(cuts, fc.array(fc.nat(30), { maxLength: 20 }), fc.nat(3), (at, swaps, again) => {
      const on = wire();
      on.open();
      const edges = [0, ...at.toSorted((a, b) => a - b), up.length];
      const pieces = edges.slice(1).map((end, i) => [edges[i]!, end] as const);
      // The server's answers come when all has been asked: allocations and bindings first.
      const asked = pieces.filter(([from]) => from < HELLO.up.length);
      const rest = pieces.filter(([from]) => from >= HELLO.up.length);
      for (const i of swaps) if (i + 1 < rest.length) [rest[i], rest[i + 1]] = [rest[i + 1]!, rest[i]!];
      const base = on.at.up;
      for (const [from, to] of asked) on.segment('up', base + from, up.subarray(from, Math.min(to, HELLO.up.length)));
      on.say('down', HELLO.down);
      for (const [from, to] of asked) on.segment('up', base + from, up.subarray(from, to));
      for (const [from, to] of rest) on.segment('up', base + from, up.subarray(from, to));
      for (const [from, to] of rest.slice(0, again)) on.segment('up', base + from, up.subarray(from, to));
      assert.deepEqual(traffic(on).up, { packets: 14, bytes: 37 * 66 + 77 + 5 });
      assert.equal(on.counter('gaps') + on.counter('rejected') + on.counter('notTurn'), 0);
    }),
    { numRuns: 300 },
  );
});

test('joined in the middle, it goes on at the first segment that begins with a message', () => {
  const on = wire();
  on.say('up', Buffer.from('the end of something, and not its beginning'));
  on.say('up', write.paddedChannelData(0x4000, 10));
  assert.equal(on.counter('notTurn'), 2, 'nothing tells that this is ChannelData');
  on.say('up', write.stun('refresh', 'request', 5, write.lifetime(600), ...names));
  on.say('down', write.stun('refresh', 'success', 5, write.lifetime(600)));
  on.say('down', write.paddedChannelData(0x4000, 20));
  on.say('up', write.paddedChannelData(0x4000, 30));
  assert.deepEqual(traffic(on), { up: { packets: 1, bytes: 30 }, down: { packets: 1, bytes: 20 } });
  assert.equal(on.presences()[0]!.details!['adopted'], true);
});

test('after a gap it goes on at a channel that is bound', () => {
  const on = wire();
  greet(on);
  on.at.up += 1000;
  for (let i = 0; i < 70; i++) on.say('up', write.paddedChannelData(i % 2 === 0 ? 0x4000 : 0x4444, 8));
  assert.equal(on.counter('gaps'), 1);
  assert.equal(traffic(on).up.bytes, 35 * 8);
});

test('other things on the port are no TURN: HTTP, TLS, a connection that begins with ChannelData', () => {
  const http = wire();
  http.open();
  http.say('up', Buffer.from('GET / HTTP/1.1\r\nHost: radio.example\r\n\r\n'));
  http.say('down', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const tls = wire();
  tls.open();
  tls.say('up', Buffer.concat([Buffer.from('16030100a5010000a10303', 'hex'), Buffer.alloc(159, 7)]));
  assert.equal(tls.counter('encrypted'), 1);
  assert.equal(http.counter('notTurn'), 2);
  const early = wire();
  early.open();
  early.say('up', write.paddedChannelData(0x4000, 8));
  assert.deepEqual([early.counter('notTurn'), early.counter('channelData')], [1, 0]);
  for (const on of [http, tls, early]) assert.deepEqual([on.presences(), on.counter('allocations')], [[], 0]);
});

test('its end is the end of the allocation: both sides, a reset, or the same ports again', () => {
  const closed = wire();
  greet(closed);
  closed.say('up', NONE, fin | ack);
  assert.equal(closed.departures().length, 0, 'the server may still have something to say');
  closed.say('down', write.paddedChannelData(0x4000, 9), fin | ack);
  assert.equal(closed.departures().length, 1);
  assert.equal(traffic(closed).down.bytes, 9);
  assert.equal(closed.reader.connections.size, 0);

  const reset = wire();
  greet(reset);
  reset.say('down', NONE, rst);
  assert.equal(reset.departures().length, 1);

  const reused = wire();
  greet(reused);
  reused.at.up += 500_000;
  greet(reused);
  assert.deepEqual([reused.departures().length, reused.counter('allocations')], [1, 1]);
  assert.equal(reused.counter('retransmissions'), 4, 'the same transactions, which a client would not use again');

  const half = wire();
  greet(half);
  half.say('up', NONE, fin | ack);
  half.reader.passTime(NOON + 60_000);
  assert.equal(half.departures().length, 1);
});

test('a peer over TCP: the bytes of its own connection are those of the allocation', () => {
  const on = wire();
  greet(on);
  const other = { ...ALICE, port: 50_001 };
  on.say('up', write.stun('connect', 'request', 8, write.peer(PEER, 8), ...names));
  on.say('down', write.stun('connect', 'success', 8, write.connectionId(77)));
  const at = { up: 5, down: 5 };
  on.segment('up', at.up++, NONE, syn, other);
  on.segment('down', at.down++, NONE, syn | ack, other);
  const ask = write.stun('connectionBind', 'request', 9, write.connectionId(77), ...names);
  const answer = write.stun('connectionBind', 'success', 9);
  on.segment('up', at.up, ask, ack, other);
  on.segment('down', at.down, Buffer.concat([answer, Buffer.from('hello')]), ack, other);
  on.segment('up', at.up + ask.length, Buffer.from('GET / HTTP/1.1\r\n\r\n'), ack, other);
  assert.deepEqual(traffic(on), { up: { packets: 1, bytes: 18 }, down: { packets: 1, bytes: 5 } });
  assert.equal(on.counter('relayConnections'), 1);
  assert.equal(on.counter('allocations'), 1);
});

test('a flood of connections and of segments without order is bounded', () => {
  const counters = new ScopedCounters();
  const foldMs = Number.POSITIVE_INFINITY;
  const reader = new TurnReader({ ports: [3478], maxAllocations: 100, foldMs, counters, seed: 7 });
  for (let i = 0; i < 5000; i++) {
    const client = { address: `192.0.2.${i % 250}`, port: 1024 + i };
    const first = write.tcpFrame(client, SERVER, 1, NONE, syn);
    const hole = write.tcpFrame(client, SERVER, 1000, Buffer.alloc(1000, 1));
    for (const bytes of [first, hole]) reader.onPacket(bytes, 0, bytes.length, bytes.length, NOON + i, 1);
  }
  assert.equal(reader.connections.size, 100);
  assert.equal(reader.connections.dropped, 4900);
  assert.equal(reader.connections.segments.held, 100_000);
});
