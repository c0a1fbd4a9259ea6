/** Against Debian's coturn on loopback: what its command line, its log and the packets say is the same. */

import { strict as assert } from 'node:assert';
import { createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type LabCoturn, startCoturn } from '../../../lab/coturn.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import type { SessionRecord } from '../../core/session.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { coturnLog } from '../coturn-log/index.ts';
import { turn } from '../turn/index.ts';
import { askCommandLine } from './command-line.ts';
import { coturn } from './index.ts';

const mayCapture = process.getuid?.() === 0 ? {} : { skip: 'needs the right to capture packets' };
const watching: Watched[] = [];
const closing: (() => Promise<unknown>)[] = [];
after(async () => {
  await Promise.all(watching.map((watched) => watched.stop().catch(() => {})));
  for (const close of closing) await close();
});

async function start(): Promise<LabCoturn> {
  const server = await startCoturn();
  closing.push(server.stop);
  return server;
}

function watch(...watched: Parameters<typeof watchSource>): Watched {
  const started = watchSource(...watched);
  watching.push(started);
  return started;
}

const fromCli = ({ host, cli }: LabCoturn) => watch(coturn, { host, ...cli, every: '1s' });
const endpoint = ({ address, port }: SessionRecord) => `${address}:${port}`;
const sorted = (sessions: readonly SessionRecord[]) =>
  sessions.toSorted((a, b) => (endpoint(a) < endpoint(b) ? -1 : 1));
const isWithin = (ms: number, a: number, b: number) => Math.abs(a - b) <= ms;

test('packets, log and command line tell of the same allocations', mayCapture, async () => {
  const server = await start();
  const packets = watch(turn, { interface: 'lo', port: [server.port] });
  await until(
    'packets are seen',
    async () => {
      await server.ping();
      return packets.counters.get('stunMessages') > 0;
    },
    20_000,
  );
  const log = watch(coturnLog, { path: server.log, poll: '50ms' });
  const cli = fromCli(server);
  const crowds = [
    server.crowd({ user: 'alice', by: 'channels', messages: 200, bytes: 120 }),
    server.crowd({ user: 'bob', by: 'indications', messages: 200, bytes: 80 }),
  ];
  const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);
  await until('the command line shows them', () => open(cli).length >= 8, 20_000);
  await Promise.all(crowds);
  // Each crowd leaves one allocation behind, through which nothing goes.
  const isOver = (watched: Watched) =>
    watched.sessions().filter(({ bytes, endedAt }) => bytes > 0 && endedAt !== null).length >= 8;
  await until('all of them are over', () => [packets, log, cli].every(isOver), 30_000);

  const relayed = (watched: Watched) => sorted(watched.sessions()).filter(({ bytes }) => bytes > 0);
  const truth = relayed(packets);
  assert.equal(truth.length, 8);
  const facts = (sessions: readonly SessionRecord[]) =>
    sessions.map((each) => ({ user: each.user, stream: each.stream, client: endpoint(each), ...each.traffic }));
  assert.deepEqual(facts(relayed(log)), facts(truth), 'payload, packet by packet');
  const who = (sessions: readonly SessionRecord[]) =>
    sessions.map((each) => `${each.user} ${each.stream} ${endpoint(each)}`);
  const lasted = ({ startedAt, endedAt }: SessionRecord) => endedAt! - startedAt;
  // Of a port that has been used twice the longer one: that something went through it the command line does not tell.
  const polled = truth.map((each) => {
    const same = cli.sessions().filter((other) => who([other])[0] === who([each])[0]);
    return same.sort((a, b) => lasted(b) - lasted(a))[0]!;
  });
  assert.deepEqual(who(polled), who(truth));
  for (const [i, session] of truth.entries()) {
    const [logged, asked] = [relayed(log)[i]!, polled[i]!];
    // Lines have whole seconds, and those without a date count from the start of the server.
    assert.ok(isWithin(2500, session.startedAt, logged.startedAt), 'the log: begin');
    assert.ok(isWithin(2500, session.endedAt!, logged.endedAt!), 'the log: end');
    assert.ok(isWithin(3500, session.startedAt, asked.startedAt), 'the command line: begin');
    assert.equal(asked.details['relayed'], session.details['relayed']);
  }
  assert.equal(log.counters.get('adopted') + log.counters.get('rejected'), 0);
  assert.equal(cli.counters.get('unreadableAllocations'), 0);
});

test('a wrong password is refused, and never told', async () => {
  const server = await start();
  const watched = watch(coturn, { host: server.host, port: server.cli.port, password: 'not-the-one' });
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError);
  assert.equal(error.code, 'PEER_REFUSED_LOGIN');
  assert.doesNotMatch(error.message, /not-the-one/);
});

/** Something else that listens. */
async function listen(speak: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    speak(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port;
}

const ask = (port: number, more = {}) =>
  askCommandLine('ps', {
    ...{ host: '127.0.0.1', port, password: 'x', timeoutMs: 5000, maxBytes: 1000 },
    signal: new AbortController().signal,
    ...more,
  });

test('a prompt in pieces, telnet commands and a server without a password are understood', async () => {
  const port = await listen((socket) => {
    socket.write(Buffer.from([0xff, 0xfb, 0x01, 0x0d, 0x0a]));
    socket.write('> ');
    socket.once('data', () => {
      socket.write('    1) id=001');
      setImmediate(() => setImmediate(() => socket.write(' josé\r\n>')));
    });
  });
  assert.equal(await ask(port), '    1) id=001 josé\r');
});

test('what is no command line of coturn ends in time, and within bounds', async () => {
  await assert.rejects(ask(await listen(() => {}), { timeoutMs: 50 }), { code: 'PEER_UNREACHABLE' });
  await assert.rejects(ask(await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))), {
    code: 'PEER_ANSWERED_BADLY',
  });
  await assert.rejects(ask(await listen((socket) => socket.write('x'.repeat(5000)))), { code: 'PEER_ANSWERED_BADLY' });
  const stopping = new AbortController();
  const asked = ask(await listen(() => stopping.abort()), { signal: stopping.signal });
  await assert.rejects(asked, { name: 'AbortError' });
});
