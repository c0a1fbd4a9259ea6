/**
 * Who sees what, over every route that there is: the owner, a user of one stream, a user without the right to see
 * addresses, nobody, and anybody where no credentials are configured. A route that is added fails here until it has an
 * entry. What may not be seen is looked for in every byte of every answer.
 */

import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import type { SessionPageWire, SharedAccountsWire, StreamsWire } from '../../src/http/contract.ts';
import { DASHBOARD } from '../../src/http/dashboard.ts';
import { type Question, until } from '../../src/http/fixture.ts';
import { allRoutes } from '../../src/http/server.ts';
import { addressWords, anyOf, askAs, foreignWords, OWN, startRights, type Who } from './fixture.ts';

interface Entry {
  /** Below the base path; `{session}` and `{stream}` are ids of those that the limited user does not see. */
  readonly asked: readonly string[];
  readonly question?: Question;
  /** Where it is another status than 200, and 401 for nobody. */
  readonly status?: Partial<Record<Who | 'anybody', number>>;
}

const isBuilt = existsSync(`${DASHBOARD}/index.html`);
const api = (...asked: string[]): Entry => ({ asked: asked.map((path) => `/api/v1${path}`) });
const DIMENSIONS = ['stream', 'source', 'country', 'city', 'player', 'platform', 'quality', 'asn', 'user', 'identity'];
const byAll = (path: string, more = '') => DIMENSIONS.map((by) => `${path}?by=${by}${more}`);
/** A moment at which strangers were there, too. */
const THEN = '&at=2026-03-01T11:58:50Z';
const post = (body: object): Question => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const TO_ALL = { nobody: 200 };
const FOREIGN_ID = { limited: 404 };
const WHOLE_ONLY = { limited: 403, masked: 403 };

const TABLE: Readonly<Record<string, readonly Entry[]>> = {
  'GET /api/v1/audience': [
    api('/audience', ...byAll('/audience'), ...byAll('/audience', THEN), `/audience?stream=/talk&by=user${THEN}`),
    { ...api(`/audience?programme=Strange%20Talk${THEN}`), status: FOREIGN_ID },
    { ...api(`/audience?ip=203.0.113.99${THEN}`), status: { masked: 403 } },
    { ...api('/audience?user=stranger', '/audience?at=2199-01-01T00:00:00Z'), status: allOf(400) },
  ],
  'GET /api/v1/places': [
    api('/places', `/places?bot=all${THEN}`),
    { ...api(`/places?programme=Strange%20Talk${THEN}`), status: FOREIGN_ID },
    { ...api(`/places?ip=203.0.113.99${THEN}`), status: { masked: 403 } },
    { ...api('/places?user=stranger', '/places?bot=all'), status: allOf(400) },
  ],
  'GET /api/v1/streams': [api('/streams', `/streams?${THEN.slice(1)}`)],
  'GET /api/v1/streams/:id': [{ ...api('/streams/{stream}'), status: FOREIGN_ID }],
  'GET /api/v1/streams/:id/listeners': [{ ...api('/streams/{stream}/listeners'), status: FOREIGN_ID }],
  'GET /api/v1/programmes': [api('/programmes')],
  'GET /api/v1/programmes/:name': [
    api('/programmes/Radio'),
    { ...api('/programmes/Strange%20Talk'), status: FOREIGN_ID },
  ],
  'GET /api/v1/sessions': [
    api(
      '/sessions?bot=all&limit=1000',
      '/sessions?state=all&bot=all&limit=1000',
      '/sessions?state=closed&sort=bytes&limit=3',
      '/sessions?sort=-stream&limit=2&bot=all',
      '/sessions?stream=/talk&stream=/news&source=cdn',
      '/sessions?user=stranger&state=all',
      '/sessions?programme=Radio&bot=all',
      `/sessions?bot=all&limit=1000${THEN}`,
      '/sessions?from=2026-03-01T11:00:00Z&to=2026-03-01T12:00:00Z&state=all',
    ),
    { ...api('/sessions?programme=Strange%20Talk'), status: FOREIGN_ID },
    { ...api('/sessions?ip=203.0.113.99', '/sessions?ip=203.0.113.99&state=all'), status: { masked: 403 } },
    { ...api('/sessions?colour=red', '/sessions?cursor=x'), status: allOf(400) },
  ],
  'GET /api/v1/sessions/:id': [{ ...api('/sessions/{session}'), status: FOREIGN_ID }],
  'GET /api/v1/sessions/export': [
    api(
      '/sessions/export?format=csv&state=all&bot=all',
      '/sessions/export?format=jsonl&state=all&bot=all',
      '/sessions/export?format=jsonl&state=all&columns=ip,port,user,stream',
      '/sessions/export?format=parquet&sort=stream',
    ),
    { ...api('/sessions/export?format=csv&ip=203.0.113.99'), status: { masked: 403 } },
    { ...api('/sessions/export', '/sessions/export?format=csv&columns=x'), status: allOf(400) },
    { ...api('/sessions/export?format=csv&programme=Strange%20Talk'), status: FOREIGN_ID },
  ],
  'GET /api/v1/sessions/:id/titles': [{ ...api('/sessions/{session}/titles'), status: FOREIGN_ID }],
  'GET /api/v1/history': [
    api('/history', ...byAll('/history', '&bot=all'), '/history?stream=/talk&by=user', '/history?by=programme'),
    { ...api('/history?programme=Strange%20Talk'), status: FOREIGN_ID },
    { ...api('/history?ip=203.0.113.99'), status: { masked: 403 } },
  ],
  'GET /api/v1/timeline': [
    api('/timeline', ...byAll('/timeline', '&bot=all'), '/timeline?stream=/talk&by=user'),
    { ...api('/timeline?programme=Strange%20Talk'), status: FOREIGN_ID },
    { ...api('/timeline?ip=203.0.113.99'), status: { masked: 403 } },
  ],
  'GET /api/v1/reports/audience': [
    api('/reports/audience?minSession=0', '/reports/audience?stream=/talk&step=hour'),
    { ...api('/reports/audience?programme=Strange%20Talk'), status: FOREIGN_ID },
    { ...api('/reports/audience?ip=203.0.113.99'), status: { masked: 403 } },
  ],
  'GET /api/v1/status': [api('/status')],
  'GET /api/v1/sources': [api('/sources')],
  'GET /api/v1/sources/:name/output': [
    { ...api('/sources/radio/output', '/sources/edge-1/output'), status: { limited: 403 } },
    { ...api('/sources/no-such-source/output'), status: { ...allOf(404), limited: 403 } },
  ],
  'POST /api/v1/forget': [
    { ...api('/forget'), question: post({ user: 'no-such-user' }), status: { limited: 403, anybody: 403 } },
    { ...api('/forget'), question: post({ ip: '192.0.2.250' }), status: { limited: 403, masked: 403, anybody: 403 } },
    {
      ...api('/forget'),
      question: post({ session: 'no-such-session' }),
      status: { ...allOf(404), limited: 403, anybody: 403, nobody: 401 },
    },
  ],
  'POST /api/v1/sign-in': [
    { ...api('/sign-in'), question: post({ name: 'whole', password: 'password of limited' }), status: allOf(401) },
    { ...api('/sign-in'), question: post({ token: 'no-such-token' }), status: allOf(401) },
    { ...api('/sign-in'), question: post({}), status: { ...allOf(400), nobody: 400 } },
    {
      ...api('/sign-in'),
      question: post({ name: 'whole', password: 'password of whole' }),
      status: { nobody: 200, anybody: 401 },
    },
  ],
  'POST /api/v1/sign-out': [{ ...api('/sign-out'), question: post({}), status: TO_ALL }],
  'POST /api/v1/try': [
    {
      ...api('/try'),
      question: post({ url: 'icecast://192.0.2.1', token: 'x' }),
      status: { limited: 403, anybody: 403 },
    },
  ],
  // The owner's alone, through the socket.
  'POST /api/v1/export': [
    { ...api('/export'), question: post({ from: null, to: null, filter: {} }), status: onlyOwner(200) },
    { ...api('/export'), question: post({ from: null, to: null, filter: { city: ['x'] } }), status: onlyOwner(400) },
  ],
  'POST /api/v1/import': [
    { ...api('/import'), question: post({ source: 'ssmon', connections: [] }), status: onlyOwner(200) },
    { ...api('/import'), question: post({ source: '', connections: [] }), status: onlyOwner(400) },
  ],
  'GET /api/v1/sharing': [{ ...api('/sharing', '/sharing?user=stranger&minScore=0'), status: WHOLE_ONLY }],
  'GET /api/v1/sharing/audit': [
    { ...api('/sharing/audit'), status: { limited: 403, masked: 403, whole: 403, anybody: 403 } },
  ],
  'GET /api/v1/sharing/:id': [
    { ...api('/sharing/{account}'), status: WHOLE_ONLY },
    { ...api('/sharing/no-such-account'), status: { ...allOf(404), ...WHOLE_ONLY } },
  ],
  'POST /api/v1/sharing/:id/feedback': [
    {
      ...api('/sharing/{account}/feedback'),
      question: post({ kind: 'user' }),
      status: { ...WHOLE_ONLY, anybody: 403 },
    },
  ],
  // What is told there as it happens: live.test.ts.
  'GET /api/v1/live': [{ ...api('/live?colour=red'), status: { ...allOf(400), nobody: 401 } }],
  'GET /metrics': [{ asked: ['/metrics'] }],
  'GET /openapi.json': [{ asked: ['/openapi.json'] }],
  'GET /docs': [{ asked: ['/docs'] }],
  'GET /healthz': [{ asked: ['/healthz'], status: TO_ALL }],
  'GET /readyz': [{ asked: ['/readyz'], status: TO_ALL }],
  'GET /own.json': [{ asked: ['/own.json'] }],
  'GET /listeners.json': [{ asked: ['/listeners.json'], status: { limited: 403, masked: 403 } }],
  // It asks who somebody is, and so is there for everybody; what it shows it asks the API for.
  'GET /': [{ asked: ['/'], status: TO_ALL }],
  // The files of the dashboard, once it is built; else no such route is there.
  'GET /*': [{ asked: ['/no-such-file'], status: { ...allOf(404), nobody: 404 } }],
};

function onlyOwner(status: number): Record<Who | 'anybody', number> {
  return { ...allOf(403), owner: status };
}

function allOf(status: number): Record<Who | 'anybody', number> {
  return { owner: status, limited: status, masked: status, whole: status, nobody: 401, anybody: status };
}

const site = await startRights();
after(() => site.close());
const open = await startRights({ isOpen: true });
after(() => open.close());

for (const { sharing } of [site, open]) {
  sharing.start();
  await until(
    'all accounts are judged',
    () => sharing.state.judged > 0 && sharing.state.judged === sharing.state.accounts,
  );
}
const ids = await foreignIds();

async function foreignIds(): Promise<Record<string, string>> {
  const { items } = JSON.parse((await askAs(site, 'owner', '/api/v1/streams')).text) as StreamsWire;
  const page = await askAs(site, 'owner', '/api/v1/sessions?user=stranger');
  const [session] = (JSON.parse(page.text) as SessionPageWire).items;
  const accounts = await askAs(site, 'owner', '/api/v1/sharing?user=stranger');
  const [account] = (JSON.parse(accounts.text) as SharedAccountsWire).items;
  return { stream: items.find(({ stream }) => stream === '/talk')!.id, session: session!.id, account: account!.id };
}

const pathOf = (path: string) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name]!);

/** `METHOD /path`, as Fastify has them: without HEAD, which answers nothing that GET would not. */
function printedRoutes(): string[] {
  const parents: string[] = [];
  const printed = site.http.app.printRoutes({ commonPrefix: false, includeHooks: false });
  return printed.split('\n').flatMap((line) => {
    const match = /^(.*?[├└]── )(.*?) \((.*)\)$/.exec(line);
    if (match === null) return [];
    const depth = match[1]!.length / 4 - 1;
    const path = `${depth === 0 ? '' : parents[depth - 1]}/${match[2]}`.replaceAll(/\/+/g, '/');
    parents[depth] = path;
    const methods = match[3]!.split(', ').filter((method) => method !== 'HEAD');
    return methods.map((method) => `${method} ${path}`);
  });
}

test('every route has an entry, and every entry a route', () => {
  const printed = new Set(printedRoutes());
  for (const { method, path } of allRoutes(site.service)) assert.ok(printed.has(`${method} /api/v1${path}`), path);
  // Once the dashboard has been built its page is one of its files.
  const isOfApi = (name: string) => !['GET /', 'GET /*'].includes(name);
  assert.deepEqual([...printed].filter(isOfApi).sort(), Object.keys(TABLE).filter(isOfApi).sort());
  assert.ok(printed.has(isBuilt ? 'GET /*' : 'GET /'));
});

for (const [name, entries] of Object.entries(TABLE)) {
  for (const who of ['owner', 'whole', 'limited', 'masked', 'nobody'] as const) {
    test(`${name}: ${who}`, async () => {
      for (const { asked, question, status } of entries) {
        for (const path of asked) {
          const answer = await askAs(site, who, pathOf(path), question);
          const expected = status?.[who] ?? (who === 'nobody' ? 401 : 200);
          assert.equal(answer.status, expected, `${path}: ${answer.text.slice(0, 300)}`);
          checkBytes(who, path, `${JSON.stringify(answer.headers)} ${answer.text}`);
        }
      }
    });
  }

  test(`${name}: anybody, without credentials`, async () => {
    for (const { asked, question, status } of entries) {
      for (const path of asked) {
        const answer = await open.ask(pathOf(path), question);
        assert.equal(answer.status, status?.anybody ?? 200, `${path}: ${answer.text.slice(0, 300)}`);
      }
    }
  });
}

function checkBytes(who: Who, path: string, bytes: string): void {
  // What somebody has sent comes back to them in a message, and tells nothing.
  if (who === 'limited') assert.doesNotMatch(bytes, foreignWords(site), path);
  if (who === 'masked') assert.doesNotMatch(bytes, addressWords(site), path);
  if (who === 'nobody') {
    assert.doesNotMatch(bytes, foreignWords(site), path);
    assert.doesNotMatch(bytes, anyOf(['/jazz', 'radio', ...OWN.map(({ address }) => address)]), path);
  }
}

test('the words that are looked for are told to whoever may see them', async () => {
  const whole = await askAs(site, 'whole', '/api/v1/sessions?bot=all&limit=1000');
  assert.match(whole.text, foreignWords(site));
  assert.match(whole.text, addressWords(site));
  const own = await askAs(site, 'limited', '/api/v1/sessions?bot=all&limit=1000');
  assert.match(own.text, anyOf(['/jazz']));
  const places = await askAs(site, 'masked', '/api/v1/sessions?bot=all&limit=1000');
  assert.match(places.text, foreignWords(site));
  assert.match(places.text, anyOf(['203.0.113.0']));
});
