/** `/status`, `/sources` and `/forget`. */

import { strict as assert } from 'node:assert';
import { type TestContext, test } from 'node:test';
import { clientFacts, FOREVER, presence } from '../../core/observation.ts';
import type { HistoryWire, SessionPageWire, SessionWire, SourceOutputWire, SourcesWire } from '../contract.ts';
import { CROWD, listenerOf, NOW, OPEN, SOURCES } from '../crowd.fixture.ts';
import { errorOf, PRINTED, REJECT, type Site, startSite } from '../fixture.ts';

async function siteOf(t: TestContext, isEmpty = false): Promise<Site> {
  const site = await startSite({ isEmpty });
  t.after(() => site.close());
  return site;
}

/** Asks as the owner does. */
async function forget(site: Site, who: Record<string, string>): Promise<number> {
  const answer = await site.ask('/api/v1/forget', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(who),
    socketPath: site.socket,
  });
  assert.equal(answer.status, 200, answer.text);
  return (JSON.parse(answer.text) as { sessions: number }).sessions;
}

async function sessions(site: Site, query: string): Promise<readonly SessionWire[]> {
  return (await site.get<SessionPageWire>(`/api/v1/sessions?limit=1000&bot=all&${query}`)).items;
}

const NOBODY = { ip: null, port: null, userAgent: null, user: null, device: null };
const isErased = ({ client }: SessionWire) => JSON.stringify(client) === JSON.stringify(NOBODY);

test('every source says how it is, in full', async (t) => {
  const site = await siteOf(t);
  const { items } = await site.get<SourcesWire>('/api/v1/sources');
  const iso = (at: number) => new Date(at).toISOString();
  assert.deepEqual(items[1], {
    name: 'edge-2',
    kind: 'access-log',
    audience: 'cdn',
    relays: false,
    status: 'running',
    statusSince: iso(NOW - 60_000),
    lastBatchAt: iso(NOW - 500),
    watermark: iso(NOW - 5000),
    lagSeconds: 5,
    restarts: 1,
    lastError: { code: 'LOG_MISSING', message: 'The log does not exist.', at: iso(NOW - 90_000) },
    // Those of the audience that it shares.
    sessions: OPEN.filter(({ space }) => space === 'cdn').length,
    hasOutput: false,
    counters: { observations: CROWD.filter(({ source }) => source === 'edge-2').length },
    gapSeconds: SOURCES[1]!.gap / 1000,
    latenessSeconds: 5,
    rates: [{ counter: 'lines', perSecond: 12.346 }],
    rejects: [
      { ...REJECT, example: { ...REJECT.example, at: iso(REJECT.example.at) } },
      { counter: 'longLines', count: 1, of: null, example: null },
    ],
  });
  assert.equal(items[2]?.sessions, OPEN.filter(({ source }) => source === 'radio').length);
});

test('what the program of a source prints is told line by line, as text', async (t) => {
  const site = await siteOf(t);
  const { items } = await site.get<SourceOutputWire>('/api/v1/sources/radio/output');
  assert.deepEqual(
    items,
    PRINTED.map(({ at, text }) => ({ at: new Date(at).toISOString(), text })),
  );
  const { items: all } = await site.get<SourcesWire>('/api/v1/sources');
  assert.deepEqual(
    all.map(({ hasOutput }) => hasOutput),
    [false, false, true],
  );
  assert.deepEqual(await site.get<SourceOutputWire>('/api/v1/sources/edge-1/output'), { items: [] });
  const none = await site.ask('/api/v1/sources/spyserver%3A%2Fetc%2Fhf.config/output');
  assert.deepEqual([none.status, errorOf(none).code], [404, 'NOT_FOUND']);
});

test('a source that has told nothing yet has no watermark and no lag', async (t) => {
  const site = await siteOf(t, true);
  const { items } = await site.get<SourcesWire>('/api/v1/sources');
  assert.deepEqual(
    items.map(({ watermark, lagSeconds, sessions: count }) => [watermark, lagSeconds, count]),
    SOURCES.map(() => [null, null, 0]),
  );
});

test('a wall clock that steps back makes no lag below nothing', async (t) => {
  const site = await siteOf(t);
  site.clock.pass(-3_600_000);
  const { items } = await site.get<SourcesWire>('/api/v1/sources');
  assert.deepEqual(
    items.map(({ lagSeconds }) => lagSeconds),
    [0, 0, 0],
  );
});

test('a user is erased from all past sessions, and from no others', async (t) => {
  const site = await siteOf(t);
  const past = CROWD.filter(({ isOpen }) => !isOpen);
  const own = past.filter(({ user }) => user === 'anna');
  assert.ok(own.length > 1);
  assert.equal(await forget(site, { user: 'anna' }), own.length);
  const closed = await sessions(site, 'state=closed');
  assert.equal(closed.filter(isErased).length, own.length);
  assert.equal(closed.length, past.length, 'the sessions themselves stay');
  assert.deepEqual((await sessions(site, 'state=closed&user=anna')).length, 0);
  const others = closed.filter((each) => !isErased(each)).map(({ client }) => `${client.ip} ${client.userAgent}`);
  const expected = past.filter(({ user }) => user !== 'anna').map((each) => `${each.address} ${each.userAgent}`);
  assert.deepEqual(others.sort(), expected.sort());
  assert.equal(await forget(site, { user: 'anna' }), 0, 'once');
});

test('an address is erased however it is written', async (t) => {
  const site = await siteOf(t);
  const { address } = CROWD.find((each) => !each.isOpen && each.address.includes(':'))!;
  const long = address.replace('2001:db8:0:', '2001:0DB8:0000:').replace('::1', ':0:0:0:1');
  assert.notEqual(long, address);
  assert.equal(await forget(site, { ip: long }), 1);
  assert.deepEqual(await sessions(site, `state=closed&ip=${address}`), []);
});

test('whoever had a session is erased from all of theirs', async (t) => {
  const site = await siteOf(t);
  const past = CROWD.filter(({ isOpen }) => !isOpen);
  const bela = past.filter((each) => listenerOf(each) === 'user bela');
  assert.ok(bela.length > 1);
  const [one] = await sessions(site, 'state=closed&user=bela');
  assert.equal(await forget(site, { session: one!.id }), bela.length);
  assert.ok(isErased(await site.get<SessionWire>(`/api/v1/sessions/${one!.id}`)));
  assert.equal(await forget(site, { session: one!.id }), 0, 'who is forgotten already is nobody');
});

test('an open session names somebody too: their past goes, and it keeps its facts until it ends', async (t) => {
  const site = await siteOf(t);
  const [open] = await sessions(site, 'state=open&user=zoë'.replace('ë', '%C3%AB'));
  const past = CROWD.filter(({ isOpen, user }) => !isOpen && user === 'zoë').length;
  assert.ok(past > 0);
  assert.equal(await forget(site, { session: open!.id }), past);
  const still = await site.get<SessionWire>(`/api/v1/sessions/${open!.id}`);
  assert.equal(still.client.user, 'zoë');
});

test('what ended a moment ago is found, though no commit has seen it yet', async (t) => {
  const site = await siteOf(t, true);
  const client = clientFacts({ address: '203.0.113.7', connection: 'c', user: 'dora' });
  await site.tell('radio', [
    presence({ stream: '/talk', client, from: NOW - 9000, until: FOREVER }),
    { kind: 'departure', stream: '/talk', client, at: NOW - 1000 },
  ]);
  await site.tell('radio', [], NOW);
  assert.equal(await forget(site, { user: 'dora' }), 1);
  const items = await sessions(site, 'state=all');
  assert.equal(items.length, 1);
  assert.ok(isErased(items[0]!));
});

test('nobody who is forgotten is counted twice or less: sessions, hours and places stay', async (t) => {
  const site = await siteOf(t);
  const count = async () => (await site.get<HistoryWire>('/api/v1/history?by=country&bot=all')).groups;
  const before = await count();
  await forget(site, { user: 'anna' });
  const strip = (groups: HistoryWire['groups']) => groups.map(({ uniqueClients: _, ...rest }) => rest);
  assert.deepEqual(strip(await count()), strip(before));
});

test('a session that is not there is not found, and a user or address that is not there is nobody', async (t) => {
  const site = await siteOf(t, true);
  const answer = await site.ask('/api/v1/forget', {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: '{"session":"nobody"}',
    socketPath: site.socket,
  });
  assert.equal(answer.status, 404);
  assert.equal(errorOf(answer).code, 'NOT_FOUND');
  for (const who of [
    { user: '__proto__' },
    { ip: 'no address' },
    { user: "'; DROP TABLE sessions; --" },
    { user: '\ud800' },
  ]) {
    assert.equal(await forget(site, who as Record<string, string>), 0);
  }
});
