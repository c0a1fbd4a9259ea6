import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fieldsOf, parseJson } from '../../transports/poll/json-fields.ts';
import { parseAnswer, parseClients, parseStreams } from './parse.ts';

const NOW = Date.UTC(2026, 10, 21, 1, 20, 0);

function recorded(version: string, list: 'streams' | 'clients') {
  const body = readFileSync(new URL(`testdata/srs-${version}/${list}.json`, import.meta.url));
  const answer = parseAnswer(fieldsOf(parseJson(body)), list);
  assert.ok(answer !== null && 'items' in answer);
  return answer;
}

function clientsOf(version: string) {
  const { names } = parseStreams(recorded(version, 'streams').items, NOW);
  const { items, boot } = recorded(version, 'clients');
  return parseClients(items, names, boot, NOW);
}

test('6: a stream is up while somebody publishes, who is not in its count', () => {
  const { reports, names, unreadable } = parseStreams(recorded('6', 'streams').items, NOW);
  assert.deepEqual(reports, [
    { kind: 'report', stream: 'live/livestream', at: NOW, status: 'up', listeners: 3 },
    { kind: 'report', stream: 'live/yesterday', at: NOW, status: 'down', listeners: 0 },
  ]);
  assert.deepEqual([names.get('vid-l5n1p2m'), unreadable], ['live/livestream', 0]);
});

test('6: players of every protocol, since so many seconds; who publishes is marked', () => {
  const { present, sent, idle, unreadable } = clientsOf('6');
  const boot = 'vid-0xk989d/382k456r/12345';
  assert.deepEqual(
    [...present.values()].map(({ stream, client, since, details }) => [
      [client.connection, client.address, client.isPublisher, stream],
      [NOW - since!, details],
    ]),
    [
      [
        [`${boot}#7x2k1a01`, '192.0.2.1', true, 'live/livestream'],
        [120_500, { protocol: 'fmle-publish' }],
      ],
      [
        [`${boot}#7x2k1a02`, '192.0.2.2', false, 'live/livestream'],
        [12_345, { protocol: 'rtmp-play', pageUrl: 'https://tv.example/watch' }],
      ],
      [
        [`${boot}#7x2k1a03`, '2001:db8::3', false, 'live/livestream'],
        [30_000, { protocol: 'hls-play' }],
      ],
      [
        [`${boot}#7x2k1a04`, '192.0.2.4', false, 'other.example/live/livestream'],
        [1500, { protocol: 'rtc-play' }],
      ],
    ],
  );
  assert.deepEqual([idle, unreadable], [1, 0]);
  assert.deepEqual([...sent.values()], [900_000, 700_000, 100], 'what a publisher is sent is no audience’s');
  assert.doesNotMatch(JSON.stringify([...present.values()]), /secret/, 'the URL of a connection holds tokens');
});

test('3: ids are numbers, a player is called Play, and there are no bytes', () => {
  const { present, sent } = clientsOf('3');
  assert.deepEqual(
    [...present.values()].map(({ stream, client }) => [stream, client.connection, client.isPublisher]),
    [
      ['live/livestream', '16301//#100', true],
      ['live/livestream', '16301//#101', false],
    ],
  );
  assert.equal(sent.size, 0);
});

test('an error is told with HTTP 200; what has no code is no answer', () => {
  assert.deepEqual(parseAnswer({ code: 2049 }, 'clients'), { code: 2049 });
  for (const answer of [null, {}, { code: '0', clients: [] }, { code: 0, streams: [] }])
    assert.equal(parseAnswer(answer, 'clients'), null, JSON.stringify(answer));
  assert.deepEqual(parseAnswer({ code: 0, clients: [] }, 'clients'), { items: [], boot: null });
});

test('of two streams of one name the one on the air counts', () => {
  const stream = (id: string, active: boolean) => ({ id, url: '/a/b', clients: 2, publish: { active } });
  for (const items of [
    [stream('1', false), stream('2', true)],
    [stream('2', true), stream('1', false)],
  ]) {
    const { reports, names } = parseStreams(items, NOW);
    assert.deepEqual([reports.length, reports[0]!.status, reports[0]!.listeners], [1, 'up', 1]);
    assert.deepEqual([names.get('1'), names.get('2')], ['a/b', 'a/b']);
  }
});

test('what cannot be told apart or is nowhere is counted and skipped', () => {
  const broken = [null, 7, [], {}, { id: 'a' }, { url: '/a/b' }, { id: 'a', url: '/' }];
  const { present, unreadable } = parseClients(broken, new Map(), 'boot', NOW);
  assert.deepEqual([present.size, unreadable], [0, broken.length]);
  assert.equal(parseStreams([null, {}, { name: 'b' }, { app: 'a', name: 'b' }], NOW).unreadable, 3);
});

test('facts that cannot be are none', () => {
  const [odd] = parseClients(
    [{ id: 'a', url: '/a/b', ip: 'pipe', alive: 1e15 }],
    new Map(),
    null,
    NOW,
  ).present.values();
  assert.deepEqual([odd!.client.address, odd!.since, odd!.details], [null, 0, {}]);
});
