import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseLine } from './parse.ts';

/** Line, address, port, and what is read of the client's software. */
const ACCEPTED: readonly [string, string, number, Record<string, string | null>][] = [
  [
    'Accepted client 192.0.2.40:5678 running SDR# 1700.0.0.1 on Windows',
    ...(['192.0.2.40', 5678] as const),
    { id: 'SDR# 1700.0.0.1 on Windows', software: 'SDR#', version: '1700.0.0.1', os: 'Windows' },
  ],
  [
    'Accepted client 192.0.2.40:5678 running SDR# 1.0 on Microsoft Windows NT 6.2.9200.0\r',
    ...(['192.0.2.40', 5678] as const),
    {
      ...{ id: 'SDR# 1.0 on Microsoft Windows NT 6.2.9200.0', software: 'SDR#', version: '1.0' },
      os: 'Microsoft Windows NT 6.2.9200.0',
    },
  ],
  [
    'Accepted client 192.0.2.40:5678 running SDR# a on b on c',
    ...(['192.0.2.40', 5678] as const),
    { id: 'SDR# a on b on c', software: 'SDR#', version: 'a on b', os: 'c' },
  ],
  ...['sdr++', 'SDR++', 'SoapySDR', 'gr-osmosdr', 'SDR# without a system', 'on on on'].map(
    (id): [string, string, number, Record<string, string | null>] => [
      `Accepted client 192.0.2.40:1 running ${id}`,
      ...(['192.0.2.40', 1] as const),
      { id, software: id, version: null, os: null },
    ],
  ),
  [
    'Accepted client 192.0.2.40:65535 running ',
    ...(['192.0.2.40', 65_535] as const),
    { id: null, software: null, version: null, os: null },
  ],
  ...['2001:DB8:0::7:40001', '[2001:db8::7]:40001', '[2001:0db8:0:0:0:0:0:7]:40001'].map(
    (endpoint): [string, string, number, Record<string, string | null>] => [
      `Accepted client ${endpoint} running sdr++`,
      ...(['2001:db8::7', 40_001] as const),
      { id: 'sdr++', software: 'sdr++', version: null, os: null },
    ],
  ),
  [
    'Accepted client ::ffff:192.0.2.40:7 running sdr++',
    ...(['192.0.2.40', 7] as const),
    { id: 'sdr++', software: 'sdr++', version: null, os: null },
  ],
];

for (const [line, address, port, software] of ACCEPTED) {
  test(`reads ${JSON.stringify(line)}`, () => {
    assert.deepEqual(parseLine(line), { kind: 'accepted', client: { address, port }, software });
  });
}

test('reads disconnections', () => {
  const client = { address: '192.0.2.40', port: 5678 };
  for (const line of ['Client disconnected: 192.0.2.40:5678', '  Client disconnected: 192.0.2.40:5678 (timeout)\r']) {
    assert.deepEqual(parseLine(line), { kind: 'disconnected', client });
  }
  const ipv6 = parseLine('Client disconnected: 2001:db8::7:5678');
  assert.deepEqual(ipv6, { kind: 'disconnected', client: { address: '2001:db8::7', port: 5678 } });
});

test('reads the port of the server', () => {
  for (const bind of ['0.0.0.0', '127.0.0.1', '[::]', '::']) {
    assert.deepEqual(parseLine(`Listening for connections on ${bind}:5555`), { kind: 'listening', port: 5555 });
  }
});

test('reads what becomes of the receiver', () => {
  const device = (name: string, isInUse: boolean) => ({ kind: 'device', device: name, isInUse });
  assert.deepEqual(parseLine('Acquired an AirspyHF+ device\r'), device('AirspyHF+', true));
  assert.deepEqual(parseLine('Acquired a RTL-SDR device'), device('RTL-SDR', true));
  assert.deepEqual(parseLine('Releasing the AirspyHF+ device'), device('AirspyHF+', false));
});

const UNKNOWN = [
  'Listening for connections on 0.0.0.0:99999',
  `Acquired an ${'x'.repeat(100)} device`,
  'Accepted client 999.0.2.40:5678 running sdr++',
  'Accepted client 192.0.2.40:65536 running sdr++',
  'Accepted client 192.0.2.40 running sdr++',
  'Accepted client 192.0.2.40:5678',
  'Accepted client',
  'Client disconnected: nobody',
  'Client disconnected:',
  'Listening for connections',
  'Segmentation fault',
  'x'.repeat(10_000_000),
];

for (const line of UNKNOWN) {
  test(`does not know ${JSON.stringify(line.slice(0, 60))}`, () =>
    assert.deepEqual(parseLine(line), { kind: 'unknown' }));
}

test('every line that a spyserver prints is known', () => {
  const text = readFileSync(new URL('testdata/spyserver-2.0.1700.txt', import.meta.url), 'utf8');
  const kinds = text.split('\n').map((line) => parseLine(line).kind);
  assert.equal(kinds.filter((kind) => kind === 'unknown').length, 0);
  assert.equal(kinds.filter((kind) => kind === 'accepted').length, 3);
  assert.equal(kinds.filter((kind) => kind === 'disconnected').length, 2);
});

test('whatever a client calls itself, the line is read and its name is bounded', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.constant('SDR#  on ')), (id) => {
      const line = parseLine(`Accepted client 192.0.2.40:5678 running ${id}`);
      assert.equal(line.kind, 'accepted');
      if (line.kind === 'accepted') assert.ok((line.software.id?.length ?? 0) <= 255);
    }),
  );
});
