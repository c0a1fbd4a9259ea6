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
  const polled = sorted(cli.sessions()).filter((each) => who(truth).includes(who([each])[0]!));
  assert.deepEqual(who(polled), who(truth));
  for (const [i, session] of truth.entries()) {
    const [logged, asked] = [relayed(log)[i]!, polled[i]!];
    // Lines have whole seconds, and those without a date count from the start of the server.
    assert.ok(isWithin(2500, session.startedAt, logged.startedAt), 'the log: begin');
    assert.ok(isWithin(2500, session.endedAt!, logged.endedAt!), 'the log: end');
    assert.ok(isWithin(3500, session.startedAt, asked.startedAt), 'the command line: begin');
    // coturn lists what was given back for one or two seconds more.
    assert.ok(isWithin(5000, session.endedAt!, asked.endedAt!), 'the command line: end');
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

const ask = (port: number, more = {}, lastLine = /id=001/) =>
  askCommandLine('ps', lastLine, {
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

const block = (id: number, expiring: string) => `
    ${id}) id=00000000000000000${id}, user <alice>:
      realm: example.org
      started 7 secs ago
      ${expiring}
      client protocol UDP, relay protocol UDP
      client addr 192.0.2.7:4640${id}, server addr 192.0.2.1:3478
      usage: rp=${id}, rb=${id}00, sp=0, sb=0
`;

/** Answers these blocks, one text for each question, the last one again and again. */
function answering(texts: readonly string[]): Promise<number> {
  let asked = 0;
  return listen((socket) => {
    socket.write('> ');
    socket.on('data', (question) => {
      if (String(question).startsWith('ps')) socket.write(`> ${texts[Math.min(asked++, texts.length - 1)]}\n> `);
    });
  });
}

test('a prompt that answers nothing is not the end of an answer', async () => {
  const port = await listen((socket) => {
    socket.write('> ');
    socket.once('data', () => {
      socket.write('\n> ');
      setTimeout(() => socket.write('\n  Total sessions: 0\n\n> '), 50);
    });
  });
  assert.match(await ask(port, {}, /Total sessions: 0/), /Total sessions: 0/);
});

test('one that is listed again after it had nearly run out is one session; run out, it is over', async () => {
  const total = '\n  Total sessions: 2\n';
  const port = await answering([
    block(1, 'expiring in 600 secs') + block(2, 'expiring in 0 secs') + total,
    block(1, 'expiring in 0 secs') + block(2, 'expiring in 600 secs') + total,
    block(1, 'expired') + block(2, 'expiring in 599 secs') + total,
  ]);
  const watched = watch(coturn, { host: '127.0.0.1', port, password: 'x', every: '1s' });
  await until('it has been asked four times', () => watched.counters.get('polls') >= 4);
  const sessions = sorted(watched.sessions());
  assert.deepEqual(
    sessions.map(({ port, reason }) => [port, reason]),
    [
      [46401, 'left'],
      [46402, null],
    ],
  );
  assert.equal(watched.counters.get('notPrinted') + watched.counters.get('unreadableAllocations'), 0);
});

test('who is not printed, because there are too many, has not left', async () => {
  const lots = '\n...\n\n  Total sessions: 300\n\n  Warning: too many output sessions, more than the\n';
  const port = await answering([
    `${block(1, 'expiring in 600 secs')}${block(2, 'expiring in 600 secs')}\n  Total sessions: 2\n`,
    block(2, 'expiring in 600 secs') + lots,
    block(1, 'expiring in 600 secs').replace('rp=1, rb=100', 'rp=3, rb=300') + lots,
  ]);
  const watched = watch(coturn, { host: '127.0.0.1', port, password: 'x', every: '1s' });
  await until('it has been asked four times', () => watched.counters.get('polls') >= 4);
  assert.equal(watched.counters.get('notPrinted'), 299);
  assert.deepEqual(
    sorted(watched.sessions()).map(({ port, endedAt, bytes }) => [port, endedAt, bytes]),
    [
      [46401, null, 200],
      [46402, null, 0],
    ],
  );
  assert.equal(watched.reports.get('example.org')?.status, 'up');
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
