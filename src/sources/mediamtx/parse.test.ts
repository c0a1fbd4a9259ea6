import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fieldsOf, parseJson } from '../../transports/poll/json-fields.ts';
import { errorIn, parseList, parsePaths, parseSessions } from './parse.ts';

const NOW = Date.UTC(2026, 10, 21, 1, 20, 0);
const items = (path: string) =>
  parseList(fieldsOf(parseJson(readFileSync(new URL(`testdata/api-${path}.json`, import.meta.url)))))!.items;
const sessions = (path: string, protocol = 'x') => parseSessions(items(path), protocol, NOW);
const id = (n: number) => `1b1e1c3c-0000-4000-8000-0000000000${n}`;

test('1.19: paths are up while their source is online', () => {
  const { reports, hlsMuxers, unreadable } = parsePaths(items('1.19/paths'), NOW);
  assert.deepEqual([hlsMuxers, unreadable], [0, 0]);
  assert.deepEqual(reports[0], {
    kind: 'report',
    stream: 'cam1',
    at: NOW,
    status: 'up',
    startedAt: Date.UTC(2026, 10, 21, 1, 0, 1, 500),
    listeners: 3,
  });
  assert.deepEqual(
    reports.map(({ stream, status }) => [stream, status]),
    [
      ['cam1', 'up'],
      ['standby', 'down'],
      ['on/demand', 'down'],
    ],
  );
});

test('1.0: paths by their old names, and HLS viewers are one reader', () => {
  const { reports, hlsMuxers } = parsePaths(items('1.0/paths'), NOW);
  assert.deepEqual([reports[0]!.status, reports[0]!.listeners, hlsMuxers], ['up', 2, 1]);
  assert.equal(reports[0]!.startedAt, Date.UTC(2026, 10, 21, 1, 0, 0));
});

test('1.19: an HLS session is a listener, what fetches for a CDN is none', () => {
  const { present, sent } = sessions('1.19/hlssessions', 'hls');
  const [ann, cdn] = [...present.values()];
  assert.deepEqual(ann, {
    ...ann,
    stream: 'cam1',
    client: {
      address: '192.0.2.10',
      port: 50010,
      userAgent: 'VLC/3.0.20 LibVLC/3.0.20',
      user: 'ann',
      device: null,
      connection: id(10),
      playback: null,
      isPublisher: false,
    },
    from: NOW,
    since: Date.UTC(2026, 10, 21, 1, 10, 0),
    details: { protocol: 'hls' },
  });
  assert.equal(cdn!.client.isPublisher, true);
  assert.deepEqual([...sent], [[id(10), 300_000]]);
  assert.doesNotMatch(JSON.stringify([...present.values()]), /secret/, 'what a query has is nobody’s business');
});

test('1.19: RTSP: who reads, who publishes, and who is idle', () => {
  const { present, sent, idle, unreadable } = sessions('1.19/rtspsessions');
  assert.deepEqual(
    [...present.values()].map(({ client }) => [client.address, client.port, client.user, client.isPublisher]),
    [
      ['192.0.2.1', 50001, 'camera', true],
      ['2001:db8::2', 50002, null, false],
    ],
  );
  assert.deepEqual([idle, unreadable], [1, 0]);
  assert.deepEqual([...sent.values()], [40_000], 'what a publisher is sent is no audience’s');
});

test('1.19: WebRTC: only who is connected', () => {
  const { present, idle } = sessions('1.19/webrtcsessions');
  assert.deepEqual(
    [...present.values()].map(({ stream, client }) => [stream, client.isPublisher]),
    [
      ['cam1', false],
      ['cam2', true],
    ],
  );
  assert.equal(idle, 1);
});

test('bytes by their new and their old name', () => {
  assert.deepEqual([...sessions('1.19/srtconns').sent.values()], [131_600]);
  assert.deepEqual([...sessions('1.0/rtmpconns').sent.values()], [2000]);
});

test('what cannot be told apart or is nowhere is counted and skipped', () => {
  const broken = [null, 7, {}, { id: 'a' }, { path: 'p' }, { id: 'a', path: 'p', state: 'dance' }, []];
  const { present, unreadable } = parseSessions(broken, 'rtsp', NOW);
  assert.deepEqual([present.size, unreadable], [0, broken.length]);
  assert.equal(parsePaths([null, {}, { name: '' }, { name: 'p' }, { name: 'p' }], NOW).unreadable, 3);
  assert.equal(parsePaths([{ name: 'p' }, { name: 'p' }], NOW).reports.length, 1);
});

test('addresses in every spelling; times of another clock are not in the future', () => {
  const one = (more: object) =>
    [...parseSessions([{ id: 'a', path: 'p', ...more }], 'x', NOW).present.values()].map(({ client, since }) => [
      client.address,
      client.port,
      since,
    ])[0];
  assert.deepEqual(one({ remoteAddr: '2001:db8::1' }), ['2001:db8::1', null, null]);
  assert.deepEqual(one({ remoteAddr: '[2001:db8::1]:5' }), ['2001:db8::1', 5, null]);
  assert.deepEqual(one({ remoteAddr: '192.0.2.1' }), ['192.0.2.1', null, null]);
  for (const remoteAddr of ['', 'pipe', '192.0.2.1:x', ':80', null])
    assert.deepEqual(one({ remoteAddr }), [null, null, null], `${remoteAddr}`);
  assert.equal(one({ created: '2026-11-21T02:00:00Z' })![2], NOW);
  for (const created of ['yesterday', '0001-01-01T00:00:00Z', 7]) assert.equal(one({ created })![2], null);
});

test('a page of a list, an error, and what is neither', () => {
  assert.deepEqual(parseList({ pageCount: 2, itemCount: 3, items: [1] }), { pageCount: 2, items: [1] });
  for (const answer of [null, {}, { items: {} }]) assert.equal(parseList(answer), null);
  assert.equal(errorIn({ status: 'error', error: 'path not found' }), 'path not found');
  assert.equal(errorIn({ error: 'not found' }), 'not found');
  assert.equal(errorIn(null), null);
});
