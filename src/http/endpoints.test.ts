/** Endpoints of facades: what they are told of a request, under the main server and at an address of their own. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parseCidrs } from '../lib/cidr.ts';
import { silentLog } from '../telemetry/log.ts';
import { serveEndpoints } from './endpoints.ts';
import { type Answer, ask, errorOf, type Question, startSite } from './fixture.ts';
import type { ForeignEndpoint, ForeignRequest } from './route.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Answers what it was told. */
const mirror: ForeignEndpoint = {
  methods: ['GET', 'POST'],
  path: '/stats/:stream',
  summary: 'Says what was asked.',
  type: 'application/json',
  answer: async ({ headers: _, ...told }) => ({
    status: 203,
    headers: { 'content-type': 'application/json', 'x-own': 'yes' },
    body: JSON.stringify(told),
  }),
};

const isTrusted = parseCidrs(['127.0.0.1']);

async function served(how: string): Promise<(path: string, question?: Question) => Promise<Answer>> {
  if (how === 'under the main server') {
    const site = await startSite({
      isEmpty: true,
      endpoints: [mirror],
      trust: { isTrustedProxy: isTrusted },
      basePath: '/below/',
    });
    closing.push(() => site.close());
    return (path, question) => site.ask(`/below${path}`, question);
  }
  const listen = { host: '127.0.0.1', port: 0 };
  const own = await serveEndpoints({ endpoints: [mirror], listen, isTrusted, log: silentLog });
  closing.push(() => own.close());
  return (path, question) => ask(Number(new URL(own.url).port), path, question);
}

const told = ({ text }: Answer) => JSON.parse(text) as ForeignRequest;

for (const how of ['under the main server', 'at an address of its own']) {
  test(`${how} it is told the method, the path, its places and the parameters of query and form`, async () => {
    const asking = await served(how);
    const answer = await asking('/stats/a%2Fb%20c?x=1&x=%3D+2');
    assert.deepEqual([answer.status, answer.headers['x-own']], [203, 'yes']);
    assert.deepEqual(told(answer), {
      ...{ method: 'GET', path: '/stats/a%2Fb%20c', params: { stream: 'a/b c' }, address: '127.0.0.1' },
      json: null,
      parameters: [
        ['x', '1'],
        ['x', '= 2'],
      ],
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
    const posted = told(await asking('/stats/a/?q=1', { method: 'POST', headers, body: 'y=%C3%A9&z' }));
    assert.deepEqual([posted.method, posted.path, posted.params], ['POST', '/stats/a/', { stream: 'a' }]);
    assert.deepEqual(posted.parameters, [
      ['q', '1'],
      ['y', 'é'],
      ['z', ''],
    ]);
  });

  test(`${how} what is no form is refused, and so is another method`, async () => {
    const asking = await served(how);
    const headers = { 'content-type': 'application/json' };
    assert.equal((await asking('/stats/a', { method: 'POST', headers, body: '{}' })).status, 415);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await asking('/stats/a', { method: 'POST', headers: form, body: 'x'.repeat(70_000) })).status, 413);
    assert.equal((await asking('/stats/a', { method: 'PUT' })).status, 404);
    assert.equal((await asking('/stats/%zz')).status, 404);
    assert.equal(errorOf(await asking('/stats')).code, 'NOT_FOUND');
  });
}

test('JSON comes as its text where it is taken', async () => {
  const listen = { host: '127.0.0.1', port: 0 };
  const endpoints: ForeignEndpoint[] = [{ ...mirror, methods: ['POST', 'OPTIONS'], path: '/', takesJson: true }];
  const own = await serveEndpoints({ endpoints, listen, isTrusted, log: silentLog });
  closing.push(() => own.close());
  const port = Number(new URL(own.url).port);
  const headers = { 'content-type': 'application/JSON; charset=utf-8' };
  const posted = told(await ask(port, '/?a=1', { method: 'POST', headers, body: '{"x":' }));
  assert.deepEqual([posted.json, posted.parameters], ['{"x":', [['a', '1']]]);
  assert.equal(told(await ask(port, '/', { method: 'OPTIONS' })).json, null);
  assert.equal((await ask(port, '/')).status, 404);
});

test('what is compressed already goes out as it is, also under the main server', async () => {
  const body = gzipSync('x'.repeat(10_000));
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const packed: ForeignEndpoint = { ...mirror, answer: async () => ({ status: 200, headers, body }) };
  const site = await startSite({ isEmpty: true, endpoints: [packed] });
  closing.push(() => site.close());
  const answer = await site.ask('/stats/a', { headers: { 'accept-encoding': 'br, gzip' } });
  assert.equal(answer.headers['content-encoding'], 'gzip');
  assert.deepEqual(answer.body, body);
  const { paths } = await site.get<{ paths: Record<string, unknown> }>('/openapi.json');
  assert.ok(paths['/stats/{stream}'], 'it is in the documentation');
});

test('the client is whom the first trusted proxy names', async () => {
  const asking = await served('at an address of its own');
  const forwarded = (chain: string) => ({ headers: { 'x-forwarded-for': chain } });
  assert.equal(told(await asking('/stats/a', forwarded('192.0.2.66, 198.51.100.7'))).address, '198.51.100.7');
  assert.equal(told(await asking('/stats/a', forwarded('nobody'))).address, '127.0.0.1');
});

test('who is no proxy of ours is himself, whatever he claims', async () => {
  const listen = { host: '127.0.0.1', port: 0 };
  const own = await serveEndpoints({ endpoints: [mirror], listen, isTrusted: () => false, log: silentLog });
  closing.push(() => own.close());
  const headers = { 'x-forwarded-for': '192.0.2.66' };
  assert.equal(told(await ask(Number(new URL(own.url).port), '/stats/a', { headers })).address, '127.0.0.1');
});

test('it takes nobody’s place, and says how to listen elsewhere', async () => {
  for (const path of ['/metrics', '/api/v1/anything']) {
    await assert.rejects(startSite({ isEmpty: true, endpoints: [{ ...mirror, path }] }), { code: 'BAD_CONFIG' }, path);
  }
  const site = await startSite({ isEmpty: true });
  closing.push(() => site.close());
  const listen = { host: '127.0.0.1', port: site.port };
  await assert.rejects(
    serveEndpoints({ endpoints: [mirror], listen, isTrusted: () => false, log: silentLog }),
    (error: unknown) => /option listen of the facade/.test((error as Error).message),
  );
});
