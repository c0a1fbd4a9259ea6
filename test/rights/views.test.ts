/** What is left for somebody who may not see everything is right: compared with the part of the crowd that they see. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { accessTo, parseStreamPattern } from '../../src/core/access.ts';
import { clientFacts, FOREVER, presence } from '../../src/core/observation.ts';
import type { Dimension } from '../../src/core/query.ts';
import type {
  AudienceReportWire,
  AudienceWire,
  HistoryWire,
  PlacesWire,
  SessionPageWire,
  SourcesWire,
  StatusWire,
  StreamDetailWire,
  StreamsWire,
  TimelineWire,
} from '../../src/http/contract.ts';
import { isBot, listenerOf, NOW, placeOf, tallyOf, VALUE } from '../../src/http/crowd.fixture.ts';
import { errorOf } from '../../src/http/fixture.ts';
import { serviceAs } from '../../src/http/visible-service.ts';
import { askAs, OWN, startRights, type Who } from './fixture.ts';

const site = await startRights();
after(() => site.close());

async function get<T>(who: Who, path: string): Promise<T> {
  const answer = await askAs(site, who, `/api/v1${path}`);
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  return JSON.parse(answer.text) as T;
}

const OPEN = OWN.filter(({ isOpen }) => isOpen);
const HERE = OPEN.filter((each) => !isBot(each));
const PEOPLE = OWN.filter((each) => !isBot(each));

test('the total is of the streams that are seen', async () => {
  const { total } = await get<AudienceWire>('limited', '/audience');
  const listeners = new Set(HERE.map(listenerOf)).size;
  assert.deepEqual(total, { sessions: HERE.length, listeners, bots: OPEN.length - HERE.length });
});

for (const [by, facetOf] of Object.entries(VALUE)) {
  test(`by ${by} all counts are of the streams that are seen`, async () => {
    const { groups } = await get<AudienceWire>('limited', `/audience?by=${by as Dimension}`);
    assert.deepEqual(
      groups.map(({ value, sessions, bots }) => ({ value, sessions, bots })),
      tallyOf(OPEN, facetOf),
    );
  });
}

test('sessions, open and past, are those of the streams that are seen, on every page', async () => {
  const found: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = `/sessions?state=all&bot=all&limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page: SessionPageWire = await get<SessionPageWire>('limited', query);
    assert.equal(page.total, OWN.length);
    found.push(...page.items.map(({ client }) => client.ip!));
    cursor = page.nextCursor;
  }
  assert.deepEqual(found.sort(), OWN.map(({ address }) => address).sort());
  const open = await get<SessionPageWire>('limited', '/sessions?bot=all&sort=stream');
  assert.deepEqual([open.total, open.items.length], [OPEN.length, OPEN.length]);
});

test('the cursor of somebody else leads to nothing of theirs', async () => {
  const { nextCursor } = await get<SessionPageWire>('whole', '/sessions?state=all&bot=all&limit=1');
  const page = await get<SessionPageWire>('limited', `/sessions?state=all&bot=all&limit=1000&cursor=${nextCursor}`);
  assert.ok(page.items.every(({ stream }) => stream === '/jazz'));
});

test('history, timeline and reports are of the streams that are seen', async () => {
  const { groups } = await get<HistoryWire>('limited', '/history');
  assert.equal(groups[0]?.sessions, PEOPLE.length);
  assert.equal(groups[0]?.uniqueClients, new Set(PEOPLE.map(listenerOf)).size);
  const { totals } = await get<AudienceReportWire>('limited', '/reports/audience?minSession=0');
  assert.equal(totals.grossSessions, PEOPLE.length);
  const { series } = await get<TimelineWire>('limited', '/timeline?by=stream');
  assert.deepEqual(
    series.map(({ value }) => value),
    ['/jazz'],
  );
});

test('places are those of the streams that are seen', async () => {
  const { places, unplaced } = await get<PlacesWire>('limited', '/places');
  assert.equal(unplaced, HERE.filter(({ address }) => (placeOf(address)?.geo ?? null) === null).length);
  assert.equal(
    places.reduce((sum, { count }) => sum + count, unplaced),
    HERE.length,
  );
});

test('a stream or a session that may not be seen answers as one that is not there', async () => {
  const { items: streams } = await get<StreamsWire>('whole', '/streams');
  const { items: sessions } = await get<SessionPageWire>('whole', '/sessions?state=all&bot=all&limit=1000');
  const foreign = [
    ...streams.filter(({ stream }) => stream !== '/jazz').map(({ id }) => `/streams/${id}`),
    ...sessions.filter(({ stream }) => stream !== '/jazz').map(({ id }) => `/sessions/${id}`),
  ];
  assert.ok(foreign.length > 40);
  for (const path of foreign) {
    const answer = await askAs(site, 'limited', `/api/v1${path}`);
    const nothing = await askAs(site, 'limited', `/api/v1${path.replace(/[^/]+$/, 'no-such-id')}`);
    assert.deepEqual([answer.status, answer.text], [404, nothing.text]);
  }
  for (const filter of ['stream=/talk', 'user=stranger', 'ip=203.0.113.99', 'source=cdn']) {
    const nothing = filter.replace(/=.*/, '=no-such-value');
    for (const path of [
      '/sessions?',
      '/sessions?state=all&',
      '/history?by=user&',
      '/timeline?',
      '/reports/audience?',
    ]) {
      const answer = await askAs(site, 'limited', `/api/v1${path}${filter}`);
      const empty = await askAs(site, 'limited', `/api/v1${path}${nothing}`);
      assert.deepEqual([answer.status, answer.text], [200, empty.text], `${path}${filter}`);
    }
  }
});

test('an own stream and an own session are whole', async () => {
  const { items } = await get<StreamsWire>('limited', '/streams');
  const whole = await get<StreamsWire>('whole', '/streams');
  assert.deepEqual(
    items,
    whole.items.filter(({ stream }) => stream === '/jazz'),
  );
  const { history } = await get<StreamDetailWire>('limited', `/streams/${items[0]!.id}`);
  assert.deepEqual(
    history.map(({ title }) => title),
    ['So What', 'Blue in Green'],
  );
  const { items: sessions } = await get<SessionPageWire>('limited', '/sessions?limit=1');
  assert.deepEqual(await get('whole', `/sessions/${sessions[0]!.id}`), sessions[0]);
});

test('examples of what could not be read are for whoever sees every stream and addresses', async () => {
  const whole = await get<SourcesWire>('owner', '/sources');
  const examples = ({ items }: SourcesWire) =>
    items.flatMap(({ rejects }) => rejects.flatMap(({ example }) => example ?? []));
  assert.equal(examples(whole).length, 1);
  const masked = await get<SourcesWire>('masked', '/sources');
  assert.deepEqual(examples(masked), []);
  assert.equal(masked.items[1]?.rejects[0]?.count, 3, 'how many there are is told');
  const limited = await get<SourcesWire>('limited', '/sources');
  assert.ok(limited.items.every(({ rates, rejects }) => rates.length === 0 && rejects.length === 0));
});

test('of sources only those are told that have a stream that is seen, and nothing that they count', async () => {
  const { items } = await get<SourcesWire>('limited', '/sources');
  assert.deepEqual(
    items.map(({ name, sessions, counters }) => ({ name, sessions, counters })),
    [{ name: 'radio', sessions: OPEN.length, counters: {} }],
  );
});

test('the sentence of an error may name another stream, and is told to nobody who does not see all', async () => {
  const sources = serviceAs(site.service, accessTo([parseStreamPattern('cdn//news')], true)).sources();
  assert.deepEqual(
    sources.map(({ name, lastError, lastBatchAt }) => [name, lastError?.code, lastError?.message, lastBatchAt]),
    [
      ['edge-1', undefined, undefined, null],
      ['edge-2', 'LOG_MISSING', 'The source has a problem.', null],
    ],
  );
});

test('the status says who asks and what they may see, and not how much there is', async () => {
  const limited = await get<StatusWire>('limited', '/status');
  assert.deepEqual(limited.you, { name: 'limited', allStreams: false, addresses: true, write: true });
  assert.equal(limited.store, null);
  const masked = await get<StatusWire>('masked', '/status');
  assert.deepEqual(masked.you, { name: 'masked', allStreams: true, addresses: false, write: true });
  assert.ok(masked.store !== null);
});

test('Prometheus is told the streams that are seen, and nothing of the process as a whole', async () => {
  const { text } = await askAs(site, 'limited', '/metrics');
  assert.match(text, new RegExp(`^headcount_sessions ${HERE.length}$`, 'm'));
  assert.match(text, /^headcount_stream_sessions\{source="radio",stream="\/jazz"\}/m);
  assert.doesNotMatch(text, /headcount_(events|live)|process_resident/);
  assert.match((await askAs(site, 'masked', '/metrics')).text, /headcount_events_total/);
});

test('masked, an address is its network, and everything else is as it is', async () => {
  const path = '/sessions?state=all&bot=all&limit=1000&sort=startedAt';
  const whole = await get<SessionPageWire>('whole', path);
  const masked = await get<SessionPageWire>('masked', path);
  const networkOf = (ip: string) => (ip.includes(':') ? '2001:db8::' : ip.replace(/\d+$/, '0'));
  assert.deepEqual(
    masked.items,
    whole.items.map((item) => ({
      ...item,
      client: { ...item.client, ip: networkOf(item.client.ip!), port: null },
      details: 'relayed' in item.details ? { relayed: '203.0.113.0' } : item.details,
    })),
  );
  const { items } = await get<SessionPageWire>('masked', '/sessions?bot=all&limit=1000');
  assert.ok(items.length > 30);
  for (const { id } of items.slice(0, 3)) {
    assert.deepEqual(
      await get('masked', `/sessions/${id}`),
      masked.items.find((item) => item.id === id),
    );
  }
});

test('who sees no addresses cannot look for one, and says why', async () => {
  const answer = await askAs(site, 'masked', '/api/v1/sessions?ip=203.0.113.99');
  assert.deepEqual([answer.status, errorOf(answer).code], [403, 'FORBIDDEN']);
  assert.match(errorOf(answer).message, /addresses/);
});

test('counts are at most a second old, however many ask, and pages are as of now', async (t) => {
  const own = await startRights();
  t.after(() => own.close());
  const view = serviceAs(own.service, accessTo([parseStreamPattern('/jazz')], true));
  const { sessions: before } = view.audience.total;
  const first = view.audience.counts('player');
  const client = clientFacts({ address: '203.0.113.1', connection: 'new', userAgent: 'NewPlayer/1' });
  await own.tell('radio', [presence({ stream: '/jazz', client, from: NOW - 500, until: FOREVER })]);
  await own.settle();
  const asked = { filter: {}, sort: 'startedAt', descending: true, limit: 1, after: null, accepts: null } as const;
  assert.equal(view.audience.page(asked).sessions[0]?.client.userAgent, 'NewPlayer/1');
  assert.equal(view.audience.total.sessions, before);
  assert.deepEqual(view.audience.counts('player'), first);
  own.clock.pass(1000);
  assert.equal(view.audience.total.sessions, before + 1);
  assert.deepEqual(view.audience.countOf('player', 'NewPlayer'), { value: 'NewPlayer', sessions: 1, bots: 0 });
  const ofStream = view.audience.countOfStream('radio', '/jazz');
  assert.deepEqual([ofStream.sessions, view.audience.countOfStream('radio', '/talk').sessions], [before + 1, 0]);
});
