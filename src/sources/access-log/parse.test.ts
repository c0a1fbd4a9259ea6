import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { CombinedFormat } from './formats/combined.ts';
import { PLAIN as USUAL } from './formats/read.fixture.ts';
import { BAD, END, GOOD, type Line } from './line.ts';
import { LineScanner } from './parse.ts';
import { textOf } from './text.ts';

interface Read {
  readonly address: string;
  readonly user: string;
  readonly time: string;
  readonly path: string | null;
  readonly query: string | null;
  readonly status: number;
  readonly sent: number;
  readonly agent: string | null;
}

/** What is read of every line; of a bad one, its fault. */
function readAll(text: string | Uint8Array): (Read | string)[] {
  const scanner = new LineScanner(new CombinedFormat());
  scanner.load(typeof text === 'string' ? Buffer.from(text) : text);
  const lines: (Read | string)[] = [];
  for (let verdict = scanner.next(); verdict !== END; verdict = scanner.next()) {
    lines.push(verdict === BAD ? scanner.line.fault : fieldsOf(scanner.line));
  }
  return lines;
}

function fieldsOf(s: Line): Read {
  return {
    address: textOf(s.bytes, s.addressStart, s.addressEnd),
    user: textOf(s.bytes, s.userStart, s.userEnd),
    time: new Date(s.time).toISOString(),
    path: s.isGet ? textOf(s.bytes, s.pathStart, s.pathEnd) : null,
    query: s.isGet ? textOf(s.bytes, s.queryStart, s.queryEnd) : null,
    status: s.status,
    sent: s.sent,
    agent: s.agentStart === -1 ? null : textOf(s.bytes, s.agentStart, s.agentEnd),
  };
}

const PLAIN: Read = { ...USUAL, user: '' };
const TIME = '[21/Nov/2026:01:19:26 +0000]';
const REQUEST = '"GET /hls/cam/720p.m3u8 HTTP/1.1"';

/** Name, line, what differs from the plain one. */
const GOOD_LINES: readonly [string, string, Partial<Read>][] = [
  ['combined', `192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`, {}],
  ['common', `192.0.2.1 - - ${TIME} ${REQUEST} 200 194`, { agent: null }],
  ['fields behind the user agent', `192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" "VLC/3" "198.51.100.1" 0.1`, {}],
  ['a referer', `192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "https://example.org/?a=\\x22b" "VLC/3"`, {}],
  ['a carriage return', `192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" "VLC/3"\r`, {}],
  ['no bytes', `192.0.2.1 - - ${TIME} ${REQUEST} 304 - "-" "VLC/3"`, { status: 304, sent: 0 }],
  ['many bytes', `192.0.2.1 - - ${TIME} ${REQUEST} 200 123456789012 "-" "VLC/3"`, { sent: 123_456_789_012 }],
  ['IPv6', `2001:db8::1 - - ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`, { address: '2001:db8::1' }],
  [
    'IPv6 that carries IPv4',
    `::ffff:192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`,
    { address: '::ffff:192.0.2.1' },
  ],
  [
    'a token',
    `6f1ed002ab5595859014ebf0951522d9 - - ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`,
    { address: '6f1ed002ab5595859014ebf0951522d9' },
  ],
  ['a user', `192.0.2.1 - ann ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`, { user: 'ann' }],
  ['an identity and a user', `192.0.2.1 ident ann ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`, { user: 'ann' }],
  ['an identity and no user', `192.0.2.1 ident - ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`, {}],
  [
    'a user with spaces and brackets',
    `192.0.2.1 - a [b] c ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`,
    { user: 'a [b] c' },
  ],
  [
    'a user who forges a time',
    `192.0.2.1 - a [01/Jan/2000:00:00:00 +0000] ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`,
    { user: 'a [01/Jan/2000:00:00:00 +0000]' },
  ],
  [
    'a query',
    `192.0.2.1 - - ${TIME} "GET /hls/cam/720p.m3u8?a=1&b=2 HTTP/1.1" 200 194 "-" "VLC/3"`,
    { query: 'a=1&b=2' },
  ],
  [
    'an escaped quote in a query',
    `192.0.2.1 - - ${TIME} "GET /a.ts?b=\\"c HTTP/1.1" 200 194 "-" "VLC/3"`,
    { path: '/a.ts', query: 'b="c' },
  ],
  [
    'an escaped quote in a path',
    `192.0.2.1 - - ${TIME} "GET /a\\x22b/c.ts HTTP/1.1" 200 194 "-" "VLC/3"`,
    { path: '/a"b/c.ts' },
  ],
  ['HTTP/1.0', `192.0.2.1 - - ${TIME} "GET /hls/cam/720p.m3u8 HTTP/1.0" 200 194 "-" "VLC/3"`, {}],
  ['HTTP/2.0', `192.0.2.1 - - ${TIME} "GET /hls/cam/720p.m3u8 HTTP/2.0" 200 194 "-" "VLC/3"`, {}],
  ['HTTP/3', `192.0.2.1 - - ${TIME} "GET /hls/cam/720p.m3u8 HTTP/3" 200 194 "-" "VLC/3"`, {}],
  ['HTTP/0.9', `192.0.2.1 - - ${TIME} "GET /hls/cam/720p.m3u8" 200 194 "-" "VLC/3"`, {}],
  [
    'another method',
    `192.0.2.1 - - ${TIME} "HEAD /hls/cam/720p.m3u8 HTTP/1.1" 200 0 "-" "VLC/3"`,
    { path: null, query: null, sent: 0 },
  ],
  [
    'TLS on a plain port',
    `192.0.2.1 - - ${TIME} "\\x16\\x03\\x01\\x22" 400 157 "-" "-"`,
    { path: null, query: null, status: 400, sent: 157, agent: '-' },
  ],
  [
    'no request at all',
    `192.0.2.1 - - ${TIME} "-" 408 - "-" "-"`,
    { path: null, query: null, status: 408, sent: 0, agent: '-' },
  ],
  ['an empty request', `192.0.2.1 - - ${TIME} "" 400 0 "-" "VLC/3"`, { path: null, query: null, status: 400, sent: 0 }],
  ['an empty user agent', `192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" ""`, { agent: '' }],
  [
    'an escaped user agent',
    `192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" "a \\x22q\\x22 \\x5Cx"`,
    { agent: 'a "q" \\x' },
  ],
  [
    'a user agent escaped by Apache',
    `192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" "a \\"q\\" \\\\"`,
    { agent: 'a "q" \\' },
  ],
  ['a line cut short in its user agent', `192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" "VLC/3`, {}],
  ['a time before UTC', `192.0.2.1 - - [20/Nov/2026:20:19:26 -0500] ${REQUEST} 200 194 "-" "VLC/3"`, {}],
  ['a zone of quarter hours', `192.0.2.1 - - [21/Nov/2026:07:04:26 +0545] ${REQUEST} 200 194 "-" "VLC/3"`, {}],
  [
    'a leap second',
    `192.0.2.1 - - [31/Dec/2016:23:59:60 +0000] ${REQUEST} 200 194 "-" "VLC/3"`,
    { time: '2017-01-01T00:00:00.000Z' },
  ],
  [
    'a leap day',
    `192.0.2.1 - - [29/Feb/2024:00:00:00 +0000] ${REQUEST} 200 194 "-" "VLC/3"`,
    { time: '2024-02-29T00:00:00.000Z' },
  ],
  [
    '1970',
    `192.0.2.1 - - [01/Jan/1970:00:00:00 +0000] ${REQUEST} 200 194 "-" "VLC/3"`,
    { time: '1970-01-01T00:00:00.000Z' },
  ],
  [
    '2038',
    `192.0.2.1 - - [19/Jan/2038:03:14:08 +0000] ${REQUEST} 200 194 "-" "VLC/3"`,
    { time: '2038-01-19T03:14:08.000Z' },
  ],
  [
    '9999',
    `192.0.2.1 - - [31/Dec/9999:23:59:59 +0000] ${REQUEST} 200 194 "-" "VLC/3"`,
    { time: '9999-12-31T23:59:59.000Z' },
  ],
];

for (const [name, line, differs] of GOOD_LINES) {
  test(`reads a line with ${name}`, () => {
    assert.deepEqual(readAll(`${line}\n`), [{ ...PLAIN, ...differs }]);
    // The same without a line end, at the end of a file, and among others.
    assert.deepEqual(readAll(line), [{ ...PLAIN, ...differs }]);
    assert.deepEqual(readAll(`x\n${line}\n${line}\ny`), [
      'Address',
      { ...PLAIN, ...differs },
      { ...PLAIN, ...differs },
      'Address',
    ]);
  });
}

/** Line, and what is wrong with it. */
const BAD_LINES: readonly [string, string][] = [
  ['', 'Address'],
  [' - - ', 'Address'],
  ['garbage', 'Address'],
  [`${'x'.repeat(129)} - - ${TIME} ${REQUEST} 200 194 "-" "VLC/3"`, 'Address'],
  ['192.0.2.1 - -', 'Time'],
  [`192.0.2.1 - - ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - [21/Nov/2026:01:19:26] ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - [31/Nov/2026:01:19:26 +0000] ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - [29/Feb/2026:01:19:26 +0000] ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - [21/nov/2026:01:19:26 +0000] ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - [21/Nov/2026:24:19:26 +0000] ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - [21/Nov/2026:01:60:26 +0000] ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - [21/Nov/2026:01:19:61 +0000] ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - [21/Nov/1969:01:19:26 +0000] ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - [21/Nov/2026:01:19:26 +1660] ${REQUEST} 200 194 "-" "VLC/3"`, 'Time'],
  [`192.0.2.1 - - ${TIME} "GET /hls/cam/720p.m3u8 HTTP/1.1`, 'Request'],
  [`192.0.2.1 - - ${TIME} "GET /hls/cam/720p.m3u8 HTTP/1.1\\"`, 'Request'],
  [`192.0.2.1 - - ${TIME} "GE`, 'Request'],
  [`192.0.2.1 - - ${TIME} ${REQUEST}`, 'Numbers'],
  [`192.0.2.1 - - ${TIME} ${REQUEST} 20 194 "-" "VLC/3"`, 'Numbers'],
  [`192.0.2.1 - - ${TIME} ${REQUEST} 2000 194 "-" "VLC/3"`, 'Numbers'],
  [`192.0.2.1 - - ${TIME} ${REQUEST} 200 "-" "VLC/3"`, 'Numbers'],
  [`192.0.2.1 - - ${TIME} ${REQUEST} 200 1234567890123456 "-" "VLC/3"`, 'Numbers'],
  [`192.0.2.1 - - ${TIME} ${REQUEST} 200 194 0.005 "-" "VLC/3"`, 'Agent'],
  [`192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" VLC/3`, 'Agent'],
  [`192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-`, 'Agent'],
  [`192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" "VLC"/3`, 'Agent'],
];

for (const [line, fault] of BAD_LINES) {
  test(`refuses ${JSON.stringify(line.slice(0, 90))}: ${fault}`, () => {
    assert.deepEqual(readAll(`${line}\n`), [fault]);
    // Whatever is wrong with a line, the next one is read.
    const after = GOOD_LINES[0]![1];
    assert.deepEqual(readAll(`${line}\n${after}\n`), [fault, PLAIN]);
  });
}

test('the cached minute is never taken for another', () => {
  const times = fc.array(fc.integer({ min: 0, max: 4_102_444_800 }), { minLength: 1, maxLength: 40 });
  const zones = fc.constantFrom(0, 0, 60, -300, 345, 825);
  fc.assert(
    fc.property(times, fc.array(zones, { minLength: 1 }), fc.boolean(), (seconds, minutes, areNear) => {
      const instants = seconds.map((second, i) => (areNear ? seconds[0]! + (i % 7) * (second % 61) : second) * 1000);
      const lines = instants.map((at, i) => `192.0.2.1 - - [${written(at, minutes[i % minutes.length]!)}] "-" 400 0`);
      assert.deepEqual(
        readAll(lines.join('\n')).map((line) => (typeof line === 'string' ? line : line.time)),
        instants.map((at) => new Date(at).toISOString()),
      );
    }),
  );
});

/** As nginx writes an instant in a zone so many minutes east of Greenwich. */
function written(at: number, zone: number): string {
  const [, day, month, year, time] = new Date(at + zone * 60_000).toUTCString().split(' ');
  const away = Math.abs(zone);
  const offset = `${String(Math.floor(away / 60)).padStart(2, '0')}${String(away % 60).padStart(2, '0')}`;
  return `${day}/${month}/${year}:${time} ${zone < 0 ? '-' : '+'}${offset}`;
}

const RECORDING = readFileSync(new URL('testdata/nginx-1.22.1-hls-combined.log', import.meta.url));

test('reads every line of a recording of nginx 1.22.1', () => {
  const lines = readAll(RECORDING) as Read[];
  assert.equal(lines.length, RECORDING.toString().trimEnd().split('\n').length);
  assert.deepEqual(lines.at(-1), {
    address: '127.0.0.1',
    user: '',
    time: '2026-11-21T01:19:30.000Z',
    path: '/hls/cam1.m3u8',
    query: 'CMCD=bl%3D21300%2Cbr%3D3200%2Csid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22',
    status: 206,
    sent: 100,
    agent: 'hls.js "q" \\x',
  });
  assert.deepEqual(new Set(lines.map(({ status }) => status)), new Set([206]));
});

test('whatever becomes of a real line, reading it neither throws nor runs into the next one', () => {
  const originals = RECORDING.toString('latin1').trimEnd().split('\n');
  const change = fc.record({ at: fc.nat(300), what: fc.constantFrom('drop', 'insert', 'replace', 'cut') });
  const byte = fc
    .oneof(fc.constantFrom(0, 0x0d, 0x20, 0x22, 0x5b, 0x5c, 0x5d, 0xff), fc.nat(255))
    .filter((b) => b !== 10);
  fc.assert(
    fc.property(fc.constantFrom(...originals), fc.array(fc.tuple(change, byte), { maxLength: 6 }), (line, changes) => {
      let bytes = [...Buffer.from(line, 'latin1')];
      for (const [{ at, what }, value] of changes) {
        const place = at % (bytes.length + 1);
        if (what === 'cut') bytes = bytes.slice(0, place);
        else if (what === 'drop') bytes.splice(place, 1);
        else bytes.splice(place, what === 'replace' ? 1 : 0, value);
      }
      const read = readAll(Buffer.from([...bytes, 10, ...Buffer.from(GOOD_LINES[0]![1])]));
      assert.equal(read.length, 2);
      assert.deepEqual(read[1], PLAIN);
    }),
    { numRuns: 3000 },
  );
});

test('a line of a megabyte is not read again and again', () => {
  const megabyte = 'x'.repeat(1_000_000);
  const lines = [
    megabyte,
    `192.0.2.1 - ${' ['.repeat(500_000)}`,
    `192.0.2.1 - - ${TIME} "${megabyte}`,
    `192.0.2.1 - - ${TIME} ${REQUEST} 200 194 "-" "${'\\x22'.repeat(250_000)}"`,
    `192.0.2.1 - ${`${TIME} `.repeat(33_000)}`,
  ];
  for (const line of lines) {
    const startedAt = performance.now();
    assert.equal(readAll(`${line}\n`).length, 1);
    // Whatever is quadratic takes minutes.
    assert.ok(performance.now() - startedAt < 5000, `${line.slice(0, 60)} took ${performance.now() - startedAt} ms`);
  }
});

const ELASTIC = new URL('../../../../shared/cases/logs/elastic_apache_logs.log', import.meta.url);
const isAbsent = existsSync(ELASTIC) ? false : 'shared/cases/logs is not here';

test('ten thousand real lines of Apache: addresses, bytes and statuses are as counted independently', {
  skip: isAbsent,
}, () => {
  const lines = readAll(readFileSync(ELASTIC)) as Read[];
  assert.deepEqual(
    lines.filter((line) => typeof line === 'string'),
    [],
  );
  const statuses: Record<string, number> = {};
  for (const { status } of lines) statuses[status] = (statuses[status] ?? 0) + 1;
  assert.equal(lines.length, 10_000);
  assert.equal(new Set(lines.map(({ address }) => address)).size, 1753);
  assert.equal(
    lines.reduce((sum, { sent }) => sum + sent, 0),
    2_747_282_740,
  );
  assert.deepEqual(statuses, { 200: 9126, 206: 45, 301: 164, 304: 445, 403: 2, 404: 213, 416: 2, 500: 3 });
});

test('a block may stand anywhere in memory', () => {
  const line = Buffer.from(`${GOOD_LINES[0]![1]}\n`);
  for (let before = 0; before < 9; before++) {
    const memory = new Uint8Array(before + line.length);
    memory.set(line, before);
    assert.deepEqual(readAll(memory.subarray(before)), [PLAIN]);
  }
  const scanner = new LineScanner(new CombinedFormat());
  // A quote in the bytes behind the block is none of the line's.
  const cut = GOOD_LINES[0]![1].slice(0, GOOD_LINES[0]![1].indexOf('HTTP/'));
  for (let length = cut.length - 8; length <= cut.length; length++) {
    const memory = Buffer.from(`${cut.slice(0, length)}""""""""""""`);
    scanner.load(memory.subarray(0, length));
    assert.equal(scanner.next(), BAD);
  }
  scanner.load(Buffer.alloc(0));
  assert.equal(scanner.next(), END);
  scanner.load(line);
  assert.equal(scanner.next(), GOOD);
});
