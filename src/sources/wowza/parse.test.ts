import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { FOREVER } from '../../core/observation.ts';
import { XmlError } from '../../transports/poll/xml.ts';
import { parseConnectionCounts, parseServerInfo } from './parse.ts';
import { parseApplications, parseInstances, parseMonitoring } from './parse-rest.ts';
import { isWithin, type Place, streamOfUri } from './place.ts';

const NOW = Date.UTC(2026, 10, 21, 11, 0, 0);
const text = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8');
const json = (name: string) => JSON.parse(text(name)) as unknown;
const everything = () => true;
const PLACE: Place = { vhost: '_defaultVHost_', application: 'live', instance: '_definst_' };

test('counts: the streams of every virtual host, application and instance, under the names that people play', () => {
  const { instances, streams } = parseConnectionCounts(text('connectioncounts-4.xml'), everything);
  assert.deepEqual([...instances], ['live', 'live/second', 'edge/live']);
  assert.deepEqual(
    streams.map(({ stream, instance, listeners }) => [stream, instance, listeners]),
    [
      ['live/Café Radio', 'live', 9],
      ['live/show.smil', 'live', 1],
      ['live/second/cam', 'live/second', 2],
      // `mp4:film` and `film`.
      ['live/second/film', 'live/second', 5],
      ['edge/live/cam', 'edge/live', null],
    ],
  );
});

test('counts: what the root is called does not matter', () => {
  const counts = {
    instances: new Set(['vod']),
    streams: [{ stream: 'vod/sample.mp4', instance: 'vod', listeners: 1 }],
  };
  for (const root of ['WowzaMediaServer', 'WowzaStreamingEngine', 'WowzaMediaServerPro', 'Something']) {
    const xml = text('connectioncounts-3.xml').replaceAll(/(<\/?)WowzaMediaServer>/g, `$1${root}>`);
    assert.deepEqual(parseConnectionCounts(xml, everything), counts, root);
  }
  for (const xml of ['<html><body/></html>', '<icestats/>']) {
    assert.throws(() => parseConnectionCounts(xml, everything), XmlError);
    assert.throws(() => parseServerInfo(xml, NOW, everything), XmlError);
  }
  assert.deepEqual(parseConnectionCounts('<WowzaStreamingEngine/>', everything).streams, []);
});

test('viewers: every row of every protocol is a session, with when it began', () => {
  const { sessions, unreadable } = parseServerInfo(text('serverinfo-4.xml'), NOW, everything);
  assert.equal(unreadable, 1, 'a row without an id');
  assert.deepEqual(
    sessions.map(({ presence: { stream, client, since }, sent }) => [
      stream,
      client.address,
      client.userAgent,
      client.isPublisher,
      NOW - since!,
      sent,
    ]),
    [
      ['live', '192.0.2.10', 'FMLE/3.0 (compatible; FMSc/1.0)', true, 3_600_500, 0],
      ['live', '198.51.100.7', 'WIN 32,0,0,371', false, 61_250, 1_000_000],
      ['live/Café Radio', '198.51.100.8', null, false, 300_000, 9_600_000],
      ['live/cam', '2001:db8::7', null, false, 20_000, 500_000],
      // An encoder by RTSP has no name, but sends what it should be sent.
      ['live/cam', '192.0.2.11', null, true, 9_000_000, 100],
    ],
  );
  const [, rtmp, hls, rtsp] = sessions.map(({ presence }) => presence);
  assert.deepEqual([rtmp!.from, rtmp!.to, rtmp!.until, rtmp!.bytes], [NOW, NOW, FOREVER, 0]);
  assert.equal(rtmp!.client.connection, 'client 1240867379 Sat, Nov 21 2026 10:58:59 +0000');
  assert.deepEqual(rtmp!.details, { protocol: 'RTMPE', referer: 'https://radio.example/listen?a=1&b=2' });
  assert.deepEqual(hls!.details, { protocol: 'HTTP/1.1', sessionType: 'cupertino' });
  assert.deepEqual(rtsp!.details, { protocol: 'RTP' });
});

test('viewers: streams are those that somebody is on, and publishers are no listeners', () => {
  const { instances, streams } = parseServerInfo(text('serverinfo-4.xml'), NOW, everything);
  assert.deepEqual([...instances], ['live']);
  assert.deepEqual(
    streams.map(({ stream, listeners }) => [stream, listeners]),
    [
      ['live', 1],
      ['live/Café Radio', 1],
      ['live/cam', 1],
    ],
  );
});

test('viewers: before version 4', () => {
  const { sessions } = parseServerInfo(text('serverinfo-3.xml'), NOW, everything);
  const [{ presence, sent }] = sessions as [(typeof sessions)[0]];
  assert.deepEqual([presence.stream, presence.since, sent], ['vod/sample.mp4', NOW - 12_500, 2_500_000]);
});

test('only the places that are wanted are read', () => {
  const wanted = (address: string[]) => (place: Place) => isWithin(address, place);
  const streams = (address: string[]) =>
    parseConnectionCounts(text('connectioncounts-4.xml'), wanted(address)).streams.map(({ stream }) => stream);
  const all = streams([]);
  assert.equal(all.length, 5);
  assert.deepEqual(streams(['live']), all, 'an application of any virtual host');
  assert.deepEqual(streams(['edge']), ['edge/live/cam']);
  assert.deepEqual(streams(['_defaultVHost_']), all.slice(0, 4));
  assert.deepEqual(streams(['_defaultVHost_', 'live']), all.slice(0, 4));
  assert.deepEqual(streams(['live', 'second']), ['live/second/cam', 'live/second/film']);
  assert.deepEqual(streams(['_defaultVHost_', 'live', 'second']), ['live/second/cam', 'live/second/film']);
  for (const address of [['vod'], ['second'], ['_definst_'], ['live', 'live'], ['edge', 'live', 'second']]) {
    assert.deepEqual(streams(address), [], address.join('/'));
  }
});

test('a stream is what the URI names, without what players append', () => {
  for (const [uri, stream] of [
    ['live/myStream/playlist.m3u8', 'live/myStream'],
    ['/live/_definst_/myStream/chunklist_w123_b800.m3u8', 'live/myStream'],
    ['http://radio.example:1935/live/smil:show.smil/media_w1_5.ts?token=x', 'live/show.smil'],
    ['https://radio.example/live/ngrp:cam_all/manifest.mpd', 'live/cam_all'],
    ['live/cam/manifest_mpm4sav_mvtime.mpd', 'live/cam'],
    ['live/cam/Manifest', 'live/cam'],
    ['live/cam/QualityLevels(800000)/Fragments(video=0)', 'live/cam'],
    ['rtsp://radio.example/live/folder/clip.mp4/trackID=2', 'live/folder/clip.mp4'],
    ['rtsp://radio.example/live/media/clip.mp4', 'live/media/clip.mp4'],
    ['live/manifest', 'live/manifest'],
    ['live/a%20b', 'live/a b'],
    ['live/a%b', 'live/a%b'],
    ['rtmp://radio.example/live', 'live'],
    ['rtmp://radio.example/live/_definst_/', 'live'],
    ['rtmp://radio.example/other/cam', 'live'],
    ['', 'live'],
    [null, 'live'],
  ] as const) {
    assert.equal(streamOfUri(PLACE, uri), stream, String(uri));
  }
  const elsewhere = { vhost: 'edge', application: 'live', instance: 'second' };
  assert.equal(streamOfUri(elsewhere, 'rtmp://radio.example/live/second'), 'edge/live/second');
  assert.equal(streamOfUri(elsewhere, 'live/second/cam/playlist.m3u8'), 'edge/live/second/cam');
});

test('what Java writes of nothing is nothing, and times that are none are unknown', () => {
  const row =
    '<Client><ClientId>1</ClientId><FlashVersion>null</FlashVersion><IpAddress>null</IpAddress><TimeRunning>soon</TimeRunning><URI>null</URI></Client>';
  const xml = text('serverinfo-4.xml').replace(/<Client>.*<\/RTPSession>/s, row);
  const { client, since, stream } = parseServerInfo(xml, NOW, everything).sessions[0]!.presence;
  assert.deepEqual([client.address, client.userAgent, since, stream], [null, null, null, 'live']);
  assert.equal(client.connection, 'client 1 ');
});

test('encoders are known by their names', () => {
  const isPublisher = (agent: string) => {
    const xml = text('serverinfo-4.xml').replace('WIN 32,0,0,371', agent);
    return parseServerInfo(xml, NOW, everything).sessions[1]!.presence.client.isPublisher;
  };
  for (const agent of ['FMLE/3.0 (compatible; Lavf58.76.100)', 'FME/2.5', 'Wirecast/FM 1.0 (compatible; FMSc/1.0)']) {
    assert.equal(isPublisher(agent), true, agent);
  }
  for (const agent of ['WIN 32,0,0,371', 'LNX 9,0,124,2', 'FMLElse', ''])
    assert.equal(isPublisher(agent), false, agent);
});

test('a row that its client has made unreadable is left out, and the others are read', () => {
  const whole = text('serverinfo-4.xml');
  const others = (xml: string) => parseServerInfo(xml, NOW, everything);
  for (const [from, to] of [
    ['WIN 32,0,0,371', '<x>'],
    ['WIN 32,0,0,371', '</FlashVersion></Client>'],
    ['listen?a=1&b=2', 'a]]><b'],
    ['WIN 32,0,0,371', '<RTPSession>'],
  ] as const) {
    const { sessions, unreadable } = others(whole.replace(from, to));
    assert.equal(sessions.length, 4, to);
    assert.ok(unreadable >= 2, to);
  }
  assert.equal(
    others(whole.replace('WIN 32,0,0,371', 'a&b\u0001')).sessions[1]!.presence.client.userAgent,
    'a&b\ufffd',
  );
});

test('document types are refused, and truncated answers are none', () => {
  const whole = text('serverinfo-4.xml');
  for (const xml of [
    `<!DOCTYPE x [<!ENTITY a "b">]>${whole.slice(22)}`,
    whole.slice(0, -60),
    whole.slice(0, 3000),
    '',
  ]) {
    assert.throws(() => parseServerInfo(xml, NOW, everything), XmlError, xml.slice(0, 20));
  }
});

test('REST: applications, streams of their instances, and how many watch by whatever protocol', () => {
  assert.deepEqual(parseApplications(json('rest-4.7.0-applications.json')), ['live', 'vod']);
  assert.deepEqual(parseInstances(json('rest-4.7.0-instances.json')), [
    { instance: '_definst_', name: 'myStream', isConnected: true },
    { instance: '_definst_', name: 'ended', isConnected: false },
  ]);
  assert.equal(parseMonitoring(json('rest-4.7.0-stream-monitoring.json')), 12);
  assert.equal(parseMonitoring(json('rest-4.7.0-application-monitoring.json')), 0);
});

test('REST: what is none of its answers is said to be none', () => {
  for (const content of [
    json('rest-4.7.0-401.json'),
    null,
    [],
    7,
    { applications: 1, instanceList: {}, connectionCount: [] },
  ]) {
    assert.deepEqual(
      [parseApplications(content), parseInstances(content), parseMonitoring(content)],
      [null, null, null],
    );
  }
  assert.deepEqual(parseApplications({ applications: [{ id: 7 }, null, { id: 'live' }] }), ['live']);
  assert.deepEqual(parseInstances({ instanceList: [{ name: 'a' }, { incomingStreams: [] }] }), []);
  assert.equal(parseMonitoring({ connectionCount: { RTMP: 2, RTP: 'x', SMOOTH: -1 } }), 2);
});

test('whatever comes, it is read or refused as XML', () => {
  const seeds = ['serverinfo-4.xml', 'connectioncounts-4.xml'].map(text);
  const mutation = fc.tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(40), fc.string());
  fc.assert(
    fc.property(mutation, ([xml, at, length, insert]) => {
      const start = at % xml.length;
      const mutated = xml.slice(0, start) + insert + xml.slice(start + length);
      const parsers = [
        () => parseServerInfo(mutated, NOW, everything),
        () => parseConnectionCounts(mutated, everything),
      ];
      for (const parse of parsers) {
        try {
          parse();
        } catch (error) {
          if (!(error instanceof XmlError)) throw error;
        }
      }
    }),
    { numRuns: 300 },
  );
});
