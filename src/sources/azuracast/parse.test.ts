import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FOREVER } from '../../core/observation.ts';
import { parseListeners, parseStations } from './parse.ts';

const NOW = Date.UTC(2026, 10, 21, 1, 18, 0);
const kept = (name: string) => readFileSync(new URL(`testdata/by-source/${name}`, import.meta.url));
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const [radio, offAir] = parseStations(kept('nowplaying.json'), NOW)!;
const listeners = (rows: unknown, station = radio!) => parseListeners(json(rows), station, NOW)!;

test('every mount, remote relay and HLS of a station is a stream', () => {
  assert.deepEqual([radio!.station, offAir!.station], ['azuratest_radio', 'off_air']);
  assert.deepEqual(
    radio!.reports.map((each) => [each.stream, each.contentType, each.bitrate, each.listeners, each.uniqueListeners]),
    [
      ['azuratest_radio/radio.mp3', 'audio/mpeg', 128, 3, 2],
      ['azuratest_radio/mobile.aac', 'audio/aac', 64, 1, 1],
      ['azuratest_radio/Partner', 'audio/mpeg', 192, 7, 6],
      ['azuratest_radio/hls', 'application/vnd.apple.mpegurl', undefined, 2, undefined],
    ],
  );
  for (const { kind, at, status, title, name, description, ...more } of radio!.reports) {
    const told = [kind, at, status, title, name, description];
    const expected = ['report', NOW, 'up', 'Artist - The Current Song', 'AzuraTest Radio', 'An AzuraCast station!'];
    assert.deepEqual(told, expected);
    assert.deepEqual('titles' in more && more.titles, [{ at: 1_795_223_600_000, title: 'Artist - The Previous Song' }]);
  }
});

test('a station that is off the air has no title', () => {
  assert.deepEqual(
    offAir!.reports.map(({ stream, status, title, description, listeners: count }) => [
      stream,
      status,
      title,
      description,
      count,
    ]),
    [['off_air/radio.mp3', 'down', null, null, 0]],
  );
});

test('one station comes without the array around it', () => {
  assert.deepEqual(parseStations(kept('nowplaying-one.json'), NOW), [radio]);
});

test('listeners are on the stream whose name they have', () => {
  const { present, unreadable } = parseListeners(kept('listeners.json'), radio!, NOW)!;
  assert.equal(unreadable, 0);
  assert.deepEqual(
    present.map(({ stream, client }) => [stream, client.address]),
    [
      ['azuratest_radio/radio.mp3', '192.0.2.1'],
      ['azuratest_radio/radio.mp3', '192.0.2.1'],
      ['azuratest_radio/radio.mp3', '192.0.2.1'],
      ['azuratest_radio/mobile.aac', '2001:db8::1'],
      ['azuratest_radio/Partner', '192.0.2.3'],
      ['azuratest_radio/hls', '192.0.2.4'],
      ['azuratest_radio/hidden.mp3', '192.0.2.5'],
      ['azuratest_radio', '192.0.2.6'],
    ],
  );
  assert.equal(present[3]!.client.userAgent, null);
  assert.deepEqual(present[5]!.qualities, [{ at: NOW, value: 'aac_hifi (128kbps AAC)' }]);
  assert.equal(present[0]!.qualities, null);
  for (const { from, to, until } of present) assert.deepEqual([from, to, until], [NOW, NOW, FOREVER]);
  assert.deepEqual([present[0]!.since, present[2]!.since], [1_795_223_000_000, 1_795_223_500_000]);
});

test('a connection is who, where and since when; those that nothing tells apart are numbered', () => {
  const { present } = parseListeners(kept('listeners.json'), radio!, NOW)!;
  const names = present.map(({ client }) => client.connection);
  assert.equal(new Set(names).size, names.length);
  const mount = '/radio.mp3 (128kbps MP3)';
  assert.deepEqual(names.slice(0, 3), [
    `azuratest_radio#aaaa#1795223000#${mount}`,
    `azuratest_radio#aaaa#1795223000#${mount}#1`,
    `azuratest_radio#aaaa#1795223500#${mount}`,
  ]);
});

test('where there is no HLS an unknown name is a stream of its own', () => {
  const row = { ip: '192.0.2.1', hash: 'a', mount_name: 'Old name', connected_on: 1 };
  assert.equal(listeners([row], offAir).present[0]!.stream, 'off_air/Old name');
});

test('who cannot be told apart is counted; a start to come is now', () => {
  const later = NOW / 1000 + 60;
  const rows = [{ hash: 'a' }, { connected_on: 1 }, null, 7, { ip: '192.0.2.1', connected_on: later }];
  const { present, unreadable } = listeners(rows);
  assert.deepEqual([present.map(({ since }) => since), unreadable], [[NOW], 4]);
  assert.deepEqual(listeners([]), { present: [], unreadable: 0 });
});

test('stations without a name that can be asked for are none', () => {
  const stations = (...names: unknown[]) =>
    parseStations(json(names.map((shortcode) => ({ station: { shortcode, id: 7 } }))), NOW)!.map(
      ({ station }) => station,
    );
  assert.deepEqual(stations('radio', 'a/../b?', null), ['radio', '7', '7']);
  assert.equal(parseStations(json({ station: { shortcode: '../admin' } }), NOW), null);
});

test('names are bounded', () => {
  const long = 'x'.repeat(4096);
  const { present } = listeners([{ hash: long, mount_name: `/${long}`, connected_on: 1 }]);
  assert.ok(present[0]!.stream.length < 2000 && present[0]!.client.connection!.length < 3000);
});

test('titles that say nothing, or are yet to come, are none', () => {
  const song = (text: string, at: number) => ({ song: { text }, played_at: at });
  const station = { shortcode: 'a', mounts: [{ path: '/a' }] };
  const history = [song('To come', NOW / 1000 + 60), song(' - ', 1), song('Gone', 2), { played_at: 3 }, null];
  const [told] = parseStations(json({ station, now_playing: song(' - ', 1), song_history: history }), NOW)!;
  const [report] = told!.reports;
  assert.equal(report!.title, null);
  assert.deepEqual('titles' in report! && report.titles, [{ at: 2000, title: 'Gone' }]);
});

test('what is no answer of AzuraCast is nothing', () => {
  for (const text of ['', '<html>', '{}', '{"code":404,"type":"NotFound"}', '[{}]', 'null', '7', '[{"station":']) {
    assert.equal(parseStations(Buffer.from(text), NOW), null, text);
  }
  for (const text of ['', '{}', 'null', '[{"ip"'])
    assert.equal(parseListeners(Buffer.from(text), radio!, NOW), null, text);
  assert.deepEqual(parseStations(Buffer.from('[]'), NOW), [], 'no station is public');
});
