/** For tests of the fast lane: lines of every kind, usual ones and what may stand in a log beside them. */

import fc from 'fast-check';
import { logTime } from '../fixture.ts';
import { T0 } from '../reader.fixture.ts';

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
export const lines = fc.oneof(
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
