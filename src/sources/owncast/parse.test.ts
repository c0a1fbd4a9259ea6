import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FOREVER } from '../../core/observation.ts';
import { parseStatus, parseViewers } from './parse.ts';

const NOW = Date.UTC(2026, 10, 21, 1, 18, 0);
const kept = (name: string) => readFileSync(new URL(`testdata/by-source/${name}`, import.meta.url));
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

test('the public status is title, count and peak', () => {
  assert.deepEqual(parseStatus(kept('status.json'), NOW), {
    kind: 'report',
    stream: 'live',
    at: NOW,
    status: 'up',
    title: 'An evening with friends',
    startedAt: Date.UTC(2026, 10, 21, 1, 0, 0, 123),
    listeners: 3,
    peakListeners: 5,
  });
});

test('the administrator is told since when it has been on the air', () => {
  const report = parseStatus(kept('admin-status.json'), NOW)!;
  assert.deepEqual(
    [report.status, report.title, report.startedAt, report.listeners, report.peakListeners],
    ['up', 'An evening with friends', Date.UTC(2026, 10, 21, 1, 0, 0, 123), 3, 5],
  );
});

test('off the air nobody listens, and nothing plays', () => {
  const { status, title, startedAt, listeners } = parseStatus(
    json({ online: false, lastConnectTime: '2026-11-20T20:00:00Z', streamTitle: 'Old' }),
    NOW,
  )!;
  assert.deepEqual([status, title, startedAt, listeners], ['down', null, null, 0]);
});

test('a count that is not told is not zero', () => {
  assert.equal(parseStatus(json({ online: true }), NOW)!.listeners, null);
  assert.equal(parseStatus(json({ online: true, viewerCount: 0 }), NOW)!.listeners, 0);
});

test('viewers have their first sight in their connection, and began then', () => {
  const { present, unreadable } = parseViewers(kept('viewers.json'), NOW)!;
  assert.equal(unreadable, 0);
  const firstSeen = [Date.UTC(2026, 10, 21, 1, 10, 0, 987), Date.UTC(2026, 10, 21, 1, 17, 30)];
  assert.deepEqual(
    present.map(({ client, stream, from, to, since, until }) => [
      client.connection,
      client.address,
      client.userAgent,
      stream,
      from,
      to,
      since,
      until,
    ]),
    [
      [`a1b2c3#${firstSeen[0]}`, '192.0.2.1', 'VLC/3.0.18 LibVLC/3.0.18', 'live', NOW, NOW, firstSeen[0], FOREVER],
      [`d4e5f6#${firstSeen[1]}`, '2001:db8::1', null, 'live', NOW, NOW, firstSeen[1], FOREVER],
    ],
  );
});

test('nobody is an empty list; an entry without an id is counted; a time that is none, or to come, is no start', () => {
  assert.deepEqual(parseViewers(json([]), NOW), { present: [], unreadable: 0 });
  const later = new Date(NOW + 60_000).toISOString();
  const viewers = [
    { userAgent: 'a' },
    null,
    { clientID: 'x'.repeat(201) },
    { clientID: 'b', firstSeen: 'soon' },
    { clientID: 'c', firstSeen: later },
  ];
  const { present, unreadable } = parseViewers(json(viewers), NOW)!;
  assert.deepEqual([present.map(({ since }) => since), unreadable], [[null, NOW], 3]);
  const zero = parseViewers(json([{ clientID: 'd', firstSeen: '0001-01-01T00:00:00Z' }]), NOW)!.present[0]!;
  assert.deepEqual([zero.since, zero.client.connection], [null, 'd#']);
});

test('what is no answer of Owncast is nothing', () => {
  for (const text of ['', '<html>', '{}', '[1', '{"online":"maybe"}', '{"success":false,"message":"no"}', 'null']) {
    assert.equal(parseStatus(Buffer.from(text), NOW), null, text);
    assert.equal(parseViewers(Buffer.from(text), NOW), null, text);
  }
});
