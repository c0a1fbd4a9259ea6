import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SessionWire } from '../../http/contract.ts';
import type { Api } from './api.ts';
import type { SessionWindow } from './picture.ts';
import { askSessions, DEEPEST, matcher, Rates } from './session-window.ts';

function session(i: number, more: Partial<SessionWire> = {}): SessionWire {
  return {
    ...{ id: `s${i}`, source: 'web', stream: `stream ${i % 10}`, startedAt: '2026-01-31T12:00:00.000Z' },
    client: { ip: '192.0.2.7', port: null, userAgent: null, user: i === 777 ? 'Anna' : null, device: null },
    player: { name: 'VLC', version: null, type: null, platform: 'Windows' },
    ...{ geo: null, bytes: 0, title: null },
    ...more,
  } as SessionWire;
}

/** So many sessions in pages, and what was asked for. */
function crowd(total: number): { api: Api; asked: URLSearchParams[] } {
  const asked: URLSearchParams[] = [];
  const get = async (path: string) => {
    const query = new URLSearchParams(path.replace('sessions?', ''));
    asked.push(query);
    const from = Number(query.get('cursor') ?? 0);
    const to = Math.min(from + Number(query.get('limit')), total);
    const items = Array.from({ length: to - from }, (_, i) => session(from + i));
    return { items, total, nextCursor: to < total ? String(to) : null };
  };
  return { api: { name: 'crowd', get: get as Api['get'], follow: async () => {} }, asked };
}

const EVER = new AbortController().signal;
const QUESTION = { sort: '-bytes', stream: null, text: '', depth: 30 };

test('of a hundred thousand one page is asked for, and never more than can be scrolled', async () => {
  const { api, asked } = crowd(100_000);
  const first = await askSessions(api, QUESTION, EVER);
  assert.deepEqual([first.items.length, first.total, first.hasMore], [100, 100_000, true]);
  assert.deepEqual([asked.length, asked[0]!.get('limit'), asked[0]!.get('sort')], [1, '100', '-bytes']);
  const deep = await askSessions(api, { ...QUESTION, depth: 90_000 }, EVER);
  assert.equal(deep.items.length, DEEPEST);
  assert.equal(asked.length, 3);
});

test('a text is looked for in ten thousand, and it is said in how many', async () => {
  const { api, asked } = crowd(100_000);
  const found = await askSessions(api, { ...QUESTION, text: 'anna' }, EVER);
  assert.deepEqual(
    found.items.map(({ id }) => id),
    ['s777'],
  );
  assert.deepEqual([found.lookedAt, found.total, found.hasMore, asked.length], [10_000, 100_000, true, 10]);
});

test('only one stream is asked for by its name and its source', async () => {
  const { api, asked } = crowd(3);
  await askSessions(api, { ...QUESTION, stream: { source: 'web & more', stream: '/a?b' } }, EVER);
  assert.deepEqual([asked[0]!.get('source'), asked[0]!.get('stream')], ['web & more', '/a?b']);
});

test('every word must be somewhere; case says nothing', () => {
  const geo = { city: 'Köln', country: 'Germany', countryCode: 'DE', region: null } as SessionWire['geo'];
  const one = session(1, { geo });
  for (const text of ['', '  ', 'köln', 'GERMANY vlc', '192.0.2 windows', 'stream 1']) {
    assert.ok(matcher(text)(one), text);
  }
  for (const text of ['paris', 'köln winamp', 'vlcwindows']) assert.ok(!matcher(text)(one), text);
});

test('a rate is what came since the reading of some seconds ago, and unknown before there are two', () => {
  const rates = new Rates();
  const window = (...bytes: number[]): SessionWindow => ({
    items: bytes.map((each, i) => ({ ...session(i, { bytes: each }), rate: null })),
    ...{ total: bytes.length, lookedAt: bytes.length, hasMore: false },
  });
  const read = (now: number, ...bytes: number[]) => rates.read(window(...bytes), now).items.map(({ rate }) => rate);
  assert.deepEqual(read(0, 1000, 500), [null, null]);
  assert.deepEqual(read(2000, 5000, 500), [2000, 0]);
  assert.deepEqual(read(4000, 5000, 8500), [1000, 2000]);
  // A session may be joined with another one, and have had less.
  assert.deepEqual(read(6000, 0, 8500), [0, 8000 / 6]);
  assert.deepEqual(read(60_000, 9000), [null]);
});
