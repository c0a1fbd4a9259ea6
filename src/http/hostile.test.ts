/** What clients and askers may make up: it is shown as it is, or refused with a sentence; never a failure of ours. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { clientFacts, FOREVER, type Observation, presence } from '../core/observation.ts';
import type { AudienceWire, HistoryWire, SessionPageWire, StreamsWire } from './contract.ts';
import { NOW } from './crowd.fixture.ts';
import { errorOf, startSite } from './fixture.ts';

const TEXTS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  `'; DROP TABLE sessions; --`,
  'two\nlines\r\nand\ttabs',
  '\u0000\u0007\u001b[31m',
  'half of a pair: \ud83c',
  '\udfb5\ud83c',
  '\ufeffmarked',
  '\u202eright to left',
  '__proto__',
  'constructor',
  '~',
  '(others)',
  '%00%2e%2e/',
  'e\u0301 is not \u00e9',
  '\u{1f3b5}'.repeat(100),
  'x'.repeat(10_000),
  ' ',
];

/** As the store keeps it. */
const stored = (text: string) => text.toWellFormed().replace(/^\ufeff+/, '');

const site = await startSite({ isEmpty: true });
after(() => site.close());

const observations: Observation[] = TEXTS.flatMap((text, i) => {
  const client = (which: string) =>
    clientFacts({ address: '203.0.113.5', connection: `${which} ${i}`, userAgent: text, user: text, device: text });
  const facts = { stream: text, bytes: 1, requests: 1, title: text, details: { [text]: text } };
  const quality = [{ at: NOW - 9000, value: text }];
  return [
    presence({ ...facts, client: client('open'), from: NOW - 9000, until: FOREVER, qualities: quality }),
    presence({ ...facts, client: client('over'), from: NOW - 9000, until: FOREVER, qualities: quality }),
    { kind: 'departure', stream: text, client: client('over'), at: NOW - 2000 },
  ];
});
await site.tell('radio', observations);
const reports = TEXTS.map(
  (text): Observation => ({
    kind: 'report',
    stream: text,
    at: NOW - 3000,
    status: 'up',
    title: text,
    name: text,
    description: text,
    genre: text,
    contentType: text,
    // A server may say anything of its times and counts.
    startedAt: 9e15,
    listeners: 7,
  }),
);
await site.tell('radio', reports, NOW - 1000);
await site.settle();

test('every text comes back as it was, live', async () => {
  const { items, total } = await site.get<SessionPageWire>('/api/v1/sessions?limit=1000');
  assert.equal(total, TEXTS.length);
  for (const text of TEXTS) {
    const session = items.find(({ stream }) => stream === text);
    assert.ok(session, JSON.stringify(text.slice(0, 40)));
    assert.equal(session.client.user, text);
    assert.equal(session.title, text);
    assert.equal(session.quality, text);
    assert.ok(text.startsWith(session.client.userAgent!.slice(0, 1000)));
  }
});

test('and from the store, as UTF-8 can write it', async () => {
  const { items, total } = await site.get<SessionPageWire>('/api/v1/sessions?state=closed&limit=1000');
  assert.equal(total, TEXTS.length);
  assert.deepEqual(items.map(({ stream }) => stream).sort(), TEXTS.map(stored).sort());
  for (const item of items) {
    assert.deepEqual(await site.get(`/api/v1/sessions/${item.id}`), item);
  }
});

test('every text is found by itself', async () => {
  for (const text of TEXTS.filter((each) => each.isWellFormed() && each !== '~' && each.length < 5000)) {
    const query = `stream=${encodeURIComponent(text)}`;
    const live = await site.get<SessionPageWire>(`/api/v1/sessions?${query}`);
    const all = await site.get<SessionPageWire>(`/api/v1/sessions?state=all&${query}`);
    assert.deepEqual([live.total, all.total], [1, 2], JSON.stringify(text));
  }
});

test('counts, history, streams and pages carry them', async () => {
  const audience = await site.get<AudienceWire>('/api/v1/audience?by=user');
  assert.deepEqual(audience.groups.map(({ value }) => value).sort(), [...TEXTS].sort());
  const history = await site.get<HistoryWire>('/api/v1/history?by=stream');
  assert.deepEqual(history.groups.map(({ value }) => value).sort(), TEXTS.map(stored).sort());
  const { items } = await site.get<StreamsWire>('/api/v1/streams');
  assert.equal(items.length, TEXTS.length);
  for (const { id, stream } of items) {
    const detail = await site.get<{ stream: string; history: { title: string }[] }>(`/api/v1/streams/${id}`);
    assert.equal(detail.stream, stream);
    assert.deepEqual(
      detail.history.map(({ title }) => stored(title)),
      [stored(stream)],
    );
  }
  for (const path of ['places', 'timeline?by=stream', 'timeline?by=user&limit=50', 'status', 'sources']) {
    await site.get(`/api/v1/${path}`);
  }
});

test('no answer is ever taken for a page', async () => {
  for (const path of [
    '/api/v1/sessions',
    '/api/v1/streams',
    '/metrics',
    '/api/v1/<script>',
    '/<script>',
    '/api/v1/sessions/%3Cscript%3E',
  ]) {
    const answer = await site.ask(path.replaceAll('<', '%3C').replaceAll('>', '%3E'));
    assert.match(String(answer.headers['content-type']), /^(application\/json|text\/plain)/, path);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  }
  const { text } = await site.ask('/api/v1/%3Cscript%3E');
  assert.doesNotMatch(text, /script/, 'what was asked is not said again');
});

const ROUTES = ['sessions', 'audience', 'history', 'timeline', 'streams', 'places', 'status', 'sources'];
const STRANGE = [
  'limit=NaN',
  'limit=1e308',
  'limit=-0',
  'limit=99999999999999999999',
  'limit=0x10',
  'limit=%20',
  'limit[]=5',
  'limit=1&limit=2',
  'cursor=1&cursor=2',
  'cursor=%FF%FE',
  `cursor=${'A'.repeat(2001)}`,
  'by=__proto__',
  'by=constructor',
  'by=listener',
  'sort=__proto__',
  'sort=--startedAt',
  'state=toString',
  '__proto__=x',
  '__proto__[limit]=5',
  'constructor.prototype=1',
  'toString=1',
  'stream[]=a',
  'stream=%',
  'stream=%FF',
  'stream=%00',
  'stream=%ED%A0%80',
  `stream=${'x'.repeat(9000)}`,
  Array.from({ length: 300 }, () => 'stream=a').join('&'),
  'asn=1e3',
  'asn=99999999999999999999',
  'asn=NaN',
  'step=-1',
  'step=NaN',
  'step=0x10',
  'from=NaN',
  'from=-1',
  'from=2026-03-01',
  'from=2026-03-01T00:00:00',
  'from=%2B275760-09-13T00:00:00.000Z',
  'from=2026-03-01T00:00:60Z',
  'to=1969-12-31T23:59:59Z',
  '&&&=&=',
  '=',
  '?',
];

test('a strange parameter is refused with a sentence or means what it says, on every route', async () => {
  const seen = new Set<number>();
  for (const route of ROUTES) {
    for (const query of STRANGE) {
      const answer = await site.ask(`/api/v1/${route}?${query}`);
      seen.add(answer.status);
      assert.ok([200, 400].includes(answer.status), `${route}?${query.slice(0, 60)}: ${answer.status} ${answer.text}`);
      if (answer.status === 400) assert.match(errorOf(answer).code, /^BAD_(REQUEST|CURSOR|QUERY)$/);
    }
  }
  assert.deepEqual([...seen].sort(), [200, 400]);
  assert.equal(({} as Record<string, unknown>)['limit'], undefined);
});

test('whatever is asked, it is no failure of ours', async () => {
  const names = [
    'limit',
    'cursor',
    'by',
    'sort',
    'state',
    'from',
    'to',
    'step',
    'stream',
    'asn',
    'ip',
    'bot',
    'user',
    '__proto__',
  ];
  const value = fc.oneof(
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.double().map(String),
    fc.integer().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.constantFrom('open', 'closed', 'all', 'true', 'stream', 'country', '-bytes', '~', ''),
  );
  const query = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ROUTES), query, async (route, parameters) => {
      const written = parameters.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join('&');
      const { status, text } = await site.ask(`/api/v1/${route}?${written}`);
      assert.ok([200, 400].includes(status), `${status} ${text}`);
    }),
    { numRuns: 300 },
  );
});

test('whatever is sent to be forgotten, it is no failure of ours', async () => {
  const body = fc.oneof(
    fc.json(),
    fc.record({ user: fc.string({ unit: 'binary', minLength: 1 }) }).map((who) => JSON.stringify(who)),
    fc.record({ ip: fc.string({ minLength: 1 }) }).map((who) => JSON.stringify(who)),
  );
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      const answer = await site.ask('/api/v1/forget', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
        socketPath: site.socket,
      });
      assert.ok([200, 400].includes(answer.status), `${answer.status} ${answer.text}`);
    }),
    { numRuns: 100 },
  );
});

test('a path of any characters leads somewhere or nowhere', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), async (text) => {
      const id = encodeURIComponent(text.toWellFormed());
      for (const path of [`/api/v1/sessions/${id}`, `/api/v1/streams/${id}`, `/${id}`]) {
        const { status } = await site.ask(path);
        assert.ok([200, 400, 403, 404].includes(status), `${path}: ${status}`);
      }
    }),
    { numRuns: 100 },
  );
});

test('times and counts beyond all bounds are written as far as they can be', async () => {
  const { items } = await site.get<StreamsWire>('/api/v1/streams');
  assert.ok(items.every(({ startedAt }) => startedAt === '9999-12-31T23:59:59.999Z'));
});

test('nothing of all this was worth a line in the log', () => assert.deepEqual(site.logged, []));
