/** Servers that somebody else runs: real processes, with real connections on loopback. */

import { strict as assert } from 'node:assert';
import { type TestContext, test } from 'node:test';
import { freePort, until } from '../../../lab/child.ts';
import { type Listener, startListener } from '../../../lab/listener.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { spyserver } from './index.ts';

async function listener(t: TestContext, host?: string, name = 'spyserver_lab'): Promise<Listener> {
  const started = await startListener(name, host);
  t.after(() => started.stop());
  return started;
}

function watch(t: TestContext, options: Record<string, unknown>, after?: Watched): Watched {
  const more = after === undefined ? {} : { after };
  const watched = watchSource(spyserver, { every: '250ms', ...options }, more);
  t.after(() => watched.stop().catch(() => {}));
  return watched;
}

const openOn = (watched: Watched, stream: string) =>
  watched.sessions().filter((session) => session.stream === stream && session.endedAt === null);

test('clients of two servers, by their ports; who closes has left', async (t) => {
  const [hf, vhf] = [await listener(t), await listener(t, '::')];
  const watched = watch(t, { port: [hf.port, vhf.port], names: { [hf.port]: '20m_band' } });
  const first = await hf.connect();
  await hf.connect();
  await vhf.connect('::1');
  await vhf.connect('127.0.0.1');
  const other = `port ${vhf.port}`;
  await until('two and two', () => openOn(watched, '20m_band').length === 2 && openOn(watched, other).length === 2);
  const [session] = openOn(watched, '20m_band').filter(({ port }) => port === first.localPort);
  assert.deepEqual([session!.address, session!.identity], ['127.0.0.1', 'connection']);
  assert.deepEqual(session!.details, { serverPort: hf.port });
  assert.deepEqual(
    openOn(watched, other)
      .map(({ address }) => address)
      .sort(),
    ['127.0.0.1', '::1'],
  );
  first.destroy();
  await until('one has left', () => openOn(watched, '20m_band').length === 1);
  assert.equal(watched.sessions().length, 4);
  assert.equal(watched.reports.get('20m_band')?.status, 'up');
});

test('connections outlive a restart of ours: the same sessions go on', async (t) => {
  const hf = await listener(t);
  await hf.connect();
  const first = watch(t, { port: [hf.port] });
  await until('it is seen', () => first.sessions().length === 1);
  await first.stop();
  const second = watch(t, { port: [hf.port] }, first);
  await until('it is seen again', () => second.batches.length > 2);
  assert.equal(second.sessions().length, 1);
  assert.equal(second.sessions()[0]!.endedAt, null);
});

test('a server that ends, and one that is not there yet, are down; their clients are gone', async (t) => {
  const hf = await listener(t);
  await hf.connect();
  const free = await freePort();
  const watched = watch(t, { port: [hf.port, free] });
  const stream = `port ${hf.port}`;
  await until('it is seen', () => openOn(watched, stream).length === 1);
  assert.equal(watched.reports.get(`port ${free}`)?.status, 'down');
  process.kill(hf.pid, 'SIGKILL');
  await until('it is down', () => watched.reports.get(stream)?.status === 'down');
  assert.equal(openOn(watched, stream).length, 0);
});

test('without a port, every program of that name is found, also one that is started later', async (t) => {
  const watched = watch(t, {});
  await until('it has looked', () => watched.batches.length > 1);
  const hf = await listener(t);
  await hf.connect();
  const other = await listener(t, '127.0.0.1', 'icecast_lab');
  await other.connect();
  await until('it is found', () => openOn(watched, `port ${hf.port}`).length === 1);
  assert.equal(watched.reports.has(`port ${other.port}`), false);
});

test('clients that are to be ignored are counted once each, and are nobody', async (t) => {
  const hf = await listener(t, '::');
  const watched = watch(t, { port: [hf.port], ignore: '127.*.*.*' });
  await hf.connect('127.0.0.1');
  await hf.connect('127.0.0.1');
  await hf.connect('::1');
  await until('all are seen', () => watched.sessions().length === 1 && watched.counters.get('ignoredClients') === 2);
  const { length } = watched.batches;
  await until('it has looked again', () => watched.batches.length > length + 1);
  assert.equal(watched.counters.get('ignoredClients'), 2);
  assert.equal(watched.sessions()[0]!.address, '::1');
});
