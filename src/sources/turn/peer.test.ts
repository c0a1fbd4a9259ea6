/** Against Debian's coturn on loopback: compared with coturn's own log, and with tshark's reading of the same packets. */

import { strict as assert } from 'node:assert';
import { createReadStream, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../../lab/child.ts';
import {
  type CoturnOptions,
  type CoturnSession,
  type CrowdOptions,
  type LabCoturn,
  startCoturn,
} from '../../../lab/coturn.ts';
import { seenByTshark } from '../../../lab/tshark.ts';
import { type Watched, type WatchOptions, watchSource } from '../../../lab/watch.ts';
import type { SessionRecord } from '../../core/session.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { turn } from './index.ts';
import { readCapture } from './read-once.ts';
import { formatEndpoint } from './stun.ts';

const mayCapture = process.getuid?.() === 0 ? {} : { skip: 'needs the right to capture packets' };
const servers: LabCoturn[] = [];
const watching: Watched[] = [];
after(async () => {
  await Promise.all(watching.map((watched) => watched.stop().catch(() => {})));
  await Promise.all(servers.map((server) => server.stop()));
});

async function start(options: CoturnOptions = {}): Promise<LabCoturn> {
  const server = await startCoturn(options);
  servers.push(server);
  return server;
}

/** Resolves when the capture sees packets. */
async function listen(server: LabCoturn, more: WatchOptions = {}): Promise<Watched> {
  const watched = watchSource(turn, { interface: 'lo', port: [server.port] }, more);
  watching.push(watched);
  await until(
    'packets are seen',
    async () => {
      await server.ping();
      return watched.counters.get('stunMessages') > 0;
    },
    20_000,
  );
  return watched;
}

const facts = (sessions: readonly SessionRecord[]) =>
  sessions
    .filter(({ traffic }) => traffic !== null && traffic.up.packets > 0)
    .map(({ user, address, port, traffic }) => ({
      user,
      client: formatEndpoint({ address: address!, port: port! }),
      ...traffic!,
    }))
    .sort((a, b) => (a.client < b.client ? -1 : 1));

const truth = (sessions: readonly Omit<CoturnSession, 'wire'>[]) =>
  sessions
    .filter(({ up }) => up.packets > 0)
    .map(({ user, client, up, down }) => ({ user, client, up, down }))
    .sort((a, b) => (a.client! < b.client! ? -1 : 1));

/** coturn closes a session, and logs its usage, a second after the client has given it up. */
const allClosed = async (server: LabCoturn, count: number) => {
  const sessions = await server.sessions();
  return sessions.filter(({ client }) => client !== null).length === count ? sessions : null;
};

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

test('two users, through channels and by indications: live, and again from the recording', mayCapture, async () => {
  const server = await start();
  const watched = await listen(server);
  const recording = await server.record();
  await Promise.all([
    server.crowd({ user: 'alice', by: 'channels', messages: 20, bytes: 200 }),
    server.crowd({ user: 'bob', by: 'indications', messages: 20, bytes: 100 }),
  ]);
  // Each crowd is four allocations that speak, and one more that is only asked for.
  const logged = await until('coturn has closed the sessions', () => allClosed(server, 8), 20_000);
  await until('so have we', () => watched.sessions().filter(({ reason }) => reason === 'left').length === 8);
  const sessions = watched.sessions();
  assert.deepEqual(facts(sessions), truth(logged));
  assert.equal(sum(facts(sessions).map(({ up }) => up!.bytes)), 4 * 20 * 200 + 4 * 20 * 100);
  assert.equal(sessions.length, logged.length);
  assert.deepEqual(sessions.map(({ user }) => user).sort(), logged.map(({ user }) => user).sort());
  assert.ok(sessions.every(({ stream, identity }) => stream === server.realm && identity === 'connection'));
  assert.ok(sessions.every(({ details }) => /^127\.0\.0\.1:\d+$/.test(String(details['relayed']))));
  assert.equal(watched.counters.get('kernelDropped'), 0);
  await watched.stop();
  await recording.stop();

  const once = await readCapture(
    [createReadStream(recording.path)],
    { ports: [server.port], maxAllocations: 1000, counters: new ScopedCounters(), seed: 1 },
    async () => {},
  );
  const { messages, channelData } = seenByTshark(recording.path, server.port);
  assert.deepEqual(once.turn.messages, messages);
  assert.deepEqual(once.turn.channelData, channelData);
  const alice = facts(sessions).filter(({ user }) => user === 'alice');
  assert.equal(sum(alice.map(({ up }) => up!.bytes)), channelData.up.bytes);
  assert.equal(sum(alice.map(({ down }) => down!.bytes)), channelData.down.bytes);

  const file = watchSource(turn, { file: recording.path, port: [server.port] });
  assert.equal(await file.ended, null);
  assert.deepEqual(facts(file.sessions()), truth(logged));
  const again = watchSource(
    turn,
    { file: recording.path, port: [server.port] },
    { cursor: file.cursor(), after: file },
  );
  assert.equal(await again.ended, null);
  assert.deepEqual(facts(again.sessions()), truth(logged), 'it is not read twice');
});

const wireOf = ({ details }: SessionRecord) => ({
  upPackets: details['wireUpPackets'],
  upBytes: details['wireUpBytes'],
  downPackets: details['wireDownPackets'],
  downBytes: details['wireDownBytes'],
});

/** A crowd is recorded; what its recording tells is what coturn's log says, and what tshark counts. */
async function compare(options: CoturnOptions, crowds: readonly CrowdOptions[], closed: number, hasWire = true) {
  const server = await start(options);
  const recording = await server.record();
  await Promise.all(crowds.map((crowd) => server.crowd(crowd)));
  const logged = await until('coturn has closed the sessions', () => allClosed(server, closed), 20_000);
  await recording.stop();
  const file = watchSource(turn, { file: recording.path, port: [server.port], passwords: ['alice:one', 'bob:two'] });
  assert.equal(await file.ended, null);
  const sessions = file.sessions().filter(({ reason }) => reason === 'left');
  const places = (facts: readonly { user: string | null; up: unknown; down: unknown }[]) =>
    facts.map(({ user, up, down }) => JSON.stringify({ user, up, down })).sort();
  // What moves is logged where it was last.
  if (options.mobility) assert.deepEqual(places(facts(sessions)), places(truth(logged)));
  else assert.deepEqual(facts(sessions), truth(logged));
  if (hasWire) {
    const wires = new Map(
      sessions.map((each) => [formatEndpoint({ address: each.address!, port: each.port! }), wireOf(each)]),
    );
    for (const { client, wire } of logged.filter(({ client }) => client !== null)) {
      assert.deepEqual(wires.get(client!), wire, `on the wire, ${client}`);
    }
  }
  const counters = new ScopedCounters();
  const reading = { ports: [server.port], maxAllocations: 1000, counters, seed: 1 };
  const { turn: once } = await readCapture([createReadStream(recording.path)], reading, async () => {});
  const theirs = seenByTshark(recording.path, server.port);
  assert.deepEqual([once.messages, once.channelData], [theirs.messages, theirs.channelData]);
  assert.equal(once.allocations, theirs.allocations);
  assert.equal(file.counters.get('wrongIntegrity'), 0);
  return { file, once };
}

test('over TCP, through channels and by indications: payload, wire bytes and messages', mayCapture, async () => {
  const { file } = await compare(
    {},
    [
      { user: 'alice', by: 'channels', messages: 12, bytes: 201, over: 'tcp' },
      { user: 'bob', by: 'indications', messages: 12, bytes: 99, over: 'tcp' },
    ],
    10,
  );
  assert.ok(file.counters.get('verified') > 40);
  assert.equal(file.counters.get('error401'), 10);
});

test('over IPv6', mayCapture, async () => {
  const crowd: CrowdOptions = { user: 'alice', by: 'channels', messages: 12, bytes: 150 };
  await compare({ host: '::1' }, [crowd, { ...crowd, user: 'bob', over: 'tcp' }], 9);
});

test('clients that move to other ports keep their allocations', mayCapture, async () => {
  const { file } = await compare(
    { mobility: true },
    [{ user: 'alice', by: 'channels', messages: 12, bytes: 201, isMobile: true }],
    4,
    false,
  );
  assert.equal(file.counters.get('moved'), 5);
  assert.equal(file.counters.get('allocations'), 5);
});

test('peers over TCP', mayCapture, async () => {
  const { file } = await compare({}, [{ user: 'alice', by: 'channels', messages: 12, bytes: 150, relaysTcp: true }], 3);
  assert.equal(file.counters.get('relayConnections'), 2);
});

test('who does not know the password is nobody, and who wants too many is refused', mayCapture, async () => {
  const server = await start({ quota: 2 });
  const recording = await server.record();
  await server.crowd({ user: 'alice', by: 'channels', messages: 1, bytes: 50, password: 'wrong' });
  await server.crowd({ user: 'bob', by: 'channels', messages: 1, bytes: 50 }).catch(() => {});
  await recording.stop();
  const file = watchSource(turn, { file: recording.path, port: [server.port], passwords: ['alice:one'] });
  assert.equal(await file.ended, null);
  assert.ok(file.counters.get('error401') > 0 && file.counters.get('wrongIntegrity') > 0);
  assert.ok(file.counters.get('error486') > 0);
  assert.ok(file.sessions().every(({ user }) => user === 'bob'));
});

test('after a restart the allocations go on as the same sessions', mayCapture, async () => {
  const server = await start();
  const watched = await listen(server);
  const crowd = server.crowd({ user: 'alice', by: 'channels', messages: 150, bytes: 100 });
  const speaking = () => facts(watched.sessions()).length === 4;
  await until('all of them speak', speaking, 20_000);
  await until('that is saved', () => JSON.stringify(watched.cursor()).match(/"channels":\[\d/g)?.length === 4);
  await watched.stop();
  const before = watched.sessions();
  assert.equal(before.filter(({ endedAt }) => endedAt === null).length, 5);

  const again = await listen(server, { cursor: watched.cursor(), after: watched });
  await crowd;
  await until('they have left', () => again.sessions().filter(({ reason }) => reason === 'left').length === 4);
  const sessions = again.sessions();
  assert.deepEqual(sessions.map(({ id }) => id).sort(), before.map(({ id }) => id).sort());
  const logged = await until('coturn has closed the sessions', () => allClosed(server, 4), 20_000);
  for (const { client, up } of facts(sessions)) {
    const told = truth(logged).find((each) => each.client === client)!;
    assert.ok(up!.bytes > 0 && up!.bytes <= told.up.bytes, 'what was sent while we were away is not known');
  }
  assert.equal(again.counters.get('adopted'), 0);
  await again.stop();
});

test('the watermark goes on while nothing is sent', mayCapture, async () => {
  const server = await start();
  const watched = await listen(server);
  const begun = Date.now();
  const next = (at: number) =>
    until('a later watermark', () => watched.batches.find(({ watermark }) => watermark! > at));
  const first = (await next(begun)).watermark!;
  const second = (await next(first)).watermark!;
  assert.ok(second - first < 1000, 'at least once a second');
  const distance = Date.now() - second;
  assert.ok(distance >= 2000 && distance < 5000, `it is ${distance} ms behind, as packets may be`);
  await watched.stop();
});

test('an interface that does not exist is said to be none', mayCapture, async () => {
  const error = await watchSource(turn, { interface: 'nope0' }).ended;
  assert.ok(error instanceof HeadcountError);
  assert.equal(error.code, 'CAPTURE_FAILED');
  assert.match(error.message, /no network interface "nope0"/);
});

test('coturn 4.6.1: the recording in testdata is what its log says', async () => {
  const url = new URL('testdata/coturn-4.6.1.pcap', import.meta.url);
  const log = readFileSync(new URL('testdata/coturn-4.6.1.log', import.meta.url), 'utf8');
  const watched = watchSource(turn, { file: fileURLToPath(url), port: [34780] });
  assert.equal(await watched.ended, null);
  const usage = [
    ...log.matchAll(/session (\d+): peer usage: .*username=<(\w+)>, rp=(\d+), rb=(\d+), sp=(\d+), sb=(\d+)/g),
  ];
  assert.equal(usage.length, 8);
  const logged = usage.map(([, id, user, ...counts]) => {
    const [rp, rb, sp, sb] = counts.map(Number);
    const client = new RegExp(`session ${id}: closed .* remote ([^,]+),`).exec(log)![1]!;
    return { id: id!, user: user!, client, up: { packets: sp!, bytes: sb! }, down: { packets: rp!, bytes: rb! } };
  });
  assert.deepEqual(facts(watched.sessions()), truth(logged));
});
