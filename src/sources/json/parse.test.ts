import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Field, JsonMistake, type Mapping, parseAnswer } from './parse.ts';
import { isFieldPath, isItemsPath, parsePath } from './path.ts';

const NOW = Date.UTC(2026, 10, 21, 11, 0, 0);
const recorded = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url));
const bytes = (content: unknown) => Buffer.from(JSON.stringify(content));

function mapping(items: string, fields: Partial<Record<Field, string>>, more: Partial<Mapping> = {}): Mapping {
  const paths = Object.entries(fields).map(([field, path]) => [field, parsePath(path)]);
  return {
    items: parsePath(items),
    fields: Object.fromEntries(paths) as Mapping['fields'],
    boot: null,
    stream: 'main',
    isStreamConstant: fields.stream === undefined,
    ...more,
  };
}

test('LiveKit-like: participants of all rooms, with the name of the room around them', () => {
  const fields = {
    stream: '^.room.name',
    id: 'sid',
    user: 'identity',
    startedAt: 'joined_at',
    isPublisher: 'is_publisher',
  };
  const { people, reports, counts } = parseAnswer(
    recorded('livekit-like.json'),
    mapping('rooms.*.participants', fields),
    NOW,
  );
  assert.deepEqual(
    people!.map(({ presence: { stream, client, since } }) => [
      stream,
      client.connection,
      client.user,
      client.isPublisher,
      since,
    ]),
    [
      ['morning-show', '#PA_1', 'host-1', true, 1_795_258_210_000],
      ['morning-show', '#PA_2', 'guest-7', false, 1_795_258_320_000],
      // 0 is "not yet".
      ['morning-show', '#PA_3', 'guest-8', false, null],
    ],
  );
  assert.deepEqual(
    reports.map(({ stream, status, listeners }) => [stream, status, listeners]),
    [['morning-show', 'up', 2]],
  );
  assert.equal(counts.listsMissing, 1, 'an empty room has no list');
});

test('mediasoup-like: lists in lists, names of objects, and the boot in front of ids that begin anew', () => {
  const tuple = 'iceSelectedTuple';
  const fields = {
    stream: '^.^.#',
    id: 'transportId',
    user: '^.#',
    address: `${tuple}.remoteIp`,
    port: `${tuple}.remotePort`,
    bytes: 'bytesSent',
  };
  const how = mapping('rooms.*.peers.*.transports', fields, { boot: ['pid'] });
  const { people, reports, counts } = parseAnswer(recorded('mediasoup-like.json'), how, NOW);
  assert.deepEqual(
    people!.map(({ presence: { stream, client }, sent }) => [
      stream,
      client.connection,
      client.user,
      client.address,
      client.port,
      sent,
    ]),
    [
      ['main', '4711#t-1', 'peer-a', '198.51.100.7', 50_123, 120_000],
      ['main', '4711#t-2', 'peer-b', null, null, 70],
    ],
  );
  assert.equal(counts.repeatedItems, 1);
  assert.deepEqual(
    reports.map(({ stream, listeners }) => [stream, listeners]),
    [['main', 2]],
  );
});

test('home-grown: without ids an address and a user agent tell people apart, else the name that the server gives them', () => {
  const fields = { stream: 'channel', address: 'ip', userAgent: 'ua', startedAt: 'since', title: 'song', user: 'who' };
  const { people, reports, counts } = parseAnswer(recorded('home-grown.json'), mapping('', fields), NOW);
  assert.deepEqual(
    people!.map(({ presence: { stream, client, since, title } }) => [
      stream,
      client.address,
      client.userAgent,
      NOW - (since ?? NOW),
      title,
    ]),
    [
      ['radio', '198.51.100.7', 'VLC/3.0.18 LibVLC/3.0.18', 60_000, 'Artist - Title'],
      ['radio', '198.51.100.7', 'VLC/3.0.18 LibVLC/3.0.18', 90_000, null],
      ['radio', '2001:db8::7', null, 60_000, null],
      ['tv', null, null, 0, null],
    ],
  );
  assert.ok(people!.every(({ presence: { client }, sent }) => client.connection === null && sent === null));
  assert.deepEqual(
    people!.map(({ presence: { client } }) => client.playback),
    [null, null, null, { id: 'alice', issued: true }],
  );
  assert.equal(counts.unreadableItems, 3, 'nobody could tell them from one another');
  assert.deepEqual(
    reports.map(({ stream, listeners }) => [stream, listeners]),
    [
      ['radio', 3],
      ['tv', 2],
      ['main', 2],
    ],
  );
});

test('with listeners the items are streams, and there is nobody', () => {
  const fields = { stream: '#', listeners: 'viewers', peakListeners: 'peak', title: 'now', name: 'label' };
  const { people, reports, counts } = parseAnswer(recorded('counts.json'), mapping('mounts.*', fields), NOW);
  assert.equal(people, null);
  assert.equal(counts.unreadableItems, 1);
  const shown = { kind: 'report', at: NOW, status: 'up' };
  assert.deepEqual(reports, [
    { ...shown, stream: '/live', listeners: 12, title: 'Artist - Title', name: 'Radio', peakListeners: 40 },
    { ...shown, stream: '/quiet', listeners: 0, title: null, name: null },
    { ...shown, stream: '/text', listeners: 3, title: null, name: null },
  ]);
  const one = parseAnswer(bytes({ stats: { now: 7 } }), mapping('stats', { listeners: 'now' }), NOW);
  assert.deepEqual(one.reports, [{ ...shown, stream: 'main', listeners: 7 }]);
  const twice = parseAnswer(bytes([{ n: 1 }, { n: 2 }]), mapping('', { listeners: 'n' }), NOW);
  assert.deepEqual([twice.reports.length, twice.counts.repeatedItems], [1, 1]);
});

test('a stream that is constant is there, also without anybody', () => {
  const { people, reports } = parseAnswer(bytes([]), mapping('', { id: 'id' }), NOW);
  assert.deepEqual([people, reports], [[], [{ kind: 'report', stream: 'main', at: NOW, status: 'up', listeners: 0 }]]);
});

test('a path that leads nowhere is told with what is there instead, and with nothing that it holds', () => {
  const many = Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`alice${index}`, 1]));
  for (const [content, items, sentence] of [
    [
      { data: { rooms: [], total: 3 } },
      'data.sessions',
      'no list at "data.sessions": "data" is an object with the keys rooms, total',
    ],
    [{ data: { rooms: [], total: 3 } }, 'data.total', 'no list at "data.total": "data.total" is a number'],
    [{ rooms: [{ name: 'secret' }] }, 'rooms.name', 'no list at "rooms.name": "rooms" is a list of 1'],
    [{ 'a@b.example': 1, '192.0.2.1': 2, ok: 3 }, '', 'no list: the answer is an object with the keys …, …, ok'],
    [many, 'x.*', 'no list at "x.*": the answer is an object with 13 keys'],
    [{}, 'x', 'no list at "x": the answer is an object without keys'],
    ['secret', '', 'no list: the answer is a string'],
    [null, 'a.b', 'no list at "a.b": the answer is null'],
  ] as const) {
    assert.throws(
      () => parseAnswer(bytes(content), mapping(items, { id: 'id' }), NOW),
      (error: unknown) => error instanceof JsonMistake && error.message === sentence,
      sentence,
    );
  }
});

test('what is no JSON, or too deep, is refused without being quoted', () => {
  for (const [body, sentence] of [
    ['<html>secret', 'no JSON'],
    ['', 'no JSON'],
    ['[1', 'no JSON'],
    [`${'['.repeat(65)}${']'.repeat(65)}`, 'JSON of more than 64 levels'],
  ] as const) {
    const parse = () => parseAnswer(Buffer.from(body), mapping('', { id: 'id' }), NOW);
    assert.throws(
      parse,
      (error: unknown) => error instanceof JsonMistake && error.message === sentence,
      body.slice(0, 9),
    );
  }
  const brackets = bytes([{ id: `${'['.repeat(100)}\\"{` }]);
  assert.equal(
    parseAnswer(brackets, mapping('', { id: 'id' }), NOW).people!.length,
    1,
    'brackets in texts are no levels',
  );
});

test('of more items, and of more streams, than there can be the first are read', () => {
  const list = (length: number) => bytes({ list: Array.from({ length }, (_, index) => ({ id: index })) });
  const { people, counts } = parseAnswer(list(200_007), mapping('list.*', { id: 'id' }), NOW);
  assert.deepEqual([people!.length, counts.itemsIgnored, counts.streamsIgnored], [200_000, 7, 0]);
  for (const more of [{}, { listeners: 'id' }]) {
    const read = parseAnswer(list(10_007), mapping('list', { id: 'id', stream: 'id', ...more }), NOW);
    assert.deepEqual([read.reports.length, read.counts.streamsIgnored], [10_000, 7]);
  }
});

test('times are understood as servers write them', () => {
  for (const [fields, item, before] of [
    [{ connectedSeconds: 's' }, { s: 1.5 }, 1500],
    [{ connectedSeconds: 's' }, { s: '90' }, 90_000],
    [{ connectedSeconds: 's' }, { s: -5 }, 0],
    [{ connectedSeconds: 's' }, { s: 1e12 }, NOW],
    [{ startedAt: 's' }, { s: NOW / 1000 - 7 }, 7000],
    [{ startedAt: 's' }, { s: String(NOW - 7) }, 7],
    [{ startedAt: 's' }, { s: '2026-11-21T12:00:00.5+02:00' }, 3_599_500],
    [{ startedAt: 's' }, { s: '2026-11-21 10:59:59' }, 1000],
    [{ startedAt: 's' }, { s: '2026-11-21' }, 39_600_000],
    [{ startedAt: 's' }, { s: '2027-01-01T00:00:00Z' }, 0],
    [{ startedAt: 's' }, { s: '0001-01-01T00:00:00Z' }, null],
    [{ startedAt: 's' }, { s: 'Sat Nov 21' }, null],
    [{ startedAt: 's' }, { s: {} }, null],
    [{ startedAt: 's' }, {}, null],
  ] as const) {
    const { people } = parseAnswer(bytes([{ id: 1, ...item }]), mapping('', { id: 'id', ...fields }), NOW);
    const { since } = people![0]!.presence;
    assert.equal(since === null ? null : NOW - since, before, JSON.stringify(item));
  }
});

test('paths reach nothing that is not in the answer itself', () => {
  for (const path of ['constructor.name', '__proto__', 'toString', 'length', '^.id', '^.^.id', '#', 'list.7']) {
    const { people } = parseAnswer(bytes([{ id: 1, list: [1] }]), mapping('', { id: 'id', user: path }), NOW);
    assert.equal(people![0]!.presence.client.user, null, path);
  }
  const { people } = parseAnswer(
    bytes([{ id: 1, list: [{ n: 'a' }] }]),
    mapping('', { id: 'id', user: 'list.0.n' }),
    NOW,
  );
  assert.equal(people![0]!.presence.client.user, 'a');
  const { reports } = parseAnswer(bytes({ there: ['x', 'y'] }), mapping('', { listeners: 'there.length' }), NOW);
  assert.equal(reports[0]!.listeners, 2);
});

test('paths that mean nothing are refused', () => {
  for (const path of ['a', 'a.b', 'a.0.b', '^.a', '^.^.#', '#', 'with space', '^']) assert.ok(isFieldPath(path), path);
  for (const path of ['', '.', 'a..b', 'a.', '*', 'a.*.b', 'a.^', 'a.#', ' a', '#.a', 'a.'.repeat(20)])
    assert.ok(!isFieldPath(path), path);
  for (const path of ['', 'a', '*', 'a.*', '*.*.b', '0.a']) assert.ok(isItemsPath(path), path);
  for (const path of ['^.a', 'a.#', '.', 'a..b', 'a*']) assert.ok(!isItemsPath(path), path);
});

test('whatever comes, it is read or refused', () => {
  const fields = Object.fromEntries(
    ['id', 'address', 'bytes', 'startedAt', 'stream', 'isPublisher'].map((field) => [field, 'a']),
  );
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 4 }),
      fc.constantFrom('', '*', 'a', 'a.*', '*.a', '*.*'),
      fc.boolean(),
      (text, items, isCount) => {
        const how = mapping(items, { ...fields, ...(isCount ? { listeners: 'a' } : {}) });
        try {
          const { people } = parseAnswer(Buffer.from(text), how, NOW);
          for (const { presence } of people ?? [])
            assert.ok(presence.since === null || Number.isSafeInteger(presence.since));
        } catch (error) {
          if (!(error instanceof JsonMistake)) throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
});
