/** The server itself: where it listens, what it says when something is wrong, and that nothing is left of it. */

import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { HeadcountError } from '../lib/errors.ts';
import type { StatusWire } from './contract.ts';
import { NOW } from './crowd.fixture.ts';
import { ask, errorOf, OPEN_TRUST, startSite, until } from './fixture.ts';
import { serveHttp } from './server.ts';

const site = await startSite();
after(() => site.close());

const listening = { host: '127.0.0.1', port: 0, socket: null, basePath: '/', trust: OPEN_TRUST };

test('it is alive, and ready', async () => {
  for (const [path, text] of [
    ['/healthz', 'ok\n'],
    ['/readyz', 'ready\n'],
  ] as const) {
    const answer = await site.ask(path);
    assert.equal(answer.status, 200);
    assert.equal(answer.text, text);
    assert.match(String(answer.headers['content-type']), /^text\/plain/);
  }
});

test('while the store has no room it is alive, not ready, and says since when; then all is well again', async (t) => {
  const full = await startSite({ isEmpty: true });
  t.after(() => full.close());
  full.refusal = { commits: new HeadcountError('STORE_FULL', 'There is no room left on the disk.') };
  const settling = full.settle();
  await until('not ready', async () => (await full.ask('/readyz')).status === 503);
  assert.equal((await full.ask('/healthz')).status, 200);
  const { stalled } = await full.get<StatusWire>('/api/v1/status');
  assert.deepEqual(stalled, { since: new Date(NOW).toISOString(), message: 'There is no room left on the disk.' });
  full.refusal = {};
  await settling;
  assert.equal((await full.ask('/readyz')).status, 200);
  assert.equal((await full.get<StatusWire>('/api/v1/status')).stalled, null);
});

test('what is not there is not found, as JSON, whatever the method', async () => {
  for (const [method, path] of [
    ['GET', '/api/v1/nothing'],
    ['GET', '/api/v2/sessions'],
    ['POST', '/api/v1/sessions'],
    ['DELETE', '/api/v1/streams'],
    ['PUT', '/'],
    ['GET', `/api/v1/sessions/${'a'.repeat(500)}`],
  ] as const) {
    const answer = await site.ask(path, { method });
    assert.equal(answer.status, 404, `${method} ${path}: ${answer.text}`);
    assert.equal(errorOf(answer).code, 'NOT_FOUND');
  }
});

test('a path that cannot be read leads nowhere, and passes the same guards', async () => {
  for (const path of ['/api/v1/sessions/%', '/%zz', '/api/v1/streams/%ff', '/%']) {
    const answer = await site.ask(path);
    assert.equal(answer.status, 404, `${path}: ${answer.text}`);
    assert.equal(errorOf(answer).code, 'NOT_FOUND');
    assert.ok(answer.headers['content-security-policy'], path);
    assert.equal((await site.ask(path, { headers: { host: 'evil.example.com' } })).status, 403, path);
  }
  assert.equal((await site.ask('/api/v1/sessions?user=%zz')).status, 200, 'a value may be anything');
});

test('no path leads out of the folder of the dashboard', async () => {
  for (const path of [
    '/../../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/.git/config',
  ]) {
    const answer = await site.ask(path);
    assert.ok([403, 404].includes(answer.status), `${path}: ${answer.status}`);
    assert.doesNotMatch(answer.text, /biome/);
    assert.match(errorOf(answer).code, /FORBIDDEN|NOT_FOUND/);
  }
});

test('a store that is busy, closed or asked for too much is no mistake of ours: it says so', async (t) => {
  t.after(() => {
    site.refusal = {};
  });
  for (const [code, status] of [
    ['STORE_BUSY', 503],
    ['STORE_CLOSED', 503],
    ['STORE_TOO_MUCH', 503],
    ['BAD_QUERY', 400],
  ] as const) {
    site.refusal = { questions: new HeadcountError(code, 'A sentence about it.') };
    for (const path of ['history', 'timeline', 'sessions?state=all', 'sessions/nobody']) {
      const answer = await site.ask(`/api/v1/${path}`);
      assert.equal(answer.status, status, path);
      assert.deepEqual(errorOf(answer), { code, message: 'A sentence about it.' });
    }
  }
  assert.deepEqual(site.logged, []);
});

test('what goes wrong inside is in the log, and not in the answer', async (t) => {
  t.after(() => {
    site.refusal = {};
  });
  site.refusal = { questions: new HeadcountError('STORE_FAILED', 'The store has failed with /secret/path.') };
  const answer = await site.ask('/api/v1/history');
  assert.equal(answer.status, 500);
  assert.deepEqual(errorOf(answer), { code: 'INTERNAL', message: 'Something went wrong here; the log says what.' });
  assert.equal(site.logged.length, 1);
  assert.match(site.logged[0]!, /error.*The store has failed with \/secret\/path/s);
});

test('a body that is no JSON, or too long, is refused with a sentence', async () => {
  const post = (body: string) =>
    site.ask('/api/v1/forget', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      socketPath: site.socket,
    });
  for (const body of [
    '',
    '{',
    '"x"',
    '[]',
    'null',
    '{"user":1}',
    '{"user":""}',
    '{}',
    '{"user":"a","ip":"b"}',
    '{"x":1}',
  ]) {
    const answer = await post(body);
    assert.equal(answer.status, 400, `${body}: ${answer.text}`);
    assert.equal(errorOf(answer).code, 'BAD_REQUEST');
  }
  assert.match(errorOf(await post('{}')).message, /exactly one of ip, user or session/);
  assert.equal((await post('{"__proto__":{"user":"a"}}')).status, 400);
  const long = await post(JSON.stringify({ user: 'a'.repeat(70_000) }));
  assert.equal(long.status, 413);
  assert.equal(errorOf(long).code, 'TOO_LARGE');
});

test('long answers are compressed for who wants them, and stay the same', async () => {
  const plain = await site.ask('/openapi.json');
  assert.equal(plain.headers['content-encoding'], undefined);
  const packed = await site.ask('/openapi.json', { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.ok(packed.body.length < plain.body.length / 2);
  assert.equal(gunzipSync(packed.body).toString('utf8'), plain.text);
  const tiny = await site.ask('/api/v1/audience', { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(tiny.headers['content-encoding'], undefined);
});

test('HEAD is answered without a body, and at once', async () => {
  for (const path of ['/api/v1/status', '/metrics', '/openapi.json', '/healthz']) {
    const answer = await site.ask(path, { method: 'HEAD' });
    assert.equal(answer.status, 200, path);
    assert.equal(answer.text, '');
  }
  assert.equal((await site.ask('/api/v1/live', { method: 'HEAD' })).status, 404);
});

test('below a base path everything is there, and nothing beside it', async (t) => {
  const below = await startSite({ isEmpty: true, basePath: '/audience/' });
  t.after(() => below.close());
  assert.match(below.http.url, /^http:\/\/127\.0\.0\.1:\d+\/audience\/$/);
  for (const path of ['', 'docs', 'openapi.json', 'metrics', 'healthz', 'readyz', 'api/v1/status']) {
    assert.equal((await below.ask(`/audience/${path}`)).status, 200, path);
    if (path !== '') assert.equal((await below.ask(`/${path}`)).status, 404, path);
  }
  assert.match((await below.ask('/audience/docs')).text, /href="openapi\.json"/);
  assert.match(errorOf(await below.ask('/nothing')).message, /\/audience\/docs/);
});

test('after closing nobody listens, no socket is left, and nobody is told any news', async () => {
  const closing = await startSite({ isEmpty: true });
  // One that keeps its connection open, and one that has asked for nothing yet.
  const idle = connect(closing.port, '127.0.0.1');
  const idleClosed = new Promise((resolve) => idle.once('close', resolve));
  await new Promise((resolve) => idle.once('connect', resolve));
  await closing.http.close();
  await idleClosed;
  assert.ok(!existsSync(closing.socket));
  await assert.rejects(ask(closing.port, '/healthz'), { code: 'ECONNREFUSED' });
  // Closing once more does no harm, and clears away the rest.
  await closing.close();
});

test('a port that is taken is said to be, and nothing is left behind', async () => {
  const port = Number(new URL(site.http.url).port);
  await assert.rejects(serveHttp(site.service, { ...listening, port }), (error: HeadcountError) => {
    assert.equal(error.code, 'LISTEN_FAILED');
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} already`));
    return true;
  });
  assert.equal((await site.ask('/healthz')).status, 200);
});

test('an address that is not ours cannot be listened on', async () => {
  await assert.rejects(serveHttp(site.service, { ...listening, host: '192.0.2.1' }), {
    code: 'LISTEN_FAILED',
    message: /192\.0\.2\.1/,
  });
});

test("where the owner's socket cannot be made, nothing listens", async () => {
  const folder = join(site.directory, 'deep'.repeat(30));
  await mkdir(folder);
  const port = await freePort();
  for (const socket of [join(folder, 'headcount.sock'), join(site.directory, 'missing', 'headcount.sock')]) {
    await assert.rejects(serveHttp(site.service, { ...listening, port, socket }), { code: 'LISTEN_FAILED' });
    await assert.rejects(ask(port, '/healthz'), { code: 'ECONNREFUSED' });
  }
});

test('a socket that a killed process has left is taken over, a file of the same name as well', async () => {
  const socket = join(site.directory, 'left.sock');
  await writeFile(socket, '');
  const again = await serveHttp(site.service, { ...listening, socket });
  assert.equal((await ask(0, '/healthz', { socketPath: socket })).status, 200);
  await again.close();
  assert.ok(!existsSync(socket));
});

async function freePort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
