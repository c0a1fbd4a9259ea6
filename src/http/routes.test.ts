/** Every route of the native API, asked once for what the crowd makes plain. Filters, pages and mistakes: routes/*.test.ts. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import type {
  AudienceReportWire,
  AudienceWire,
  HistoryWire,
  PlacesWire,
  ProgrammeDetailWire,
  ProgrammesWire,
  SessionPageWire,
  SessionTitlesWire,
  SessionWire,
  SharedAccountsWire,
  SharingReportWire,
  SourceOutputWire,
  SourcesWire,
  StatusWire,
  StreamDetailWire,
  StreamListenersWire,
  StreamsWire,
  TimelineWire,
} from './contract.ts';
import { CROWD, HERE, isBot, NOW, OPEN, PEOPLE, SOURCES } from './crowd.fixture.ts';
import { PRINTED, startSite, until } from './fixture.ts';
import { allRoutes } from './server.ts';

const site = await startSite();
site.audience.defineProgrammes([{ name: 'Radio', streams: ['radio/*'] }]);
after(() => site.close());
const api = <T>(path: string): Promise<T> => site.get<T>(`/api/v1${path}`);
const iso = (at: number): string => new Date(at).toISOString();

const ASKED: Readonly<Record<string, () => Promise<void>>> = {
  'GET /audience': async () => {
    const { total, at, by, groups } = await api<AudienceWire>('/audience');
    assert.equal(total.sessions, HERE.length);
    assert.deepEqual({ at, by, groups }, { at: iso(NOW), by: null, groups: [] });
  },
  'GET /places': async () => {
    const { places, unplaced } = await api<PlacesWire>('/places');
    assert.equal(
      places.reduce((sum, { count }) => sum + count, unplaced),
      HERE.length,
    );
  },
  'GET /streams': async () => {
    const { items } = await api<StreamsWire>('/streams');
    assert.deepEqual(items.map(({ stream }) => stream).sort(), ['/jazz', '/news', '/silent', '/sport', '/talk']);
  },
  'GET /streams/:id': async () => {
    const { items } = await api<StreamsWire>('/streams');
    const jazz = items.find(({ stream }) => stream === '/jazz')!;
    assert.deepEqual(await api<StreamDetailWire>(`/streams/${jazz.id}`), {
      ...jazz,
      history: [
        { at: iso(NOW - 600_000), status: 'up', title: 'So What' },
        { at: iso(NOW - 3_600_000), status: 'up', title: 'Blue in Green' },
      ],
      titles: [
        { at: iso(NOW - 3_600_000), title: 'Blue in Green' },
        { at: iso(NOW - 600_000), title: 'So What' },
      ],
    });
  },
  'GET /streams/:id/listeners': async () => {
    const { items } = await api<StreamsWire>('/streams');
    const jazz = items.find(({ stream }) => stream === '/jazz')!;
    const path = `/streams/${jazz.id}/listeners?from=${iso(NOW - 660_000)}&step=60`;
    const { average, peak } = await api<StreamListenersWire>(path);
    assert.deepEqual(average, [null, ...new Array(10).fill(17)]);
    assert.deepEqual(peak, average);
  },
  'GET /programmes': async () => {
    const { items } = await api<ProgrammesWire>('/programmes');
    assert.deepEqual(
      items.map(({ name, sessions }) => [name, sessions]),
      [['Radio', HERE.filter(({ space }) => space === 'radio').length]],
    );
  },
  'GET /programmes/:name': async () => {
    const { name, streams } = await api<ProgrammeDetailWire>('/programmes/Radio');
    assert.equal(name, 'Radio');
    assert.deepEqual(streams.map(({ stream }) => stream).sort(), ['/jazz', '/silent', '/talk']);
  },
  'GET /sessions': async () => {
    const { items, total } = await api<SessionPageWire>('/sessions?bot=all');
    assert.equal(total, OPEN.length);
    assert.equal(items.length, OPEN.length);
  },
  'GET /sessions/:id/titles': async () => {
    const { items } = await api<SessionPageWire>('/sessions?stream=/jazz&limit=1');
    const heard = await api<SessionTitlesWire>(`/sessions/${items[0]!.id}/titles`);
    assert.equal(heard.items.at(-1)?.title, 'So What');
  },
  'GET /sessions/:id': async () => {
    const { items } = await api<SessionPageWire>('/sessions?state=all&limit=1000&bot=all');
    assert.equal(items.length, CROWD.length);
    for (const item of [items[0]!, items.at(-1)!]) {
      assert.deepEqual(await api<SessionWire>(`/sessions/${item.id}`), item);
    }
  },
  'GET /history': async () => {
    const { groups } = await api<HistoryWire>('/history');
    const { sessions, bytes } = groups[0]!;
    assert.equal(sessions, PEOPLE.length);
    assert.equal(
      bytes,
      PEOPLE.reduce((sum, each) => sum + each.bytes, 0),
    );
  },
  'GET /timeline': async () => {
    const { series, steps, stepSeconds } = await api<TimelineWire>('/timeline');
    assert.equal(stepSeconds, 300);
    assert.equal(steps.length, 288);
    assert.equal(series.length, 1);
    assert.ok(Math.max(...series[0]!.peak) >= HERE.length);
  },
  'GET /reports/audience': async () => {
    const { totals, hours } = await api<AudienceReportWire>('/reports/audience?minSession=0');
    assert.equal(hours, 24);
    assert.deepEqual([totals.grossSessions, totals.as, totals.ss], new Array(3).fill(PEOPLE.length));
  },
  'GET /status': async () => {
    const { store, ...rest } = await api<StatusWire>('/status');
    assert.deepEqual(rest, {
      version: '1.2.3-test',
      startedAt: iso(NOW - 86_400_000),
      at: iso(NOW),
      demo: false,
      timeZone: 'Europe/Berlin',
      stalled: null,
      gapSeconds: 40,
      attribution: [{ text: 'Places by Example', url: 'https://example.com/' }],
      map: null,
      you: { name: null, allStreams: true, addresses: true, write: false },
    });
    assert.equal(store?.sessions, CROWD.length);
    assert.ok(store.bytes > 0);
  },
  'GET /sources': async () => {
    const { items } = await api<SourcesWire>('/sources');
    assert.deepEqual(
      items.map(({ name, watermark, lagSeconds }) => ({ name, watermark, lagSeconds })),
      SOURCES.map(({ name, watermark }) => ({ name, watermark: iso(watermark), lagSeconds: (NOW - watermark) / 1000 })),
    );
  },
  // More of it: routes/process.test.ts.
  'GET /sources/:name/output': async () => {
    const { items } = await api<SourceOutputWire>('/sources/radio/output');
    assert.deepEqual(
      items.map(({ text }) => text),
      PRINTED.map(({ text }) => text),
    );
  },
  // Over accounts that share: routes/sharing.test.ts.
  'GET /sharing': async () => {
    site.sharing.start();
    const names = new Set(
      CROWD.filter((each) => each.user !== null && !isBot(each)).map(({ space, user }) => `${space}/${user}`),
    );
    await until('all are judged', () => site.sharing.state.judged === names.size);
    const { items, total } = await api<SharedAccountsWire>('/sharing');
    assert.equal(total, names.size);
    assert.deepEqual(new Set(items.map(({ source, user }) => `${source}/${user}`)), names);
  },
  'GET /sharing/:id': async () => {
    const { items } = await api<SharedAccountsWire>('/sharing');
    const { user, source, timeline } = await api<SharingReportWire>(`/sharing/${items[0]!.id}`);
    const visits = CROWD.filter((each) => each.user === user && each.space === source && !isBot(each));
    assert.equal(timeline.length, visits.length);
  },
  'GET /sharing/audit': async () => {
    assert.equal((await site.ask('/api/v1/sharing/audit')).status, 403);
  },
  'POST /sharing/:id/feedback': async () => {
    const { items } = await api<SharedAccountsWire>('/sharing');
    const answer = await site.ask(`/api/v1/sharing/${items[0]!.id}/feedback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"kind":"user"}',
    });
    assert.equal(answer.status, 403, answer.text);
  },
  // What these three do: sign-in.test.ts and trial.test.ts. Here there is nobody to sign in, and no token was printed.
  'POST /sign-in': async () => {
    const answer = await post('/sign-in', { name: 'anna', password: 'secret', stay: false });
    assert.equal(answer.status, 401, answer.text);
  },
  'POST /sign-out': async () => {
    const answer = await post('/sign-out', {});
    assert.equal(answer.status, 200, answer.text);
  },
  'POST /try': async () => {
    const answer = await post('/try', { url: 'icecast://radio.example:8000', token: 'x' });
    assert.equal(answer.status, 403, answer.text);
  },
  // What it does: forget.test.ts. Here it only shows that nobody may do it who has not signed in.
  'POST /forget': async () => {
    const answer = await site.ask('/api/v1/forget', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"user":"anna"}',
    });
    assert.equal(answer.status, 403, answer.text);
  },
};

function post(path: string, body: object) {
  const headers = { 'content-type': 'application/json' };
  return site.ask(`/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

test('every route of the API is asked here', () => {
  const routes = allRoutes(site.service).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual([...routes].sort(), Object.keys(ASKED).sort());
  assert.equal(new Set(routes).size, routes.length, 'none is declared twice');
});

for (const [name, asking] of Object.entries(ASKED)) test(`${name} answers with what is true`, asking);

test('no route takes a parameter that it does not know', async () => {
  for (const { method, path, query } of allRoutes(site.service)) {
    if (method !== 'GET' || query === undefined) continue;
    const answer = await site.ask(`/api/v1${path}?colour=red`);
    assert.equal(answer.status, 400, path);
    assert.match(answer.text, /colour/, path);
  }
});

test('nothing of all this is an error worth a line in the log', () => assert.deepEqual(site.logged, []));
