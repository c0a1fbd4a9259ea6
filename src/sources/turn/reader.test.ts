/** Packets in, observations out: a client, its server and what they say to one another. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import * as write from '../../../lab/turn-packets.ts';
import type { Departure, Observation, Presence } from '../../core/observation.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { createCaptureReader } from '../../transports/capture/pcap.ts';
import { TurnReader } from './reader.ts';

const NOON = Date.UTC(2026, 4, 1, 12);
const SERVER: write.At = { address: '198.51.100.1', port: 3478 };
const ALICE: write.At = { address: '192.0.2.10', port: 50_000 };
const RELAYED: write.At = { address: '198.51.100.1', port: 49_200 };
const PEER: write.At = { address: '203.0.113.9', port: 7000 };

/** A reader, and what is on the wire before it. Times are seconds after noon. */
function wire({ ports = [3478], maxAllocations = 1000, foldMs = Number.POSITIVE_INFINITY } = {}) {
  const counters = new ScopedCounters();
  const reader = new TurnReader({ ports, maxAllocations, foldMs, counters, seed: 7 });
  const capture = createCaptureReader(reader.onPacket);
  capture.write(write.pcapHeader());
  const send = (second: number, from: write.At, to: write.At, datagram: Buffer, snap?: number) => {
    const bytes = write.frame(from, to, datagram);
    const packet = { time: NOON + second * 1000, bytes, ...(snap === undefined ? {} : { snap }) };
    capture.write(write.pcapRecord(packet));
  };
  let observations: Observation[] = [];
  const cut = () => {
    observations = [...observations, ...reader.cut().observations];
    return observations;
  };
  return {
    reader,
    counters,
    send,
    observations: cut,
    presences: () => cut().filter((each): each is Presence => each.kind === 'presence'),
    departures: () => cut().filter((each): each is Departure => each.kind === 'departure'),
    counter: (name: string) => {
      cut();
      return counters.get(name);
    },
  };
}

type Wire = ReturnType<typeof wire>;

let transactions = 0;

/** A request and the server's answer. */
function exchange(
  { send }: Wire,
  second: number,
  method: 'allocate' | 'refresh' | 'channelBind' | 'createPermission',
  options: {
    client?: write.At;
    server?: write.At;
    asks?: (transaction: number) => write.Attribute[];
    answers?: (transaction: number) => write.Attribute[];
    kind?: 'success' | 'error';
  },
) {
  const { client = ALICE, server = SERVER, asks, answers, kind = 'success' } = options;
  const transaction = ++transactions;
  send(second, client, server, write.stun(method, 'request', transaction, ...(asks?.(transaction) ?? [])));
  send(second, server, client, write.stun(method, kind, transaction, ...(answers?.(transaction) ?? [])));
  return transaction;
}

interface Who {
  client?: write.At;
  server?: write.At;
  relayed?: write.At;
  user?: string | Buffer;
  realm?: string;
  seconds?: number;
}

function allocate(on: Wire, second: number, who: Who = {}) {
  const {
    client = ALICE,
    server = SERVER,
    relayed = RELAYED,
    user = 'alice',
    realm = 'example.org',
    seconds = 600,
  } = who;
  return exchange(on, second, 'allocate', {
    client,
    server,
    asks: () => [[0x0006, Buffer.from(user)], write.realm(realm)],
    answers: (transaction) => [write.relayed(relayed, transaction), write.lifetime(seconds)],
  });
}

const refresh = (on: Wire, second: number, seconds: number, client = ALICE) =>
  exchange(on, second, 'refresh', {
    client,
    asks: () => [write.lifetime(seconds), write.username('alice'), write.realm('example.org')],
    answers: () => [write.lifetime(seconds)],
  });

const bind = (on: Wire, second: number, channel: number, to = PEER, client = ALICE, server = SERVER) =>
  exchange(on, second, 'channelBind', {
    client,
    server,
    asks: (transaction) => [
      write.channelNumber(channel),
      write.peer(to, transaction),
      write.username('alice'),
      write.realm('example.org'),
    ],
  });

const up = ({ send }: Wire, second: number, channel: number, bytes: number, client = ALICE) =>
  send(second, client, SERVER, write.channelData(channel, bytes));
const down = ({ send }: Wire, second: number, channel: number, bytes: number, client = ALICE) =>
  send(second, SERVER, client, write.channelData(channel, bytes));

test('an allocation from its birth to its end', () => {
  const on = wire();
  exchange(on, 0, 'allocate', { kind: 'error', answers: () => [write.errorCode(401), write.realm('example.org')] });
  allocate(on, 1, { seconds: 777 });
  bind(on, 2, 0x4000);
  up(on, 3, 0x4000, 100);
  down(on, 3.5, 0x4000, 50);
  down(on, 3.5, 0x4000, 51);
  refresh(on, 4, 300);
  refresh(on, 5, 0);
  const connection = `192.0.2.10:50000 198.51.100.1:3478 udp 198.51.100.1:49200 ${NOON + 1000}`;
  const client = {
    ...{ address: '192.0.2.10', port: 50_000, userAgent: null, user: 'alice', device: null },
    ...{ connection, playback: null, isPublisher: false },
  };
  assert.deepEqual(on.observations(), [
    {
      kind: 'presence',
      stream: 'example.org',
      client,
      from: NOON + 1000,
      to: NOON + 5000,
      since: null,
      until: NOON + 304_000,
      over: false,
      provisional: false,
      bytes: 201,
      requests: 0,
      traffic: { up: { packets: 1, bytes: 100 }, down: { packets: 2, bytes: 101 } },
      qualities: null,
      title: null,
      details: {
        server: '198.51.100.1:3478',
        transport: 'udp',
        peers: 1,
        realm: 'example.org',
        relayed: '198.51.100.1:49200',
        channels: '4000',
        wireUpPackets: 6,
        wireUpBytes: 352,
        wireDownPackets: 7,
        wireDownBytes: 269,
        upBitsPerSecond: 200,
        downBitsPerSecond: 202,
      },
    },
    { kind: 'departure', stream: 'example.org', client, at: NOON + 5000 },
  ]);
  assert.deepEqual(on.reader.summary(), {
    messages: {
      'allocate request': 2,
      'allocate response': 1,
      'allocate errorResponse': 1,
      'channelBind request': 1,
      'channelBind response': 1,
      'refresh request': 2,
      'refresh response': 2,
    },
    allocations: 1,
    channelData: { up: { messages: 1, bytes: 100 }, down: { messages: 2, bytes: 101 } },
    send: { up: { messages: 0, bytes: 0 }, down: { messages: 0, bytes: 0 } },
    data: { up: { messages: 0, bytes: 0 }, down: { messages: 0, bytes: 0 } },
    errors: { 'allocate 401': 1 },
    retransmissions: 0,
  });
});

test('who it is: with an expiry before the name, with a bad name, without a realm, over IPv6', () => {
  const rest = wire();
  allocate(rest, 0, { user: '1790000000:alice:mobile' });
  assert.equal(rest.presences()[0]!.client.user, 'alice:mobile');

  const bad = wire();
  allocate(bad, 0, { user: Buffer.from([0x61, 0xff]) });
  assert.equal(bad.presences()[0]!.client.user, null);
  assert.equal(bad.counter('unreadableTexts'), 1);

  const open = wire();
  allocate(open, 0, { user: '', realm: '' });
  assert.deepEqual([open.presences()[0]!.stream, open.presences()[0]!.client.user], ['198.51.100.1:3478', null]);

  const six = wire();
  const client = { address: '2001:db8::10', port: 50_000 };
  const server = { address: '2001:db8::1', port: 3478 };
  allocate(six, 0, { client, server, relayed: { address: '2001:db8::1', port: 49_200 }, realm: '' });
  bind(six, 1, 0x4001, { address: '2001:db8::99', port: 5 }, client, server);
  six.send(2, client, server, write.channelData(0x4001, 9));
  const [first] = six.presences();
  assert.deepEqual([first!.client.address, first!.stream, first!.bytes], ['2001:db8::10', '[2001:db8::1]:3478', 9]);
  assert.equal(first!.details!['relayed'], '[2001:db8::1]:49200');
});

test('a channel counts when the server has bound it, and with a length that is true', () => {
  const on = wire();
  allocate(on, 0);
  up(on, 1, 0x4000, 10);
  exchange(on, 2, 'channelBind', {
    asks: (transaction) => [write.channelNumber(0x4000), write.peer(PEER, transaction)],
    kind: 'error',
    answers: () => [write.errorCode(400)],
  });
  up(on, 3, 0x4000, 20);
  assert.equal(on.counter('unboundChannelData'), 2);
  bind(on, 4, 0x4000);
  bind(on, 4, 0x5463);
  up(on, 5, 0x5463, 40);
  on.send(5, ALICE, SERVER, Buffer.concat([write.channelData(0x4000, 5), Buffer.alloc(3)]));
  on.send(5, ALICE, SERVER, Buffer.concat([write.channelData(0x4000, 5), Buffer.alloc(4)]));
  on.send(5, ALICE, SERVER, write.channelData(0x4000, 8).subarray(0, 11));
  assert.equal(on.counter('rejectedChannelData'), 2);
  assert.equal(
    on.presences().reduce((sum, { bytes }) => sum + bytes, 0),
    45,
  );
  assert.equal(on.presences().at(-1)!.details!['channels'], '4000 5463');
});

test('indications count with their data and tell of peers', () => {
  const on = wire();
  allocate(on, 0);
  const other = { address: '2001:db8::5', port: 1 };
  const indication = (method: 'send' | 'data', to: write.At, bytes: number | null) =>
    write.stun(method, 'indication', 5, write.peer(to, 5), ...(bytes === null ? [] : [write.payload(bytes)]));
  on.send(1, ALICE, SERVER, indication('send', PEER, 30));
  on.send(1, ALICE, SERVER, indication('send', { ...PEER, port: 7001 }, 31));
  on.send(1, ALICE, SERVER, indication('send', other, null));
  on.send(1, SERVER, ALICE, indication('data', PEER, 7));
  on.send(1, SERVER, ALICE, indication('data', other, 0));
  // The wrong way round they mean nothing.
  on.send(1, SERVER, ALICE, indication('send', PEER, 1000));
  const [presence] = on.presences();
  assert.deepEqual(presence!.traffic, { up: { packets: 2, bytes: 61 }, down: { packets: 2, bytes: 7 } });
  assert.equal(presence!.details!['peers'], 3);
  on.send(2, { ...ALICE, port: 1 }, SERVER, indication('send', PEER, 30));
  assert.equal(on.counter('strayIndications'), 1);
});

test('what began before we listened is adopted at the first success, never at what a client claims', () => {
  const on = wire();
  on.send(0, ALICE, SERVER, write.stun('refresh', 'request', 900, write.lifetime(600), write.username('alice')));
  up(on, 1, 0x4000, 10);
  assert.deepEqual([on.observations(), on.counter('strayChannelData')], [[], 1]);
  refresh(on, 2, 0);
  assert.deepEqual(on.observations(), [], 'the end of what nobody knew');

  refresh(on, 3, 600);
  bind(on, 4, 0x4000);
  up(on, 5, 0x4000, 10);
  const permission = { ...ALICE, port: 50_001 };
  exchange(on, 6, 'createPermission', { client: permission, asks: () => [write.username('bob')] });
  const [alice, bob] = on.presences();
  assert.deepEqual([alice!.client.user, alice!.bytes, alice!.until], ['alice', 10, NOON + 603_000]);
  assert.deepEqual([bob!.client.user, bob!.until, bob!.stream], ['bob', NOON + 606_000, '198.51.100.1:3478']);
  assert.equal(alice!.details!['relayed'], undefined);
  assert.deepEqual([on.counter('adopted'), on.counter('allocations')], [2, 2]);
});

test('requests and answers that are sent again change nothing', () => {
  const on = wire();
  const transaction = allocate(on, 0);
  const again = (second: number, relayed: write.At) =>
    on.send(second, SERVER, ALICE, write.stun('allocate', 'success', transaction, write.relayed(relayed, transaction)));
  again(1, RELAYED);
  on.send(1, ALICE, SERVER, write.stun('allocate', 'request', transaction, write.username('mallory')));
  again(1, { ...RELAYED, port: 1 });
  const end = refresh(on, 2, 0);
  allocate(on, 3);
  on.send(4, SERVER, ALICE, write.stun('refresh', 'success', end, write.lifetime(0)));
  assert.equal(on.departures().length, 1);
  assert.equal(on.reader.allocations.size, 1);
  assert.equal(on.counter('retransmissions'), 4);
});

test('an answer whose request was forgotten does not begin an allocation anew', () => {
  const on = wire();
  allocate(on, 0);
  on.send(100, SERVER, ALICE, write.stun('allocate', 'success', 77, write.relayed(RELAYED, 77), write.lifetime(600)));
  assert.equal(on.reader.allocations.size, 1);
  assert.equal(on.counter('allocations'), 1);
  assert.equal(on.presences()[0]!.until, NOON + 700_000);
});

test('the same endpoints again are another connection', () => {
  const on = wire();
  allocate(on, 0);
  refresh(on, 1, 0);
  allocate(on, 2);
  // The end of the second was not seen.
  allocate(on, 10, { relayed: { ...RELAYED, port: 49_300 } });
  const connections = new Set(on.presences().map(({ client }) => client.connection));
  assert.equal(connections.size, 3);
  assert.deepEqual(
    on.departures().map(({ at }) => at),
    [NOON + 1000, NOON + 10_000],
  );
});

test('a server that knows no such allocation has ended it', () => {
  const on = wire();
  allocate(on, 0);
  exchange(on, 5, 'allocate', { kind: 'error', answers: () => [write.errorCode(437)] });
  exchange(on, 6, 'channelBind', { kind: 'error', answers: () => [write.errorCode(403)] });
  assert.equal(on.departures().length, 0);
  exchange(on, 7, 'refresh', { kind: 'error', answers: () => [write.errorCode(437)] });
  assert.deepEqual(
    on.departures().map(({ at }) => at),
    [NOON + 7000],
  );
});

test('after its lease a client is not believed, and the server is', () => {
  const on = wire();
  allocate(on, 0, { seconds: 60 });
  bind(on, 1, 0x4000);
  up(on, 59, 0x4000, 10);
  up(on, 61, 0x4000, 100);
  assert.equal(on.counter('strayChannelData'), 1);
  // We have missed a renewal: it was there all the time.
  down(on, 62, 0x4000, 1000);
  up(on, 63, 0x4000, 1);
  assert.equal(on.counter('missedRefreshes'), 1);
  const [before, after] = on.presences();
  assert.deepEqual([before!.to, before!.until, before!.bytes], [NOON + 59_000, NOON + 60_000, 10]);
  assert.deepEqual([after!.from, after!.to, after!.bytes], [NOON + 60_000, NOON + 63_000, 1001]);
  assert.equal(after!.until, NOON + 662_000);
});

test('what has run out is forgotten, also when no packets come', () => {
  const on = wire();
  allocate(on, 0, { seconds: 60 });
  on.reader.passTime(NOON + 65_000);
  assert.equal(on.reader.allocations.size, 1);
  on.reader.passTime(NOON + 80_000);
  assert.equal(on.reader.allocations.size, 0);
  assert.equal(on.counter('expired'), 1);
  assert.equal(on.presences().length, 1);
});

test('the table is bounded: who was seen least recently goes, told and counted', () => {
  const on = wire({ maxAllocations: 2 });
  const clients = [1, 2, 3].map((i) => ({ ...ALICE, port: 50_000 + i }));
  for (const [i, client] of clients.entries()) {
    allocate(on, i, { client, relayed: { ...RELAYED, port: 49_000 + i } });
    if (i === 1) bind(on, 1.5, 0x4000, PEER, clients[0]);
  }
  assert.equal(on.counter('allocationsDropped'), 1);
  assert.equal(on.presences().length, 3);
  up(on, 4, 0x4000, 10, clients[0]);
  assert.equal(on.counter('strayChannelData'), 0);
  bind(on, 5, 0x4000, PEER, clients[1]);
  assert.equal(on.counter('adopted'), 1);
});

test('other things on the port are counted, not read', () => {
  const on = wire();
  allocate(on, 0);
  on.send(1, ALICE, SERVER, Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  on.send(1, ALICE, SERVER, Buffer.alloc(0));
  on.send(1, ALICE, SERVER, Buffer.from('8000abcd', 'hex'));
  on.send(1, ALICE, SERVER, Buffer.from('16fefd00000000000000', 'hex'));
  assert.equal(on.counter('notTurn'), 2);
  assert.equal(on.counter('encrypted'), 1, 'DTLS');
  assert.equal(on.counter('rejectedChannelData'), 1, '"GE" is a channel number');
  on.send(1, ALICE, { ...SERVER, port: 80 }, write.channelData(0x4000, 1));
  assert.equal(on.counter('otherPackets'), 1);
  on.send(1, ALICE, SERVER, Buffer.from('000100042112a442000000000000000000000000', 'hex'));
  assert.equal(on.counter('rejectedStun'), 1);
  assert.equal(on.counter('rejected'), 2);
});

test('TCP on the port is counted, and so are packets without a time and links that nobody knows', () => {
  const on = wire();
  const datagram = Buffer.concat([Buffer.alloc(4), Buffer.from('50'.padEnd(32, '0'), 'hex')]);
  const bytes = write.frame(ALICE, SERVER, datagram);
  bytes[14 + 9] = 6;
  on.reader.onPacket(bytes, 0, bytes.length, bytes.length, NOON, 1);
  on.reader.onPacket(bytes, 0, bytes.length, bytes.length, Number.NaN, 1);
  on.reader.onPacket(bytes, 0, bytes.length, bytes.length, NOON, 9999);
  assert.deepEqual(['packets', 'tcpPackets', 'untimed', 'unknownLinks', 'rejected'].map(on.counter), [3, 1, 1, 1, 2]);
});

test('packets that were cut by the snap length count whole', () => {
  const on = wire();
  allocate(on, 0);
  bind(on, 1, 0x4000);
  on.send(2, ALICE, SERVER, write.channelData(0x4000, 1200), 14 + 20 + 8 + 4);
  const data = write.stun('data', 'indication', 5, write.peer(PEER, 5), write.payload(1100));
  on.send(2, SERVER, ALICE, data, 100);
  assert.deepEqual(on.presences()[0]!.traffic, { up: { packets: 1, bytes: 1200 }, down: { packets: 1, bytes: 1100 } });
});

test('a client may use the port of the server itself', () => {
  const on = wire();
  const client = { ...ALICE, port: 3478 };
  allocate(on, 0, { client });
  bind(on, 1, 0x4000, PEER, client);
  up(on, 2, 0x4000, 10, client);
  down(on, 2, 0x4000, 3, client);
  const [presence] = on.presences();
  assert.equal(presence!.client.address, ALICE.address);
  assert.deepEqual([presence!.traffic!.up.bytes, presence!.traffic!.down.bytes], [10, 3]);
});

test('presences are told every half second of packet time, and add up', () => {
  const on = wire({ foldMs: 500 });
  allocate(on, 0);
  bind(on, 0.1, 0x4000);
  for (let i = 0; i < 100; i++) up(on, 0.2 + i * 0.02, 0x4000, 10);
  const presences = on.presences();
  assert.equal(presences.length, 5);
  assert.equal(
    presences.reduce((sum, { bytes }) => sum + bytes, 0),
    1000,
  );
  for (const { from, to } of presences) assert.ok(from <= to && to - from <= 500);
  assert.ok(
    presences.slice(1).every(({ details }) => details === null),
    'details are told when they are new',
  );
});

type Step = readonly [client: number, what: 'allocate' | 'end' | 'bind' | 'up' | 'down' | 'noise', bytes: number];

test('whoever comes and goes in whatever order: each connection has its bytes, and one end at most', () => {
  const kinds = fc.constantFrom(
    'allocate',
    'end',
    'bind',
    'up',
    'up',
    'down',
    'down',
    'noise' as const,
  ) as fc.Arbitrary<Step[1]>;
  const steps: fc.Arbitrary<Step[]> = fc.array(fc.tuple(fc.nat(2), kinds, fc.nat(1200)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.constantFrom(1, 500, Number.POSITIVE_INFINITY), fc.nat(10), (script, foldMs, cutEvery) => {
      const on = wire({ foldMs });
      const open = new Map<number, { port: number; isBound: boolean; bytes: number }>();
      const expected: number[] = [];
      let ends = 0;
      script.forEach(([who, what, bytes], i) => {
        const client = { ...ALICE, port: 50_000 + who };
        const known = open.get(who);
        const second = i * 0.1;
        if (what === 'allocate' && known === undefined) {
          const port = 49_000 + i;
          allocate(on, second, { client, relayed: { ...RELAYED, port } });
          open.set(who, { port, isBound: false, bytes: 0 });
        } else if (what === 'end' && known !== undefined) {
          refresh(on, second, 0, client);
          expected.push(known.bytes);
          open.delete(who);
          ends++;
        } else if (what === 'bind' && known !== undefined) {
          bind(on, second, 0x4000, PEER, client);
          known.isBound = true;
        } else if (what === 'up' || what === 'down') {
          (what === 'up' ? up : down)(on, second, 0x4000, bytes, client);
          if (known?.isBound) known.bytes += bytes;
        } else if (what === 'noise') {
          on.send(second, client, SERVER, Buffer.alloc(bytes % 100, i));
        }
        if (cutEvery > 0 && i % cutEvery === 0) on.observations();
      });
      for (const { bytes } of open.values()) expected.push(bytes);
      const told = new Map<string, number>();
      for (const { client, bytes } of on.presences()) {
        told.set(client.connection!, (told.get(client.connection!) ?? 0) + bytes);
      }
      assert.deepEqual([...told.values()].sort(), expected.sort());
      assert.equal(on.departures().length, ends);
    }),
    { numRuns: 300 },
  );
});
