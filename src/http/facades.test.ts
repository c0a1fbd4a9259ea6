/** The pages of facades: behind the same rights as everything else, documented, and nobody else's. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { ALL_ACCESS } from '../core/access.ts';
import { errorOf, OPEN_TRUST, type Site, type SiteOptions, startSite } from './fixture.ts';
import type { ForeignRoute } from './route.ts';
import { serveHttp } from './server.ts';

const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

async function started(options: SiteOptions): Promise<Site> {
  const site = await startSite({ isEmpty: true, ...options });
  sites.push(site);
  return site;
}

function page(more: Partial<ForeignRoute> = {}): ForeignRoute {
  return { path: '/listeners.json', summary: 'Listeners.', type: 'application/json', answer: () => '{ }', ...more };
}

test('it is served as it is, with its type, and kept by nobody', async () => {
  const site = await started({ facades: [page(), page({ path: '/other/v1.json', answer: () => '[1]' })] });
  const answer = await site.ask('/listeners.json');
  assert.deepEqual([answer.status, answer.text], [200, '{ }']);
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  assert.equal((await site.ask('/other/v1.json')).text, '[1]');
});

test('before there is something to say it says so', async () => {
  const site = await started({ facades: [page({ answer: () => null })] });
  const answer = await site.ask('/listeners.json');
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['retry-after'], '1');
  assert.equal(errorOf(answer).code, 'NOT_YET');
});

test('it needs the right to read, and a host name of ours', async () => {
  const tokens = [{ name: 'api', secret: 's3cret', write: false, groups: [], access: ALL_ACCESS }];
  const site = await started({ facades: [page()], trust: { tokens } });
  assert.equal((await site.ask('/listeners.json')).status, 401);
  const headers = { authorization: 'Bearer s3cret' };
  assert.equal((await site.ask('/listeners.json', { headers })).status, 200);
  const elsewhere = await site.ask('/listeners.json', { headers: { ...headers, host: 'evil.example' } });
  assert.equal(errorOf(elsewhere).code, 'HOST_NOT_ALLOWED');
});

test('it lies below the base path, and is in the documentation', async () => {
  const site = await started({ facades: [page()], basePath: '/audience/' });
  assert.equal((await site.ask('/listeners.json')).status, 404);
  assert.equal((await site.ask('/audience/listeners.json')).text, '{ }');
  const { paths } = await site.get<{ paths: Record<string, { get: { summary: string } }> }>('/audience/openapi.json');
  assert.equal(paths['/listeners.json']?.get.summary, 'Listeners.');
});

test('it takes nobody’s place', async () => {
  const { service } = await started({});
  const serve = (facades: readonly ForeignRoute[], basePath = '/') =>
    serveHttp(service, { host: '127.0.0.1', port: 0, socket: null, basePath, trust: OPEN_TRUST, facades });
  for (const path of ['/metrics', '/docs', '/api/v1/sessions', '/api/v1/anything']) {
    await assert.rejects(serve([page({ path })]), { code: 'BAD_CONFIG' }, path);
    await assert.rejects(serve([page({ path })], '/below/'), { code: 'BAD_CONFIG' }, path);
  }
  await assert.rejects(serve([page(), page()]), /\/listeners\.json: something else/);
});
