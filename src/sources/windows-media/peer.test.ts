/** Logs that grow as a server writes them, and players that report over HTTP. No real server was at hand. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { freePort, until } from '../../../lab/child.ts';
import { held, isNoMoreThan } from '../../../lab/held.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { readAsItGrows, readFromEnd, readWhole } from '../row-log.fixture.ts';
import { windowsMedia } from './index.ts';

const recorded = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'latin1');

for (const name of ['wms-9.00-by-documents.log', 'wms-4.1-by-documents.log']) {
  test(`${name} that grows, is rotated and gone on with gives the sessions of the whole`, async () => {
    const text = recorded(name);
    const whole = await readWhole(windowsMedia, text);
    assert.ok(whole.length > 2);
    assert.deepEqual(await readAsItGrows(windowsMedia, text), whole);
  });
}

test('begun at its end, the log is read by the columns that its beginning names', async () => {
  const header = '#Fields: x-duration c-ip date time cs-uri-stem\n';
  const sessions = await readFromEnd(
    windowsMedia,
    `${header}60 192.0.2.1 2006-05-01 21:00:00 /a\n`,
    '60 192.0.2.2 2006-05-01 21:10:00 /a\n',
  );
  assert.deepEqual(
    sessions.map(({ address }) => address),
    ['192.0.2.2'],
  );
});

test('a visit that goes on after it has ended is the same session', async () => {
  const before = recorded('wms-9.00-by-documents.log').split(/(?<=\n)/);
  const [first] = await readWhole(windowsMedia, before.slice(0, 11).join(''));
  const [both] = await readWhole(windowsMedia, before.slice(0, 13).join(''));
  assert.equal(first!.id, both!.id);
  assert.deepEqual([first!.to, both!.to], ['2006-05-01T21:10:00', '2006-05-01T21:45:00']);
});

// Reports of a multicast

const REPORT = recorded('multicast-report-by-documents.xml');

async function listen(more: Record<string, unknown> = {}): Promise<{ url: string; watched: Watched }> {
  const port = await freePort();
  const watched = watchSource(windowsMedia, { path: `wms-multicast:127.0.0.1:${port}/log`, ...more });
  const url = `http://127.0.0.1:${port}/log`;
  await until('it listens', async () => (await fetch(url).catch(() => null)) !== null);
  return { url, watched };
}

const send = async (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  (await fetch(url, { method: 'POST', body, headers })).status;

test('players report, and whoever sends something else is told so', async () => {
  const { url, watched } = await listen({ trustedProxies: '127.0.0.1' });
  const from = (address: string) => ({ 'X-Forwarded-For': address });
  assert.equal(await send(url, REPORT, from('192.0.2.5')), 200);
  assert.equal(await send(url, REPORT, from('192.0.2.6')), 200);
  // The same player again, within a minute.
  assert.equal(await send(url, REPORT, from('192.0.2.6')), 200);
  assert.equal(await send(url, 'hello', from('192.0.2.7')), 400);
  assert.equal(await send(url, `<XML>${'x'.repeat(70_000)}</XML>`), 413);
  assert.equal(await send(url.replace('/log', '/other'), REPORT), 404);
  assert.equal((await fetch(url)).status, 405);
  const bytes = () => watched.sessions().map((each) => [each.address, each.bytes]);
  await until(
    'three reports',
    () =>
      bytes()
        .flat()
        .filter((each) => each === 4200 || each === 8400).length === 2,
  );
  assert.deepEqual(bytes().sort(), [
    ['192.0.2.5', 4200],
    ['192.0.2.6', 8400],
  ]);
  const [session] = watched.sessions();
  assert.deepEqual([session!.stream, session!.identity, session!.reason], ['news.nsc', 'declared', 'left']);
  const { posts, malformedPosts, wrongClocks } = watched.counters.read();
  assert.deepEqual([posts, malformedPosts, wrongClocks], [3, 1, 3]);
  assert.equal(watched.reports.get('news.nsc')?.status, 'up');
  await watched.stop();
});

test('one network cannot have visits without limit', async () => {
  const { url, watched } = await listen();
  for (let i = 0; i < 300; i++) {
    assert.equal(await send(url, REPORT.replaceAll('0123456789AB', String(i).padStart(12, '0'))), 200);
  }
  await until('all', () => watched.sessions().reduce((sum, { requests }) => sum + requests, 0) === 300);
  assert.ok(watched.sessions().length <= 257, `${watched.sessions().length} sessions`);
  await watched.stop();
});

test('it ends with connections that say nothing, and leaves nothing behind', async () => {
  const first = await listen();
  await first.watched.stop();
  const before = held();
  const { url, watched } = await listen();
  const silent = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
  silent.on('error', () => {});
  await until('it is connected', () => !silent.connecting);
  silent.write('POST /log HTTP/1.1\r\nContent-Length: 100\r\n\r\n<XML>');
  await watched.stop();
  silent.destroy();
  await until('everything is closed', () => isNoMoreThan(before));
});

test('a port that is taken is an error that names it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await until('the other listens', () => other.listening);
  const { port } = other.address() as { port: number };
  const error = await watchSource(windowsMedia, { path: `wms-multicast:127.0.0.1:${port}` }).ended;
  other.close();
  assert.ok(error instanceof HeadcountError && error.code === 'POSTS_NOT_LISTENING');
  assert.match(error.message, new RegExp(`:${port}`));
});
