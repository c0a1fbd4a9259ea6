/** Against the stand-in (lab/spyserver.ts), run by the source as it would run the real one. */

import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { freePort, until } from '../../../lab/child.ts';
import { createSpyServer, type SpyServer } from '../../../lab/spyserver.ts';
import { type Watched, type WatchOptions, watchSource } from '../../../lab/watch.ts';
import type { SessionRecord } from '../../core/session.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { spyserver } from './index.ts';

let server: SpyServer;
const watching: Watched[] = [];
beforeEach(() => {
  server = createSpyServer();
});
afterEach(async () => {
  for (const each of watching.splice(0)) await each.stop().catch(() => {});
  await server.stop();
});

/** Resolves when the server listens. */
async function watch(more: WatchOptions = {}, options: Record<string, unknown> = {}): Promise<Watched> {
  const watched = watchSource(spyserver, { config: server.config, exe: server.exe, ...options }, more);
  watching.push(watched);
  await until('the server is up', () => server.pid !== null && watched.reports.get('hf.config')?.status === 'up');
  return watched;
}

const open = (watched: Watched): SessionRecord[] => watched.sessions().filter(({ endedAt }) => endedAt === null);
const count = (watched: Watched, sessions: number, opened = sessions) =>
  until(`${sessions} sessions, ${opened} open`, () => {
    const all = watched.sessions();
    return all.length === sessions && open(watched).length === opened;
  });

test('who is accepted is there until it is told to be gone', async () => {
  const watched = await watch();
  const before = Date.now();
  await server.connect('192.0.2.40', 5678, 'SDR# 1700.0.0.1 on Microsoft Windows NT 6.2.9200.0');
  await server.connect('192.0.2.40', 5679, 'sdr++');
  await server.noise();
  await count(watched, 2);
  const [first, second] = watched.sessions();
  assert.equal(first!.stream, 'hf.config');
  assert.equal(first!.identity, 'connection');
  assert.deepEqual([first!.address, first!.port], ['192.0.2.40', 5678]);
  assert.equal(first!.userAgent, 'SDR# 1700.0.0.1 on Microsoft Windows NT 6.2.9200.0');
  const details = { software: 'SDR#', version: '1700.0.0.1', os: 'Microsoft Windows NT 6.2.9200.0', serverPort: 5555 };
  assert.deepEqual(first!.details, details);
  assert.deepEqual(second!.details, { software: 'sdr++', serverPort: 5555 });
  assert.ok(first!.startedAt >= before && first!.startedAt <= Date.now());

  const leaving = Date.now();
  await server.disconnect('192.0.2.40', 5678);
  await count(watched, 2, 1);
  const [gone] = watched.sessions();
  assert.equal(gone!.reason, 'left');
  const departure = watched.batches.flatMap((batch) => batch.observations).find(({ kind }) => kind === 'departure');
  const at = departure?.kind === 'departure' ? departure.at : 0;
  assert.ok(at >= leaving && at <= Date.now());
  // No session is shorter than a second.
  assert.equal(gone!.endedAt, Math.max(at, gone!.startedAt + 1000));
  assert.equal(watched.counters.get('unknownLines'), 0);
});

test('a session grows while nothing is printed', async () => {
  const watched = await watch();
  await server.connect('192.0.2.40', 5678, 'sdr++');
  await count(watched, 1);
  const { startedAt } = watched.sessions()[0]!;
  await until('two and a half seconds of it', () => watched.sessions()[0]!.lastSeenAt - startedAt > 2500);
  assert.equal(open(watched).length, 1);
});

test('the same address and port come back as another connection', async () => {
  const watched = await watch();
  await server.connect('2001:db8::7', 40_001, 'sdr++');
  await server.disconnect('2001:db8::7', 40_001);
  await server.connect('2001:db8::7', 40_001, 'sdr++');
  await count(watched, 2, 1);
  // That it had left was not told.
  await server.connect('2001:db8::7', 40_001, 'SoapySDR');
  await count(watched, 3, 1);
  assert.equal(open(watched)[0]!.userAgent, 'SoapySDR');
});

test('the same address with two ports is two connections', async () => {
  const watched = await watch();
  await server.connect('192.0.2.40', 5678, 'SDR++');
  await server.connect('192.0.2.40', 5679, 'SDR++');
  await count(watched, 2);
  await server.disconnect('192.0.2.40', 5679);
  await count(watched, 2, 1);
  assert.equal(open(watched)[0]!.port, 5678);
});

test('a receiver that is acquired and released is what the stream is described by', async () => {
  const watched = await watch();
  const description = () => watched.reports.get('hf.config')?.description;
  await server.print('Acquired an AirspyHF+ device\n');
  await until('it is in use', () => description() === 'AirspyHF+, in use');
  await server.print('Releasing the AirspyHF+ device\n');
  await until('it is asleep', () => description() === 'AirspyHF+, asleep');
  assert.equal(watched.reports.get('hf.config')?.status, 'up');
  assert.equal(watched.counters.get('unknownLines'), 0);
});

test('clients that are to be ignored are counted, and neither come nor go', async () => {
  const ignore = ['192.168.*.*', '1.1.1.1', '2001:db8:5::/48', 'ip_world'];
  const watched = await watch({}, { ignore, worldAddress: '198.51.100.1' });
  const addresses = ['192.168.1.2', '1.1.1.1', '[2001:db8:5::7]', '198.51.100.1', '11.12.13.14', '[2001:db8:6::7]'];
  for (const address of addresses) await server.connect(address, 40_000, 'SDR++');
  await count(watched, 2);
  assert.deepEqual(
    watched
      .sessions()
      .map(({ address }) => address)
      .sort(),
    ['11.12.13.14', '2001:db8:6::7'],
  );
  for (const address of addresses) await server.disconnect(address, 40_000);
  await count(watched, 2, 0);
  assert.equal(watched.counters.get('ignoredClients'), 4);
  assert.equal(watched.counters.get('unknownDisconnects'), 0);
});

test('ignoreLocalConnections leaves out private networks; without it they are recorded', async () => {
  const strict = await watch({}, { ignoreLocalConnections: 'yes' });
  await server.connect('192.168.1.2', 1, 'SDR++');
  await server.connect('192.0.2.1', 2, 'SDR++');
  await count(strict, 1);
  await strict.stop();
  await until('the server is gone', () => server.pid === null);
  const lax = await watch();
  await server.connect('192.168.1.2', 1, 'SDR++');
  await count(lax, 1);
});

test('the page that says our address is asked once; where nobody answers it goes on without', async (t) => {
  let asked = 0;
  const page = createServer((_, response) => {
    asked++;
    response.end('<p>Your address is 198.51.100.1</p>');
  }).listen(0, '127.0.0.1');
  await once(page, 'listening');
  t.after(() => page.close());
  const { port } = page.address() as { port: number };
  const worldService = `http://127.0.0.1:${port}/`;
  const watched = await watch({}, { ignore: 'ip_global', worldService });
  for (const address of ['198.51.100.1', '192.0.2.1']) await server.connect(address, 1, 'SDR++');
  await count(watched, 1);
  assert.equal(asked, 1);
  await watched.stop();
  await until('the server is gone', () => server.pid === null);

  const nobody = `http://127.0.0.1:${await freePort()}/`;
  const offline = await watch({}, { ignore: 'ip_world', worldService: nobody });
  await server.connect('198.51.100.1', 1, 'SDR++');
  await count(offline, 1);
  assert.equal(offline.counters.get('worldUnknown'), 1);
});

test('pieces of lines, other line ends, both outputs and nonsense', async () => {
  const watched = await watch();
  // On a terminal both outputs are one.
  await server.print('Accepted client 192.0.2.2:2 running sdr++\n', 'stderr');
  await server.print('Accepted client 192.0.2.1:1 runn');
  await server.print('ing SDR++\r\nAccepted client 192.0.2.3:3 running caf\u00e9\n');
  await server.print('Client disconnected: 192.0.2.99:9\nnonsense\n');
  await server.print(`${'x'.repeat(70_000)}\nClient disconnected: 192.0.2.1:1\n`);
  await count(watched, 3, 2);
  const names = watched.sessions().map(({ address, userAgent }) => `${address} ${userAgent}`);
  assert.deepEqual(names.sort(), ['192.0.2.1 SDR++', '192.0.2.2 sdr++', '192.0.2.3 caf\u00e9']);
  const { unknownDisconnects, unknownLines, longLines } = watched.counters.read();
  assert.deepEqual([unknownDisconnects, unknownLines, longLines], [1, 1, 1]);
});

test('when the server ends everybody has left, the stream is down, and the source says why', async () => {
  const watched = await watch();
  await server.connect('192.0.2.40', 5678, 'sdr++');
  await server.connect('192.0.2.41', 5678, 'sdr++');
  await count(watched, 2);
  server.crash(7);
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError && error.code === 'CHILD_ENDED');
  assert.match(error.message, /ended with code 7\./);
  assert.doesNotMatch(error.message, /192\.0\.2/);
  assert.equal(open(watched).length, 0);
  assert.deepEqual(new Set(watched.sessions().map(({ reason }) => reason)), new Set(['left']));
  assert.equal(watched.reports.get('hf.config')?.status, 'down');
});

test('a server that is started again knows nobody: who was left open is gone, and ids do not repeat', async () => {
  const first = await watch();
  await server.connect('192.0.2.40', 5678, 'sdr++');
  await count(first, 1);
  // As if we had been killed: nobody was told to have left.
  await first.stop();
  await until('the server is gone', () => server.pid === null);
  assert.equal(open(first).length, 1);

  const second = await watch({ after: first });
  await count(second, 1, 0);
  await server.connect('192.0.2.40', 5678, 'sdr++');
  await count(second, 2, 1);
});

test('stopped, it interrupts the server and waits for its end', async () => {
  const watched = await watch();
  const pid = server.pid!;
  await watched.stop();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  assert.equal(await watched.ended, null);
});

test('a configuration that is not there is an error that names it', async () => {
  const watched = watchSource(spyserver, { config: '/there/is/no.config', exe: server.exe });
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError && error.code === 'SPYSERVER_CONFIG_MISSING');
  assert.match(error.message, /\/there\/is\/no\.config/);
  assert.equal(server.starts, 0);
});

test('a program that is not there is an error that names it', async () => {
  const watched = watchSource(spyserver, { config: server.config, exe: '/there/is/no/spyserver' });
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError && error.code === 'CHILD_NOT_STARTED');
  assert.match(error.message, /\/there\/is\/no\/spyserver/);
});
