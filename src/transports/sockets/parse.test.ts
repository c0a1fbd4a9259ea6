import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseNetstat, parseProcNetTcp } from './parse.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, remote: string, state: string, inode: number) =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

test('the table of the kernel: who listens and who is connected, and nobody else', () => {
  const text = [
    HEAD,
    row('00000000:15B3', '00000000:0000', '0A', 11),
    row('0A0200C0:15B3', '076433C6:9C41', '01', 12),
    // SYN_RECV, FIN_WAIT, TIME_WAIT, CLOSE_WAIT.
    ...['03', '04', '06', '08'].map((state) => row('0A0200C0:15B3', '096433C6:9C42', state, 0)),
  ].join('');
  const { sockets, unreadable } = parseProcNetTcp(text);
  assert.equal(unreadable, 0);
  assert.deepEqual(sockets, [
    {
      ...{ state: 'listening', inode: 11, program: null },
      local: { address: '0.0.0.0', port: 5555 },
      remote: { address: '0.0.0.0', port: 0 },
    },
    {
      ...{ state: 'established', inode: 12, program: null },
      local: { address: '192.0.2.10', port: 5555 },
      remote: { address: '198.51.100.7', port: 40_001 },
    },
  ]);
});

test('IPv6, and IPv4 within it', () => {
  const text = [
    row('00000000000000000000000000000000:13B0', '00000000000000000000000000000000:0000', '0A', 21),
    row('B80D0120000000000000000001000000:13B0', 'B80D0120000000000000000007000000:9C41', '01', 22),
    row('0000000000000000FFFF00000A0200C0:13B0', '0000000000000000FFFF0000076433C6:9C42', '01', 23),
  ].join('');
  const { sockets } = parseProcNetTcp(HEAD + text);
  assert.deepEqual(
    sockets.map(({ local, remote }) => [local.address, local.port, remote.address]),
    [
      ['::', 5040, '::'],
      ['2001:db8::1', 5040, '2001:db8::7'],
      ['192.0.2.10', 5040, '198.51.100.7'],
    ],
  );
});

test('netstat -tnlp and -tn: the same, with programs where they are told', () => {
  const text = readFileSync(new URL('testdata/netstat-net-tools-2.10.txt', import.meta.url), 'utf8');
  const { sockets, unreadable } = parseNetstat(text);
  assert.equal(unreadable, 0);
  assert.deepEqual(
    sockets.map(({ state, local, remote, program }) => [state, `${local.address} ${local.port}`, remote.port, program]),
    [
      ['listening', '0.0.0.0 5020', 0, 'spyserver'],
      ['listening', '127.0.0.1 631', 0, null],
      ['listening', ':: 5040', 0, 'spyserver_hf'],
      ['established', '192.0.2.10 5020', 40_001, null],
      ['established', '2001:db8::1 5040', 40_002, null],
      ['established', '192.0.2.10 5020', 40_005, null],
    ],
  );
});

test('lines that are none of such a table are counted', () => {
  for (const parse of [parseProcNetTcp, parseNetstat]) {
    const { sockets, unreadable } = parse('tcp x\nnonsense\n  0: 1 2 3\ntcp 0 0 1.2.3.4:99999 1.2.3.4:1 LISTEN\n\n');
    assert.equal(sockets.length, 0);
    assert.equal(unreadable, 4);
  }
});

test('whatever the text is, it is read', () => {
  const near = fc.stringMatching(/^( ?[0-9A-F:.tcp]{0,40}){0,12}$/);
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), (text) => {
      for (const parse of [parseProcNetTcp, parseNetstat])
        for (const { local } of parse(text).sockets) assert.ok(local.port >= 0 && local.port <= 65_535);
    }),
  );
});
