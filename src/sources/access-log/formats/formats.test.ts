/** Every format that is known, by lines of the servers that write them; and what happens to lines that are none. */

import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { END, GOOD } from '../line.ts';
import { FORMAT_NAMES, formatMistake, markOf } from './index.ts';
import { CLF, COMBINED, fieldsOf, type Options, PLAIN, type Read, readAll, scannerFor } from './read.fixture.ts';

const NGINX =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

interface Case {
  readonly name: string;
  readonly format: string;
  readonly line: string;
  readonly expected: Partial<Read>;
  readonly options?: Options;
  /** Is it found out without being told? */
  readonly auto?: false;
}

const CASES: readonly Case[] = [
  { name: 'combined', format: 'combined', line: COMBINED, expected: {} },
  { name: 'common', format: 'common', line: CLF, expected: { agent: null } },
  {
    name: 'Traefik CLF',
    format: 'traefik',
    line: '192.0.2.1 - ann [21/Nov/2026:01:19:26 +0000] "GET /hls/cam/720p.m3u8 HTTP/2.0" 200 194 "-" "VLC/3" 1 "router" "http://127.0.0.1/svc" 1ms',
    expected: { user: 'ann' },
  },
  {
    name: 'main, the nginx of distributions',
    format: 'main',
    line: `${COMBINED} "203.0.113.9, 198.51.100.2"`,
    expected: { forwarded: '203.0.113.9, 198.51.100.2' },
    auto: false,
  },
  { name: 'main without a proxy', format: 'main', line: `${COMBINED} "-"`, expected: {}, auto: false },
  {
    name: 'Apache with virtual hosts',
    format: 'vhost',
    line: `tv.example.org:443 ${COMBINED}`,
    expected: {},
  },
  {
    name: 'Icecast 2.4.4',
    format: 'icecast',
    line: '192.0.2.1 - - [21/Nov/2026:01:19:26 +0000] "GET /live.mp3 HTTP/1.1" 200 160000 "-" "VLC/3" 13',
    expected: { path: '/live.mp3', sent: 160000, duration: 13_000, isOver: true },
  },
  {
    name: 'a source client of Icecast',
    format: 'icecast',
    line: '192.0.2.1 - source [21/Nov/2026:01:19:26 +0000] "SOURCE /live.mp3 HTTP/1.0" 200 19 "-" "libshout/2" 60',
    expected: {
      ...{ path: '/live.mp3', sent: 19, duration: 60_000, isOver: true, isPublished: true },
      ...{ user: 'source', agent: 'libshout/2' },
    },
    auto: false,
  },
  {
    name: 'nginx-rtmp, playing',
    format: 'combined',
    line: '192.0.2.1 [21/Nov/2026:01:19:37 +0000] PLAY "live" "cam1" "token=abc" - 431 506797 "" "LNX 9,0,124,2" (1h 2m 13s)',
    expected: {
      ...{ time: '2026-11-21T01:19:37.000Z', path: 'cam1', query: 'token=abc', sent: 506797, agent: 'LNX 9,0,124,2' },
      ...{ duration: 3_733_000, isOver: true },
    },
  },
  {
    name: 'nginx-rtmp, publishing',
    format: 'combined',
    line: '192.0.2.1 [21/Nov/2026:01:20:02 +0000] PUBLISH "live" "cam1" "key=pub" - 1630865 529 "" "FMLE/3.0 (compatible; Lavf59.27" (45s)',
    expected: {
      ...{ time: '2026-11-21T01:20:02.000Z', path: 'cam1', query: 'key=pub', sent: 529 },
      ...{ agent: 'FMLE/3.0 (compatible; Lavf59.27', duration: 45_000, isOver: true, isPublished: true },
    },
  },
  {
    name: 'a log_format with everything',
    format: `log_format hls '${NGINX} '\n '"$http_x_forwarded_for" $request_time "$http_cookie" "$http_cmcd_session" "$http_cmcd_object"';`,
    line: `${COMBINED} "203.0.113.9" 0.005 "a=1; sid=7" "sid=\\x226e2fb550\\x22,sf=h" "br=3200"`,
    expected: {
      ...{ forwarded: '203.0.113.9', duration: 5, cookie: 'a=1; sid=7' },
      cmcd: ['br=3200', '', 'sid="6e2fb550",sf=h', ''],
    },
    auto: false,
  },
  {
    name: 'a log_format in parts',
    format:
      '$msec|$remote_addr|$request_method|$uri|$args|$status|$bytes_sent|$http_user_agent|$cookie_sid|$upstream_addr',
    line: '1795223966.250|2001:db8::1|GET|/hls/cam/720p.m3u8|_HLS_msn=5|206|194|VLC/3|s-1|127.0.0.1:80',
    expected: {
      ...{
        address: '2001:db8::1',
        time: '2026-11-21T01:19:26.250Z',
        query: '_HLS_msn=5',
        status: 206,
        playback: 's-1',
      },
    },
    options: { playback: ['sid'] },
    auto: false,
  },
  {
    name: 'a log_format with an ISO time',
    format: '$time_iso8601 $remote_addr "$request_uri" $status',
    line: '2026-11-21T06:49:26+05:30 192.0.2.1 "/hls/cam/720p.m3u8?a=1" 200',
    expected: { query: 'a=1', sent: 0, agent: null },
    auto: false,
  },
  {
    name: 'a LogFormat of Apache',
    format: 'LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\" %D" timed',
    line: `${COMBINED} 1500000`,
    expected: { duration: 1500, time: '2026-11-21T01:19:27.500Z' },
    auto: false,
  },
  {
    name: 'nginx escape=json',
    format: 'json',
    line: '{"time":"2026-11-21T01:19:26+00:00","msec":"1795223966.286","remote_addr":"192.0.2.1","xff":"203.0.113.9","method":"GET","uri":"/hls/cam1.m3u8?sid=s-1","status":206,"bytes":194,"bytes_sent":494,"rt":"0.250","ua":"VLC \\"3\\" \\\\ é","cmcd_session":"sid=\\"7\\""}',
    expected: {
      ...{ time: '2026-11-21T01:19:26.286Z', path: '/hls/cam1.m3u8', query: 'sid=s-1', status: 206 },
      ...{ agent: 'VLC "3" \\ é', duration: 250, forwarded: '203.0.113.9', cmcd: ['', '', 'sid="7"', ''] },
    },
  },
  {
    name: 'a JSON log_format with keys of its own',
    format:
      '{"wann":"$time_iso8601","wer":"$remote_addr","was":"$request","wie":$status,"viel":$body_bytes_sent,"womit":"$http_user_agent","id":"$cookie_sid"}',
    line: '{"wann":"2026-11-21T01:19:26+00:00","wer":"192.0.2.1","was":"GET /hls/cam/720p.m3u8 HTTP/1.1","wie":200,"viel":194,"womit":"VLC/3","id":"s-1"}',
    expected: { playback: 's-1' },
    options: { playback: ['sid'] },
    auto: false,
  },
  {
    name: 'an object whose escapes are not those of JSON',
    format: 'json',
    line: '{"time":"2026-11-21T01:19:26+00:00","remote_addr":"192.0.2.1","request":"GET /hls/cam/720p.m3u8 HTTP/1.1","status":"200","bytes":"194","ua":"VLC\\x22/3"}',
    expected: { agent: 'VLC"/3' },
  },
  {
    name: 'Caddy 2',
    format: 'caddy',
    line: '{"level":"info","ts":1795223966.25,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","remote_port":"4711","client_ip":"192.0.2.1","proto":"HTTP/2.0","method":"GET","host":"tv.example.org","uri":"/hls/cam/720p.m3u8?a=1","headers":{"User-Agent":["VLC/3"],"Cmcd-Session":["sid=\\"7\\""]}},"bytes_read":0,"user_id":"ann","duration":0.0123,"size":194,"status":200,"resp_headers":{"Content-Type":["text/plain"]}}',
    expected: {
      ...{ time: '2026-11-21T01:19:26.250Z', query: 'a=1', user: 'ann', duration: 12, cmcd: ['', '', 'sid="7"', ''] },
    },
  },
  {
    name: 'Traefik JSON',
    format: 'json',
    line: '{"ClientAddr":"192.0.2.1:4711","ClientHost":"192.0.2.1","ClientPort":"4711","ClientUsername":"-","DownstreamContentSize":194,"DownstreamStatus":200,"Duration":12000000,"OriginStatus":200,"RequestMethod":"GET","RequestPath":"/hls/cam/720p.m3u8?a=1","RequestProtocol":"HTTP/2.0","StartLocal":"2026-11-21T02:19:26.238+01:00","StartUTC":"2026-11-21T01:19:26.238Z","level":"info","msg":"","request_User-Agent":"VLC/3","time":"2026-11-21T01:19:27Z"}',
    expected: { time: '2026-11-21T01:19:26.250Z', query: 'a=1', duration: 12 },
  },
  {
    name: 'Cloudflare Logpush, nanoseconds',
    format: 'json',
    line: '{"ClientIP":"192.0.2.1","ClientRequestMethod":"GET","ClientRequestURI":"/hls/cam/720p.m3u8","ClientRequestUserAgent":"VLC/3","EdgeStartTimestamp":1795223966000000000,"EdgeEndTimestamp":1795223966010000000,"EdgeResponseStatus":200,"EdgeResponseBytes":194}',
    expected: {},
  },
  {
    name: 'Fastly',
    format: 'json',
    line: '{"timestamp":"2026-11-21T01:19:26+0000","client_ip":"192.0.2.1","url":"/hls/cam/720p.m3u8?x","request_method":"GET","request_referer":"(null)","request_user_agent":"VLC/3","response_status":200,"response_body_size":194}',
    expected: { query: 'x' },
  },
  {
    name: 'Akamai DataStream 2',
    format: 'json',
    line: '{"reqTimeSec":"1795223966.000","cliIP":"192.0.2.1","reqMethod":"GET","reqPath":"hls/cam/720p.m3u8","queryStr":"a=1","statusCode":"200","bytes":"194","UA":"VLC/3"}',
    expected: { path: 'hls/cam/720p.m3u8', query: 'a=1' },
  },
  {
    name: 'HAProxy, behind syslog',
    format: 'haproxy',
    line: 'Nov 21 01:19:26 lb haproxy[14389]: 192.0.2.1:33317 [21/Nov/2026:02:19:25.891] http-in static/srv1 10/0/30/69/109 200 194 - - ---- 1/1/1/1/0 0/0 {VLC/3|203.0.113.9} {} "GET /hls/cam/720p.m3u8?a=1 HTTP/1.1"',
    expected: { query: 'a=1', duration: 109, forwarded: '203.0.113.9' },
    options: { captures: ['User-Agent', 'X-Forwarded-For'], timeZone: 'Europe/Berlin' },
  },
  {
    name: 'a file of rsyslog',
    format: 'rsyslog',
    line: `2026-11-21T01:19:27.123456+00:00 edge nginx: ${COMBINED}`,
    expected: {},
  },
  {
    name: 'a file of rsyslog, as it came',
    format: 'rsyslog',
    line: `<190>Nov 21 01:19:27 edge nginx[17]: ${COMBINED}`,
    expected: {},
  },
  {
    name: 'a file of syslogd',
    format: 'rsyslog',
    line: `Nov  1 01:19:27 edge apache2: ${COMBINED}`,
    expected: {},
  },
  {
    name: 'HAProxy, without headers, IPv6',
    format: 'haproxy',
    line: '2001:db8::1:33317 [21/Nov/2026:01:19:25.891] http-in static/srv1 10/0/30/69/+109 200 +194 - - ---- 1/1/1/1/0 0/0 "GET /hls/cam/720p.m3u8 HTTP/1.1"',
    expected: { address: '2001:db8::1', agent: null, duration: 109 },
  },
];

for (const { name, format, line, expected, options } of CASES) {
  test(`${name} is read`, () => {
    assert.deepEqual(readAll(scannerFor(format, options), `${line}\n`), [{ ...PLAIN, ...expected }]);
  });
}

for (const { name, line, expected, options } of CASES.filter(({ auto }) => auto !== false)) {
  test(`${name} is found out, also after another format`, () => {
    const scanner = scannerFor('auto', options);
    const read = readAll(scanner, `${COMBINED}\n${line}\r\nno request\n${line}`);
    assert.deepEqual(read.slice(1), [{ ...PLAIN, ...expected }, read[2], { ...PLAIN, ...expected }]);
    assert.equal(typeof read[2], 'string');
  });
}

const CLOUDFRONT = `#Version: 1.0
#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type time-taken x-forwarded-for
2026-11-21\t01:19:26\tFRA56-P1\t194\t192.0.2.1\tGET\td111.cloudfront.net\t/hls/cam/720p.m3u8\t200\t-\tVLC%2520/3%20(x)\ta=1\tsid%3D7\tHit\t0.002\t203.0.113.9
`;
const IIS = `#Software: Microsoft Internet Information Services 10.0
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status sc-bytes time-taken
2026-11-21 01:19:26 198.51.100.1 GET /hls/cam/720p.m3u8 - 443 ann 192.0.2.1 Mozilla/5.0+(X11) - 200 0 0 194 46
`;

test('W3C is read as its header says: CloudFront', () => {
  for (const format of ['w3c', 'cloudfront', 'auto']) {
    assert.deepEqual(readAll(scannerFor(format), CLOUDFRONT), [
      'other',
      'other',
      {
        ...{ ...PLAIN, agent: 'VLC /3 (x)', query: 'a=1', duration: 2 },
        ...{ cookie: 'sid=7', forwarded: '203.0.113.9' },
      },
    ]);
  }
});

test('W3C is read as its header says: IIS', () => {
  for (const format of ['w3c', 'iis', 'auto']) {
    const expected = { ...PLAIN, agent: 'Mozilla/5.0 (X11)', user: 'ann', duration: 46 };
    assert.deepEqual(readAll(scannerFor(format), IIS).at(-1), expected);
  }
});

test('columns may change, and are known after a restart', () => {
  const scanner = scannerFor('auto');
  readAll(scanner, CLOUDFRONT);
  const row = '2026-11-21\t01:19:26\t192.0.2.1\t/hls/cam/720p.m3u8\t200\n';
  const read = readAll(scanner, `${row}#Fields: date time c-ip cs-uri-stem sc-status\n${row}`);
  assert.deepEqual(read, ['Format', 'other', { ...PLAIN, agent: null, sent: 0 }]);
  const again = scannerFor('auto', {}, markOf(scanner.format));
  assert.deepEqual(readAll(again, row), [{ ...PLAIN, agent: null, sent: 0 }]);
});

test('a number behind the user agent is no duration unless it is plausible', () => {
  const at = (request: string, sent: number, behind: string) =>
    `192.0.2.1 - - [21/Nov/2026:01:19:26 +0000] "${request}" 200 ${sent} "-" "VLC/3" ${behind}\n`;
  const isOver = (text: string) => {
    const last = readAll(scannerFor('auto'), text).at(-1)!;
    return typeof last !== 'string' && last.isOver === true;
  };
  assert.equal(isOver(at('GET /live.mp3 HTTP/1.1', 1_600_000, '100')), true);
  // A number of a connection, the time of an answer, and the length of a request.
  assert.equal(isOver(at('GET /live.mp3 HTTP/1.1', 1_600_000, '93812345')), false);
  assert.equal(isOver(at('GET /hls/cam/17.ts HTTP/1.1', 1_600_000, '100')), false);
  assert.equal(isOver(at('GET /live.mp3 HTTP/1.1', 1_600_000, '0.250')), false);
  assert.equal(isOver(at('GET /live.mp3 HTTP/1.1', 1_600, '4')), false);
  // A page that only Icecast has tells for all that follow.
  assert.equal(isOver(at('GET /status-json.xsl HTTP/1.1', 500, '0') + at('GET /live.mp3 HTTP/1.1', 1600, '4')), true);
});

for (const [what, format, pattern] of [
  ['a name that is none', 'nginxx', /is none that is known/],
  ['a log_format without an address', '$time_local "$request" $status', /no client address/],
  ['a log_format without a time', '$remote_addr "$request" $status', /no time/],
  ['a log_format without a request', '$remote_addr $time_local $status', /no request/],
  ['a log_format without a status', '$remote_addr $time_local "$request"', /no status/],
  ['variables with nothing between them', '$remote_addr$time_local "$request" $status', /nothing stands between/],
  ['an object that is none', '{"a":"$remote_addr"', /begins as JSON/],
] as const) {
  test(`${what} is told`, () => assert.match(formatMistake(format) ?? '', pattern));
}

test('all names are formats', () => {
  for (const name of FORMAT_NAMES) assert.equal(formatMistake(name), null, name);
});

test('recordings of real servers are read to their last line', { skip: !existsSync('../shared/reference') }, () => {
  const folder = '../shared/reference/recordings';
  for (const [file, format, unreadable] of [
    ['nginx/hls-combined.log', 'combined', 0],
    ['nginx/hls-json.log', 'json', 0],
    ['nginx/rtmp-access.log', 'combined', 0],
    ['icecast-2.4.4/access.log', 'icecast', 0],
    ['icecast-2.4.4/access-fallback.log', 'icecast', 0],
  ] as const) {
    const scanner = scannerFor('auto');
    const lines = readAll(scanner, readFileSync(`${folder}/${file}`));
    assert.equal(lines.filter((each) => typeof each === 'string').length, unreadable, file);
    assert.equal(scanner.format.name, format, file);
  }
});

test('without an address a line is none, nor with one that is too long', () => {
  for (const { format, line } of CASES.filter((each) => each.line.startsWith('192.0.2.1 '))) {
    for (const address of ['', 'x'.repeat(4000)]) {
      const scanner = scannerFor(format);
      scanner.load(Buffer.from(address + line.slice('192.0.2.1'.length)));
      assert.notEqual(scanner.next(), GOOD, line);
    }
  }
});

test('a line may be of any length, and of any bytes', () => {
  const long = 'x'.repeat(1024 * 1024 - 200);
  const texts = [
    COMBINED.replace('VLC/3', long),
    COMBINED.replace('720p', long),
    `192.0.2.1 ${'[ '.repeat(500_000)}`,
    `{"ua":"${long}"}`,
    `{${'"a":{'.repeat(100_000)}`,
    `#Fields: ${'date '.repeat(200_000)}`,
    `a:1 [${'1/'.repeat(500_000)}`,
    '\\'.repeat(1024 * 1024),
    '"'.repeat(1024 * 1024),
  ];
  for (const format of ['auto', ...new Set(CASES.map((each) => each.format))]) {
    const scanner = scannerFor(format);
    for (const text of texts) assert.equal(readAll(scanner, `${text}\n`).length, 1);
  }
});

test('whatever is done to real lines, every format reads them without a fault', () => {
  const lines = [...CASES.map(({ line }) => line), ...CLOUDFRONT.split('\n'), ...IIS.split('\n')];
  const scanners = ['auto', ...new Set(CASES.map((each) => each.format)), 'w3c'].map((format) => scannerFor(format));
  const noise = fc.constantFrom('"', '\\', '[', ']', '{', '}', ' ', '\t', '%', '\\x', '\0', '-', 'é', '<b>', ':', '/');
  const mutation = fc.record({
    at: fc.nat(400),
    length: fc.nat(20),
    text: fc.oneof(noise, fc.string({ maxLength: 8 })),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...lines),
      fc.array(mutation, { maxLength: 4 }),
      fc.boolean(),
      (line, edits, isLatin) => {
        let text = line;
        for (const { at, length, text: put } of edits) text = text.slice(0, at) + put + text.slice(at + length);
        const bytes = Buffer.from(text, isLatin ? 'latin1' : 'utf8');
        for (const scanner of scanners) {
          scanner.load(bytes);
          for (let verdict = scanner.next(); verdict !== END; verdict = scanner.next()) {
            if (verdict !== GOOD) continue;
            const read = fieldsOf(scanner.line);
            assert.ok(read.address !== '' && scanner.line.time >= 0 && read.status <= 999 && read.sent >= 0);
          }
        }
      },
    ),
    { numRuns: 1500 },
  );
});
