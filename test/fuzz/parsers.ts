/**
 * Everything that reads what others have written, as one table: what each is fed with when all is well, and what makes
 * work for it. Whoever adds a parser adds a row; fuzz.test.ts does the rest.
 */

import { existsSync, readFileSync } from 'node:fs';
import type { Observation, Presence } from '../../src/core/observation.ts';
import { HeadcountError } from '../../src/lib/errors.ts';
import { config } from '../../src/sources/access-log/options.ts';
import { LogReader } from '../../src/sources/access-log/reader.ts';
import { readerOptions } from '../../src/sources/access-log/reader-options.ts';
import { coturnLog, dialectOf as coturnRows } from '../../src/sources/coturn-log/index.ts';
import { parseListeners, parseStats } from '../../src/sources/icecast/parse.ts';
import { type Dialect, type Row, RowReader } from '../../src/sources/row-reader.ts';
import { shoutcastLog, dialectOf as shoutcastRows } from '../../src/sources/shoutcast-log/index.ts';
import { parseLine } from '../../src/sources/spyserver/parse.ts';
import { parseActivity, parseHistory } from '../../src/sources/tautulli/parse.ts';
import { TurnReader } from '../../src/sources/turn/reader.ts';
import { windowsMedia, dialectOf as windowsMediaRows } from '../../src/sources/windows-media/index.ts';
import { readReport } from '../../src/sources/windows-media/multicast.ts';
import { Visits } from '../../src/sources/windows-media/visits.ts';
import { wowzaLog, dialectOf as wowzaRows } from '../../src/sources/wowza-log/index.ts';
import { ScopedCounters } from '../../src/telemetry/counters.ts';
import { createCaptureReader } from '../../src/transports/capture/pcap.ts';
import { XmlError } from '../../src/transports/poll/xml.ts';
import { syslogFrames } from '../../src/transports/receive/syslog-frames.ts';
import { bodyOf } from '../../src/transports/receive/syslog-message.ts';
import { RADIO } from './polled-radio.ts';
import { VIDEO } from './polled-video.ts';

export interface Parser {
  readonly name: string;
  /** What servers have really written. */
  readonly seeds: readonly Buffer[];
  /** Reads it from the beginning, as if nothing had been before. Throws only what `refuses`. */
  read(bytes: Buffer): Read;
  /** An error with which it may say that this is nothing for it. */
  refuses(error: unknown): boolean;
  /** Around these the texts of `hurts`, as many as there is room for, make an input of any size. */
  readonly frames: readonly (readonly [before: string, behind: string])[];
  /** So much is given to it at a time, at most, in life. */
  readonly most: number;
}

export interface Read {
  readonly observations: readonly Observation[];
  /** Lines, packets, rows: whatever has been counted, readable or not; null where nothing is counted. */
  readonly counted: number | null;
}

/** What stands at the beginning and end of things in the formats that we read, and what an escape begins with. */
export const HURTS: readonly string[] = [
  ...['"', '\\', '\\"', '\\x22', '\\x', '[', ']', ' [', '" "', ' ', '\t', '-', ' - ', '{', '}', '{"a":', '[[', ','],
  ...[
    '%',
    '%2',
    '%25',
    '%2C',
    '+',
    '&',
    '=',
    'sid=',
    '&sid=',
    'CMCD=',
    ';',
    'sid=;',
    '(',
    ')',
    '5;',
    'sid="',
    ',sid="',
  ],
  ...['/', '//', '/..', '../', '.', '.1', '-1', '_720p', '720p_', '1', 'a1', '.part1', '?', '#', '*', ':', '::', '1:'],
  ...['<', '</', '<a>', '<a ', '<a b="', '&amp;', '&#', '<!--', '<![CDATA[', ']]', ' running ', 'Accepted client '],
  ...['1.1.1.1, ', '1.1.1.1,', '::1,', 'a', 'é', '\0', '\x80', '\xff', '\r', '0', '00:', '2026-'],
];

const NOW = Date.UTC(2026, 10, 21, 2);
const TIME = '[21/Nov/2026:01:19:26 +0000]';
const never = () => false;

const recorded = (path: string) => readFileSync(new URL(`../../src/sources/${path}`, import.meta.url));

/** Of the recordings beside the repository, those that are here. */
function besides(...paths: readonly string[]): Buffer[] {
  return paths
    .map((path) => new URL(`../../../shared/${path}`, import.meta.url))
    .filter((url) => existsSync(url))
    .map((url) => readFileSync(url));
}

const lines = (file: Buffer, most = 200) =>
  file
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
    .slice(0, most)
    .map((line) => Buffer.from(line, 'latin1'));

const text = (line: string) => Buffer.from(line);

// Access logs

const CLOUDFRONT = `#Version: 1.0
#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) time-taken x-forwarded-for
`;
const ROW = '2026-11-21\t01:19:26\tFRA56-P1\t194\t192.0.2.1\tGET\td111.example\t';
const CADDY = `{"ts":1795223966.25,"request":{"client_ip":"192.0.2.1","method":"GET","uri":"/hls/cam/720p.m3u8?a=1","headers":{"User-Agent":["VLC/3"],"Cmcd-Session":["sid=\\"7\\""],"Cookie":["a=1; sid=7"]}},"duration":0.0123,"size":194,"status":200}`;
const NGINX_JSON = (field: string, value: string) =>
  `{"time":"2026-11-21T01:19:26+00:00","remote_addr":"192.0.2.1","request":"GET /hls/cam/1.ts HTTP/1.1","status":"200","bytes":"1","${field}":"${value}"}`;
const HAPROXY =
  'Nov 21 01:19:26 lb haproxy[14389]: 192.0.2.1:33317 [21/Nov/2026:02:19:25.891] http-in static/srv1 10/0/30/69/109 200 194 - - ---- 1/1/1/1/0 0/0 {VLC/3|203.0.113.9} {} "GET /hls/cam/720p.m3u8?a=1 HTTP/1.1"';
const TEMPLATE =
  '$remote_addr - $remote_user [$time_local] "$request" $status $bytes_sent "$http_user_agent" "$http_x_forwarded_for" "$http_cookie" "$http_cmcd_session" $request_time';

function log(
  name: string,
  options: Record<string, unknown>,
  seeds: readonly Buffer[],
  frames: Parser['frames'],
): Parser {
  const parsed = config.parse({ path: 'unused', format: name, ...options });
  return {
    name: `access-log, ${name.includes('$') ? 'a log_format' : name}`,
    seeds,
    read: (bytes) => {
      const counters = new ScopedCounters();
      const timing = { gap: 40_000, lateness: 5000, autoGap: true };
      const reader = new LogReader({ ...readerOptions(parsed, timing, counters), seed: 7 });
      reader.take(bytes, NOW);
      const { observations } = reader.cut();
      return { observations, counted: reader.tally().lines };
    },
    refuses: never,
    frames: [['', ''], ...frames],
    // Formats that are read as texts refuse longer lines.
    most: LINEWISE.has(name) ? 480 * 1024 : 1024 * 1024,
  };
}

const LINEWISE: ReadonlySet<string> = new Set(['json', 'w3c', 'haproxy']);

const IDS = { playbackId: 'sid,token', trustedProxies: '192.0.2.0/24,203.0.113.0/24' };
const RULES = {
  rules: [
    { path: '/live/{stream}/**/{quality}_*.ts', role: 'segment' },
    { path: '/**/a*b*c/{stream}', role: 'progressive' },
  ],
};
const combined = (path: string, agent: string) => `192.0.2.1 - - ${TIME} "GET ${path} HTTP/1.1" 200 194 "-" "${agent}"`;
const inCombined = (marked: string) => marked.split('|') as [string, string];

const COMBINED: Parser['frames'] = [
  ...[combined('/hls/|/720p.m3u8', 'VLC/3'), combined('/hls/cam|.ts', 'VLC/3'), combined('/|', 'VLC/3')].map(
    inCombined,
  ),
  ...[combined('/live/|/a_1.ts', 'VLC/3'), combined('/a/|/live.mp3', 'VLC/3')].map(inCombined),
  ...[combined('/hls/cam/1.ts?sid=|', 'VLC/3'), combined('/hls/cam/1.ts?|', 'VLC/3')].map(inCombined),
  ...[combined('/hls/cam/1.ts?CMCD=|', 'VLC/3'), combined('/hls/cam/1.ts', '|'), `192.0.2.1 - | ${TIME} "`].map(
    inCombined,
  ),
  ...[`|192.0.2.1 - - ${TIME} "GET /a.ts HTTP/1.1" 200 1`, `192.0.2.1 - - ${TIME} "|" 200 1 "-" "-"`].map(inCombined),
  ...[`192.0.2.1 ${TIME} PLAY "live" "|" "" - 1 1 "" "" (1h)`, `192.0.2.1 ${TIME} PLAY "|`].map(inCombined),
];

const LOGS: readonly Parser[] = [
  log(
    'auto',
    { ...IDS, ...RULES },
    [
      ...lines(recorded('access-log/testdata/nginx-1.22.1-hls-combined.log')),
      ...besides('reference/recordings/nginx/hls-json.log', 'reference/recordings/nginx/rtmp-access.log').flatMap(
        (file) => lines(file),
      ),
      ...besides('cases/logs/elastic_apache_logs.log').flatMap((file) => lines(file)),
    ],
    COMBINED,
  ),
  log(
    'icecast',
    IDS,
    [
      ...besides('reference/recordings/icecast-2.4.4/access.log').flatMap((file) => lines(file)),
      text(`192.0.2.1 - source ${TIME} "SOURCE /live.mp3 HTTP/1.0" 200 19 "-" "libshout/2" 60`),
    ],
    [
      [`192.0.2.1 - - ${TIME} "GET /`, ' HTTP/1.0" 200 1 "-" "VLC/3" 9'],
      [`${combined('/live', 'VLC/3')} `, '9'],
    ],
  ),
  log(
    'json',
    IDS,
    [
      text(CADDY),
      text(NGINX_JSON('ua', 'VLC')),
      ...besides('reference/recordings/nginx/hls-json.log').flatMap((file) => lines(file)),
    ],
    [
      ...(['ua', 'xff', 'cmcd_session', 'cookie', 'uri', 'rt', 'time'] as const).map(
        (field) => NGINX_JSON(field, '|').split('|') as [string, string],
      ),
      ['{"request":{"headers":{"', '":["1"]}}}'],
      ['{"time":"2026-11-21T01:19:26+00:00","remote_addr":"192.0.2.1","a":', '1}'],
    ],
  ),
  log(
    'w3c',
    IDS,
    [text(`${CLOUDFRONT}${ROW}/hls/cam/720p.m3u8\t200\t-\tVLC%2520/3%20(x)\ta=1\tsid%3D7\t0.002\t203.0.113.9`)],
    [
      ['#Fields: ', '\n'],
      [`${CLOUDFRONT}${ROW}/hls/`, '/1.ts\t200\t-\tVLC\t-\t-\t0.002\t-'],
      [`${CLOUDFRONT}${ROW}/hls/a/1.ts\t200\t-\t`, '\t-\t-\t0.002\t-'],
      [`${CLOUDFRONT}${ROW}/hls/a/1.ts\t200\t-\tVLC\t-\t`, '\t0.002\t192.0.2.9'],
    ],
  ),
  log(
    'haproxy',
    { ...IDS, captures: 'User-Agent,X-Forwarded-For' },
    [text(HAPROXY)],
    [
      [HAPROXY.slice(0, HAPROXY.indexOf('VLC')), HAPROXY.slice(HAPROXY.indexOf('|'))],
      [HAPROXY.slice(0, HAPROXY.indexOf('?a=1')), ' HTTP/1.1"'],
      ['Nov 21 01:19:26 ', HAPROXY.slice(HAPROXY.indexOf('lb'))],
      [HAPROXY.slice(0, HAPROXY.indexOf('static')), HAPROXY.slice(HAPROXY.indexOf('static'))],
    ],
  ),
  log(
    TEMPLATE,
    IDS,
    [
      text(
        `192.0.2.1 - ann ${TIME} "GET /hls/cam/1.ts HTTP/1.1" 200 9 "VLC/3" "198.51.100.1, 203.0.113.9" "a=1; sid=7" "sid=\\x227\\x22" 0.01`,
      ),
    ],
    [
      [`192.0.2.1 - `, ` ${TIME} "GET /hls/cam/1.ts HTTP/1.1" 200 9 "VLC/3" "-" "-" "-" 0.01`],
      [`192.0.2.1 - - ${TIME} "GET /hls/cam/1.ts HTTP/1.1" 200 9 "VLC/3" "`, '198.51.100.1" "-" "-" 0.01'],
      [`192.0.2.1 - - ${TIME} "GET /hls/cam/1.ts HTTP/1.1" 200 9 "VLC/3" "-" "`, 'sid=1" "-" 0.01'],
      [`192.0.2.1 - - ${TIME} "GET /hls/cam/1.ts HTTP/1.1" 200 9 "VLC/3" "-" "-" "`, '" 0.01'],
    ],
  ),
];

// The others

const STATS = '<icestats><source mount="/live.mp3"><title>';
const LISTENERS = '<icestats><source mount="/live.mp3"><listener><IP>192.0.2.1</IP><UserAgent>';

const ICECAST: Parser = {
  name: 'icecast',
  seeds: [
    ...['stats_mount.xml', 'stats-fallback.xml', 'listclients.xml', 'status-three-sources.json'].map((name) =>
      recorded(`icecast/testdata/icecast-2.4.4/${name}`),
    ),
    ...besides('reference/recordings/icecast-2.4.4/listmounts.xml'),
  ],
  read: (bytes) => {
    const xml = bytes.toString('utf8');
    const asked = { at: NOW, asOf: NOW };
    const reports = parseStats(xml, asked).mounts.map(({ report }) => report);
    return { observations: [...reports, ...parseListeners(xml, '/live.mp3', 'boot', asked).present], counted: null };
  },
  refuses: (error) => error instanceof XmlError,
  frames: [
    ['', ''],
    [STATS, '</title></source></icestats>'],
    [LISTENERS, '</UserAgent></listener></source></icestats>'],
    ['<icestats ', '/>'],
  ],
  most: 1024 * 1024,
};

const SPYSERVER: Parser = {
  name: 'spyserver',
  seeds: lines(recorded('spyserver/testdata/spyserver-2.0.1700.txt')),
  read: (bytes) => {
    const read = parseLine(bytes.toString('utf8'));
    return { observations: [], counted: read === undefined ? 0 : null };
  },
  refuses: never,
  frames: [
    ['', ''],
    ['Accepted client 192.0.2.1:5 running ', ' on Windows'],
    ['Accepted client ', ':5 running SDR# on x'],
    ['Client disconnected: ', ''],
  ],
  most: 64 * 1024,
};

const SYSLOG: Parser = {
  name: 'syslog',
  seeds: [
    text(`<190>Nov 21 01:19:26 web1 nginx: ${combined('/hls/cam/1.ts', 'VLC/3')}\n`),
    text(`<134>1 2026-11-21T01:19:26.003Z lb haproxy 14389 - [a@1 b="c\\"d"] ${HAPROXY}\n`),
    text('9 <190>a: b17 <190>nginx[7]: cd\n'),
  ],
  read: (bytes) => {
    const message = (each: Buffer) => {
      bodyOf(each);
    };
    const frames = syslogFrames(message, () => {});
    // As pieces of a connection come.
    for (let at = 0; at < bytes.length; at += 16_384) frames.take(bytes.subarray(at, at + 16_384));
    frames.end();
    message(bytes);
    return { observations: [], counted: null };
  },
  refuses: never,
  frames: [
    ['', ''],
    ['<190>', ' nginx: a\n'],
    ['<134>1 - - - - - [', ']\n'],
    ['<134>1 - - - - - [a b="', '"] c\n'],
    ['99999 ', '\n'],
  ],
  most: 1024 * 1024,
};

const HISTORY = {
  data: [
    {
      reference_id: 12,
      row_id: 12,
      date: 1_790_000_000,
      started: 1_790_000_000,
      stopped: 1_790_003_600,
      user: 'ann',
      user_id: 5,
      ip_address: '192.0.2.4',
      full_title: 'A Show',
      percent_complete: 83,
    },
  ],
};
const ACTIVITY = {
  sessions: [
    {
      session_key: '9',
      session_id: 'a',
      state: 'playing',
      user: 'ann',
      ip_address: '192.0.2.4',
      full_title: 'A Show',
      started: 1_790_000_000,
      bandwidth: '4000',
      view_offset: '1000',
    },
  ],
};

const TAUTULLI: Parser = {
  name: 'tautulli',
  seeds: [text(JSON.stringify(HISTORY)), text(JSON.stringify(ACTIVITY))],
  read: (bytes) => {
    const content: unknown = JSON.parse(bytes.toString('utf8'));
    const rows = parseHistory(content)?.rows ?? [];
    const activity = parseActivity(content, NOW);
    return { observations: [...rows.map(({ presence }) => presence), ...(activity?.present ?? [])], counted: null };
  },
  // What is no JSON has been refused before: it never gets here.
  refuses: (error) => error instanceof SyntaxError,
  frames: [
    [JSON.stringify(HISTORY).replace(/A Show.*/, ''), '"}]}'],
    [JSON.stringify(ACTIVITY).replace(/A Show.*/, ''), '"}]}'],
    ['{"data":[', '{}]}'],
  ],
  most: 1024 * 1024,
};

/** Everything from the bytes of a capture to presences: pcap and pcapng, links, IP, UDP and TCP, STUN, ChannelData. */
const TURN: Parser = {
  name: 'turn',
  seeds: [
    recorded('turn/testdata/coturn-4.6.1.pcap').subarray(0, 4096),
    ...besides(
      'cases/pcap/zeek-spicy-stun/stun-malformed-error.pcap',
      'cases/pcap/zeek-spicy-stun/stun-attribute-length-ffff.pcap',
      'cases/pcap/arkime/stun.pcap',
      'cases/pcap/mercury/stun_classic.pcap',
    ).map((file) => file.subarray(0, 8192)),
  ],
  read: (bytes) => {
    const reader = new TurnReader({
      ports: [3478],
      maxAllocations: 1000,
      foldMs: Number.POSITIVE_INFINITY,
      counters: new ScopedCounters(),
      seed: 7,
    });
    const capture = createCaptureReader(reader.onPacket);
    capture.write(bytes);
    capture.end();
    return { observations: reader.cut().observations, counted: null };
  },
  refuses: (error) => error instanceof HeadcountError && error.code === 'CAPTURE_UNREADABLE',
  frames: [],
  most: 1024 * 1024,
};

// Logs of rows

function rowLog(
  name: string,
  dialect: (counters: ScopedCounters) => Dialect<Row>,
  seeds: readonly Buffer[],
  frames: Parser['frames'],
): Parser {
  return {
    name,
    seeds,
    read: (bytes) => {
      const counters = new ScopedCounters();
      const reader = new RowReader({ dialect: dialect(counters), lateness: 5000, counters });
      reader.take(bytes, NOW, { id: 0, path: name });
      return { observations: reader.cut().observations, counted: null };
    },
    refuses: never,
    frames,
    most: 1024 * 1024,
  };
}

const ROW_LOGS: readonly Parser[] = [
  rowLog(
    'windows-media',
    (counters) => windowsMediaRows(windowsMedia.config.parse({ path: 'unused' }), windowsMedia.traits, counters),
    ['wms-9.00-by-documents.log', 'wms-4.1-by-documents.log', 'wms-9.00-reduced-ansi-by-documents.log'].map((file) =>
      recorded(`windows-media/testdata/${file}`),
    ),
    [
      ['#Fields: c-ip date time x-duration cs-uri-stem\n192.0.2.1 2006-05-01 21:00:00 60 /', '\n'],
      ['#Fields: ', '\n192.0.2.1 2006-05-01 21:00:00 60 /\n'],
      ['#', '\n'],
    ],
  ),
  rowLog(
    'shoutcast-log',
    (counters) => shoutcastRows(shoutcastLog.config.parse({ path: 'unused' }), shoutcastLog.traits, counters),
    ['sc_w3c-by-documents.log', 'sc_serv-1.9-by-documents.log', 'sc_serv-2-by-its-source.log'].map((file) =>
      recorded(`shoutcast-log/testdata/${file}`),
    ),
    [
      ['<12/31/05@23:59:59> [dest: 192.0.2.1] starting stream (UID: 1)[L: 1]{A: ', '}(P: 2)\n'],
      [
        '2014-02-01 10:00:00 INFO [DST 192.0.2.1:5 sid=1] SHOUTcast 1 client connection accepted. User-Agent: `',
        "', UID: 5\n",
      ],
      ['#Fields: c-ip date time cs-uri-stem x-duration\n192.0.2.1 2006-05-01 21:00:00 /stream?title=', ' 60\n'],
    ],
  ),
  rowLog(
    'coturn-log',
    (counters) => coturnRows(coturnLog.config.parse({ path: 'unused' }), counters),
    [recorded('coturn-log/testdata/coturn-4.6.1.log')],
    [
      [
        '2026-11-21T12:00:00Z INFO session 001000000000000001: new, realm=<example.org>, username=<',
        '>, lifetime=600\n',
      ],
      [
        '2026-11-21T12:00:00Z INFO session 001000000000000001: closed (2nd stage), user <a> realm <r> origin <>, ',
        '\n',
      ],
    ],
  ),
  rowLog(
    'wowza-log',
    (counters) => wowzaRows(wowzaLog.config.parse({ path: 'unused' }), counters),
    [recorded('wowza-log/testdata/wowzastreamingengine_access-4.7-by-documents.log')],
    [
      ['#Fields: date\ttime\tx-event\tx-category\tc-client-id\tx-sname\n2018-10-03\t10:00:00\tplay\tstream\t1\t', '\n'],
      ['#Fields: ', '\n'],
    ],
  ),
];

const REPORT: Parser = {
  name: 'windows-media report',
  seeds: [recorded('windows-media/testdata/multicast-report-by-documents.xml')],
  read: (bytes) => {
    const visits = new Visits({ gap: 60_000, join: 3_600_000, isTold: false, counters: new ScopedCounters() });
    const options = { isProxy: never, now: NOW, earliest: NOW - 3_600_000, counters: new ScopedCounters() };
    const read = readReport({ body: bytes, address: '192.0.2.1', forwarded: null }, options);
    const isVisit = read !== null && typeof read !== 'string';
    return { observations: isVisit ? visits.take(read, NOW) : [], counted: null };
  },
  refuses: never,
  frames: [
    ['<XML><Summary>', '</Summary></XML>'],
    ['<XML><', '/></XML>'],
  ],
  most: 64 * 1024,
};

export const PARSERS: readonly Parser[] = [
  ...LOGS,
  ...ROW_LOGS,
  ...RADIO,
  ...VIDEO,
  SYSLOG,
  ICECAST,
  SPYSERVER,
  TAUTULLI,
  TURN,
  REPORT,
];

export const isPresence = (observation: Observation): observation is Presence => observation.kind === 'presence';
