/** Whether lines take the fast lane or not makes no difference, whatever is written in them and however they are cut into blocks. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { ScopedCounters } from '../../../telemetry/counters.ts';
import { logTime } from '../fixture.ts';
import { PLAIN } from '../paths.ts';
import { type Given, readerOf, T0 } from '../reader.fixture.ts';
import type { LogReader } from '../reader.ts';
import { QuickLines } from './quick-lines.ts';
import { MARKED, QUERIES, RECORD, RECORD_BYTES } from './scan.ts';

const addresses = fc.oneof(
  fc.nat(9).map((i) => `192.0.2.${i}`),
  fc.nat(9).map((i) => `2001:db8:1234:5678:9abc:def0:1234:${i}`),
  fc.constantFrom('::ffff:192.0.2.7', '-', 'h'.repeat(127), 'h'.repeat(128), 'h'.repeat(129), '', 'tv.example.org:443'),
);
const agents = fc.oneof(
  fc.nat(5).map((i) => `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${i}.0`),
  fc.constantFrom('-', '', 'VLC', 'a\\"b', 'tab\\x09', 'ümlaut', 'x'.repeat(4095), 'x'.repeat(4096), 'x'.repeat(4097)),
  fc.nat(40).map((length) => 'a'.repeat(length)),
);
const paths = fc.oneof(
  fc.tuple(fc.nat(3), fc.nat(99)).map(([stream, n]) => `/hls/stream${stream}/720p/${n}.ts`),
  fc.tuple(fc.nat(3), fc.nat(3)).map(([stream, n]) => `/hls/stream${stream}/${n}.m3u8`),
  fc.constantFrom(
    '/rock_720p/7.m4s',
    '/rock_720p.m3u8',
    '/live.mp3',
    '/.ts',
    '/a/.ts',
    '/a/b c.ts',
    '/a/',
    '/',
    '*',
    '/a/ü.ts',
  ),
  fc.constantFrom(
    '/tv1.m3u8',
    '/tv12.ts',
    '/tv1/3.ts',
    '/a\\"b/1.ts',
    '/a%20b/1.ts',
    '/x/y.ts?CMCD=sid%3D%22a%22',
    '/x/y.ts?',
  ),
  fc.constantFrom(
    '/x/y.ts?token=abc',
    '/x/1.m3u8?sid=1&CMCD=br%3D5',
    '/x/y.ts?a=CMC',
    `/${'p'.repeat(2047)}`,
    `/${'p'.repeat(2048)}`,
  ),
);
const times = fc.oneof(
  fc.nat(200).map((seconds) => logTime(T0 + seconds * 1000)),
  fc.constantFrom(
    '21/Nov/2026:02:00:05 +0100',
    '21/Nov/2026:01:00:60 +0000',
    '21/Nov/2026:01:00:61 +0000',
    '31/Feb/2026:01:00:00 +0000',
    '',
  ),
);
const usual = fc
  .record({
    address: addresses,
    time: times,
    method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'get'),
    path: paths,
    protocol: fc.constantFrom(' HTTP/1.1', ' HTTP/1.1', ' HTTP/1.1', ' HTTP/2.0', ' HTTP/3', ' HTTP/1.10', ''),
    status: fc.constantFrom('200', '200', '200', '206', '304', '404', '999', '20', '2000', '-'),
    sent: fc.constantFrom('0', '342', '120000', '999999999', '1000000000', '2147483648', '1234567890123456', '-', ''),
    referer: fc.constantFrom('-', '-', 'https://tv.example.org/watch', '', 'a\\"b'),
    agent: agents,
    end: fc.constantFrom('', '', '', '', '', '', ' "-"', ' 12', ' ', '\r', '"'),
  })
  .map(
    ({ address, time, method, path, protocol, status, sent, referer, agent, end }) =>
      `${address} - - [${time}] "${method} ${path}${protocol}" ${status} ${sent} "${referer}" "${agent}"${end}`,
  );
const lines = fc.oneof(
  { weight: 20, arbitrary: usual },
  { weight: 1, arbitrary: fc.tuple(usual, fc.nat(120)).map(([line, at]) => line.slice(0, at)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(usual, fc.nat(120), fc.nat(255))
      .map(([line, at, byte]) => `${line.slice(0, at)}${String.fromCharCode(byte)}${line.slice(at + 1)}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '#Fields: x',
      '192.0.2.9 - bob [21/Nov/2026:01:00:01 +0000] "GET /a/1.ts HTTP/1.1" 200 5 "-" "VLC"',
      '{"remote_addr":"192.0.2.9"}',
    ),
  },
);

/** Everything that comes of the lines, cut into blocks of so many. */
function outcome(
  reader: LogReader,
  counters: ScopedCounters,
  blocks: readonly (readonly string[])[],
  endsOpen: boolean,
) {
  const observations = blocks.flatMap((block, i) => {
    const isOpen = endsOpen && i === blocks.length - 1;
    reader.take(Buffer.from(`${block.join('\n')}${isOpen ? '' : '\n'}`), T0 + 150_000);
    return i % 2 === 0 ? [] : [...reader.cut().observations];
  });
  return {
    observations: [...observations, ...reader.cut().observations],
    tally: reader.tally(),
    counters: counters.read(),
    mark: reader.mark,
  };
}

function inBoth(given: Given, blocks: readonly (readonly string[])[], endsOpen: boolean) {
  return [0, Number.POSITIVE_INFINITY].map((quickFrom) => {
    const counters = new ScopedCounters();
    const reader = readerOf({ ...given, counters, quickFrom });
    if (quickFrom === 0) assert.ok(reader.room !== undefined, 'there is a fast lane');
    return outcome(reader, counters, blocks, endsOpen);
  });
}

for (const options of [{}, { format: 'combined' }, { playbackId: 'sid' }, { cmcd: false }]) {
  test(`the fast lane makes no difference: ${JSON.stringify(options)}`, () => {
    const blocks = fc.array(fc.array(lines, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(blocks, fc.boolean(), (given, endsOpen) => {
        const [quick, plain] = inBoth({ options }, given, endsOpen);
        assert.deepEqual(quick, plain);
      }),
      { numRuns: 150 },
    );
  });
}

test('more strings than it keeps are forgotten, and met again', () => {
  const line = (i: number) =>
    `2001:db8::${i.toString(16)} - - [${logTime(T0)}] "GET /a/${i % 3}/1.ts HTTP/1.1" 200 5 "-" "VLC"`;
  const block = Array.from({ length: 45_000 }, (_, i) => i);
  const blocks = [0, 45_000, 90_000, 0].map((first) => block.map((i) => line(first + i)));
  const [quick, plain] = inBoth({}, blocks, false);
  assert.deepEqual(quick, plain);
});

test('usual lines are read, all others only marked', () => {
  const quick = new QuickLines(1, QUERIES.cmcd, PLAIN);
  const usualLine = `192.0.2.1 - - [${logTime(T0)}] "GET /a/1.ts?t=1 HTTP/1.1" 206 99 "-" "VLC"`;
  const text = [
    usualLine,
    usualLine.replace('t=1', 'CMCD=1'),
    usualLine.replace('GET', 'PUT'),
    usualLine.replace('192.0.2.1', '192.0.2.2'),
  ];
  assert.ok(quick.load(Buffer.from(text.map((each) => `${each}\n`).join(''))));
  const found: number[][] = [];
  while (quick.next()) {
    for (let at = 0; at < quick.count; at++) {
      const record = quick.records.subarray((at * RECORD_BYTES) / 4, ((at + 1) * RECORD_BYTES) / 4);
      found.push([record[RECORD.client]!, record[RECORD.path]!, record[RECORD.status]!, record[RECORD.sent]!]);
    }
  }
  assert.deepEqual(
    [found[0], found[3]],
    [
      [0, 0, 206, 99],
      [1, 0, 206, 99],
    ],
  );
  assert.deepEqual([found[1]![0], found[2]![0]], [MARKED, MARKED]);
});
