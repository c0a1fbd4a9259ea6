import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { FOREVER } from '../../core/observation.ts';
import { parseXml, XmlError } from '../../transports/poll/xml.ts';
import { parseListeners, parseStats, parseStatus, repairText } from './parse.ts';

const NOW = Date.UTC(2026, 10, 21, 1, 18, 0);
const ASKED = { at: NOW, asOf: NOW };
const recorded = (name: string) => readFileSync(new URL(`testdata/icecast-2.4.4/${name}`, import.meta.url), 'utf8');
const listeners = (xml: string) => parseListeners(xml, '/live.mp3', 'boot', ASKED);
const one = (inner: string) => `<icestats><source mount="/live.mp3">${inner}</source></icestats>`;

test('2.4.4: a mount is reported with everything that its stats say', () => {
  const { boot, mounts } = parseStats(recorded('stats_mount.xml'), ASKED);
  assert.equal(boot, '2026-11-21T01:16:40+0000');
  assert.deepEqual(mounts, [
    {
      mount: '/live.mp3',
      listeners: 3,
      listed: null,
      report: {
        kind: 'report',
        stream: '/live.mp3',
        at: NOW,
        status: 'up',
        title: 'Artist - Title',
        // It came as `Radio Ã\x9cnÃ¯code`.
        name: 'Radio Ünïcode & "Q"',
        description: 'desc',
        genre: 'Rock',
        contentType: 'audio/mpeg',
        bitrate: null,
        startedAt: Date.UTC(2026, 10, 21, 1, 16, 58),
        listeners: 3,
        peakListeners: 3,
        maxListeners: null,
      },
    },
  ]);
});

test('2.4.4: every mount is listed, also hidden ones; what Icecast fills in itself is nothing', () => {
  const { mounts } = parseStats(recorded('stats-fallback.xml'), ASKED);
  assert.deepEqual(
    mounts.map(({ mount, listeners: count, report }) => [mount, count, report.name, report.description, report.title]),
    [
      ['/hid.mp3', 1, null, null, null],
      ['/live.mp3', 0, null, null, null],
      ['/v.mp3', 1, null, null, null],
    ],
  );
});

test('2.4.4: listeners have the boot in their connection, and began so many seconds ago', () => {
  const { present, unreadable } = listeners(recorded('listclients.xml'));
  assert.equal(unreadable, 0);
  assert.deepEqual(
    present.map(({ client }) => [client.connection, client.address, client.userAgent]),
    [
      ['boot#8', '127.0.0.1', 'VLC/3.0.18 LibVLC/3.0.18'],
      ['boot#9', '127.0.0.1', 'Mozilla/5.0 (X; "quoted" & <tag>)'],
      ['boot#10', '127.0.0.1', null],
    ],
  );
  for (const { from, to, since, until } of present) {
    assert.deepEqual([from, to, since, until], [NOW, NOW, NOW - 12_000, FOREVER]);
  }
});

test('every version spells the names differently', () => {
  const spellings = {
    '2.4':
      '<listener><IP>192.0.2.1</IP><UserAgent>vlc</UserAgent><Connected>5</Connected><ID>7</ID><username>bob</username></listener>',
    kh: '<listener id="7"><ID>7</ID><IP>192.0.2.1</IP><UserAgent>vlc</UserAgent><lag>0</lag><Connected>5</Connected><username>bob</username></listener>',
    '2.5':
      '<listener id="7"><id>7</id><ip>192.0.2.1</ip><useragent>vlc</useragent><connected>5</connected><username>bob</username></listener>',
  };
  for (const [version, xml] of Object.entries(spellings)) {
    const [first] = listeners(one(`<Listeners>1</Listeners>${xml}`)).present;
    const { connection, address, userAgent, user } = first!.client;
    const expected = ['boot#7', '192.0.2.1', 'vlc', 'bob', NOW - 5000];
    assert.deepEqual([connection, address, userAgent, user, first!.since], expected, version);
  }
});

test('what only newer servers tell goes into the details', () => {
  const inner =
    '<listener id="7"><ip>192.0.2.1</ip><referer>https://radio.example/</referer><tls>true</tls></listener>';
  assert.deepEqual(listeners(one(inner)).present[0]!.details, { referer: 'https://radio.example/', tls: 'true' });
});

test('a relay is told like everybody, with the user agent that gives it away; entries without an id are counted', () => {
  const entry = (id: string, agent: string) => `<listener><ID>${id}</ID><UserAgent>${agent}</UserAgent></listener>`;
  const { present, unreadable } = listeners(one(entry('1', 'Icecast 2.4.4') + entry('', 'vlc') + entry('4', 'mpv')));
  assert.deepEqual([present.map(({ client }) => client.userAgent), unreadable], [['Icecast 2.4.4', 'mpv'], 1]);
});

test('an address that is hidden, a time that is none and no times at all are unknown', () => {
  const inner = '<listener><ID>1</ID><IP>-</IP><Connected>soon</Connected></listener><listener><ID>2</ID></listener>';
  for (const { client, since } of listeners(one(inner)).present)
    assert.deepEqual([client.address, since], [null, null]);
  const [mount] = parseStats(
    '<icestats><source mount="/a"><stream_start>when?</stream_start></source></icestats>',
    ASKED,
  ).mounts;
  assert.equal(mount!.report.startedAt, null);
  assert.equal(mount!.listeners, null);
});

const LISTENER_25 =
  '<listener id="7"><id>7</id><ip>192.0.2.1</ip><useragent>vlc</useragent><connected>5</connected><tls>false</tls></listener>';

test('2.5 lists the listeners with the mounts, if it is asked so', () => {
  const quiet = '<source mount="/quiet"><listeners>0</listeners><server_type>audio/mpeg</server_type></source>';
  const busy = `<source mount="/busy"><listeners>1</listeners>${LISTENER_25}</source>`;
  const xml = `<icestats><modules/><server_start_iso8601>boot</server_start_iso8601>${quiet}${busy}</icestats>`;
  const { mounts } = parseStats(xml, ASKED);
  assert.deepEqual(
    mounts.map(({ mount, listed }) => [mount, listed?.present.map(({ client }) => client.connection) ?? null]),
    [
      ['/quiet', null],
      ['/busy', ['boot#7']],
    ],
  );
});

/** By its sources: `source` is an object by mount, a listener's id is text. */
const JSON_25 = JSON.stringify([
  { name: 'icestats', ns: 'http://icecast.org/specs/legacystats-0.0.1' },
  {
    modules: {},
    source: {
      '/live.mp3': {
        listeners: 1,
        connected: 90,
        max_listeners: null,
        public: false,
        listener: [{ id: '7', ip: '2001:db8::1', useragent: 'vlc', connected: 5, tls: true, protocol: 'http' }],
      },
      '/other.mp3': { listeners: 0 },
    },
  },
]);

test('2.5: its JSON pages say the same as XML', () => {
  const [listener, ...others] = listeners(JSON_25).present;
  assert.deepEqual(others, []);
  const { connection, address, userAgent } = listener!.client;
  assert.deepEqual([connection, address, userAgent, listener!.since], ['boot#7', '2001:db8::1', 'vlc', NOW - 5000]);
  assert.deepEqual(listener!.details, { protocol: 'http', tls: 'true' });
  const { mounts } = parseStats(JSON_25, ASKED);
  assert.deepEqual(
    mounts.map(({ mount, listeners: count, report }) => [mount, count, report.maxListeners]),
    [
      ['/live.mp3', 1, null],
      ['/other.mp3', 0, null],
    ],
  );
});

test('connected seconds count back from the second of the server, whichever moment of it is ours', () => {
  const xml = one('<listener><ID>1</ID><Connected>5</Connected></listener>');
  const [first] = parseListeners(xml, '/live.mp3', null, { at: NOW + 900, asOf: NOW }).present;
  assert.deepEqual([first!.from, first!.since], [NOW + 900, NOW - 5000]);
});

test('2.4.4, for everybody: no source, one, several; hidden mounts are hidden', () => {
  const mounts = (name: string) =>
    parseStatus(recorded(name), NOW).reports.map(({ stream, listeners: count, title }) => [stream, count, title]);
  assert.deepEqual(mounts('status-no-source.json'), []);
  assert.deepEqual(mounts('status-one-source.json'), [['/live.mp3', 0, null]]);
  assert.deepEqual(mounts('status-three-sources.json'), [
    ['/auth.mp3', 0, null],
    ['/live.mp3', 3, 'Artist - Title'],
    ['/ogg', 1, 'Ogg Artist - Ogg Title'],
  ]);
  assert.deepEqual(mounts('status-virtual-hidden.json'), [['/live.mp3', 1, null]]);
  assert.deepEqual(parseStats(recorded('stats-no-source.xml'), ASKED).mounts, []);
});

test('2.4.4, for everybody: a mount is reported as to its administrator, but for what it hides', () => {
  const { reports } = parseStatus(recorded('status-three-sources.json'), NOW);
  const { status, name, genre, contentType, startedAt, peakListeners } = reports[1]!;
  assert.deepEqual([status, name, genre, contentType], ['up', 'Radio Ünïcode & "Q"', 'Rock', 'audio/mpeg']);
  assert.deepEqual([startedAt, peakListeners], [Date.UTC(2026, 10, 21, 1, 16, 58), 3]);
  assert.equal(reports[2]!.bitrate, 80);
});

test('a mount is called by the path of its address; one without an address is counted', () => {
  const source = (url: string) => `{"listenurl":${JSON.stringify(url)},"listeners":1}`;
  const urls = ['http://localhost:8000/a%20b.mp3', 'https://radio.example/radio/live', 'live', 'http://radio.example/'];
  const { reports, nameless } = parseStatus(`{"icestats":{"source":[${urls.map(source).join()}]}}`, NOW);
  assert.deepEqual([reports.map(({ stream }) => stream), nameless], [['/a b.mp3', '/radio/live'], 2]);
});

test('a mount that has settings but no feed is down', () => {
  const xml = one('<authenticator>url</authenticator><listeners>0</listeners>');
  assert.equal(parseStats(xml, ASKED).mounts[0]!.report.status, 'down');
});

test('the old form of a time is read where the new one is missing', () => {
  const xml = one('<stream_start>Sat, 21 Nov 2026 02:16:58 +0100</stream_start>');
  assert.equal(parseStats(xml, ASKED).mounts[0]!.report.startedAt, Date.UTC(2026, 10, 21, 1, 16, 58));
});

test('titles: artist and title apart, empty ones, bitrates in bits', () => {
  const report = (inner: string) => parseStats(one(inner), ASKED).mounts[0]!.report;
  assert.equal(report('<artist>A</artist><title>T</title>').title, 'A - T');
  assert.equal(report('<title> - </title>').title, null);
  assert.equal(report('<audio_bitrate>128000</audio_bitrate>').bitrate, 128);
  assert.equal(report('<bitrate>Quality 4,00</bitrate>').bitrate, null);
});

test('text that was encoded twice is decoded twice, and honest Latin-1 is left alone', () => {
  // peer.test.ts sees Icecast 2.4.4 make the reference of an en dash.
  for (const [came, meant] of [
    ['Ã\u009cnÃ¯code', 'Ünïcode'],
    ['Beyoncé', 'Beyoncé'],
    ['plain', 'plain'],
    ['Artist &#8211; Title', 'Artist – Title'],
    ['R&B &#38; &#233;', 'R&B &#38; &#233;'],
    ['&#55357;&#99999999;', '&#55357;&#99999999;'],
    ['日本', '日本'],
  ] as const) {
    assert.equal(repairText(came), meant, came);
  }
});

test('2.3 does not escape user agents, and listeners put control characters into them', () => {
  const bare = '<listener><ID>1</ID><UserAgent>AT&T \u0001\u001b[31m</UserAgent></listener>';
  assert.equal(listeners(one(bare)).present[0]!.client.userAgent, 'AT&T \ufffd\ufffd[31m');
  const reference = '<listener><ID>1</ID><UserAgent>a&#1;b&#x0B;c&#x41;</UserAgent></listener>';
  assert.equal(listeners(one(reference)).present[0]!.client.userAgent, 'a\ufffdb\ufffdcA');
});

test('document types, entities, and XML without end are refused', () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><icestats>&b;</icestats>';
  for (const xml of [bomb, '<!DOCTYPE icestats SYSTEM "file:///etc/passwd"><icestats/>', '<a>'.repeat(17)]) {
    assert.throws(() => parseStats(xml, ASKED), XmlError, xml.slice(0, 20));
  }
  // An entity that nobody declared is not expanded but shown as it is.
  assert.equal(parseStats('<icestats><server_start>&b;</server_start></icestats>', ASKED).boot, '&b;');
});

test('long text is cut', () => {
  assert.equal(parseXml(`<a>${'x'.repeat(10_000)}</a>`).text.length, 4096);
});

test('whatever comes, it is read or refused', () => {
  const seeds = [...['stats_mount.xml', 'listclients.xml', 'status-three-sources.json'].map(recorded), JSON_25];
  const mutation = fc.tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(40), fc.string());
  fc.assert(
    fc.property(mutation, ([xml, at, length, insert]) => {
      const start = at % xml.length;
      const mutated = xml.slice(0, start) + insert + xml.slice(start + length);
      const parsers = [() => parseStats(mutated, ASKED), () => listeners(mutated), () => parseStatus(mutated, NOW)];
      for (const parse of parsers) {
        try {
          parse();
        } catch (error) {
          if (!(error instanceof XmlError)) throw error;
        }
      }
    }),
    { numRuns: 500 },
  );
});
