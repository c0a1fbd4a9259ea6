import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { BROKEN, createPacket, FRAGMENT, OK, OTHER, readPacket, TCP, UDP, UNKNOWN_LINK } from './packet.ts';
import { createCaptureReader } from './pcap.ts';

const hex = (...parts: string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');

/** UDP 5000 → 3478 with the payload `hello`. */
const UDP_HELLO = '1388 0d96 000d 0000 68656c6c6f';
/** TCP 5000 → 3478, 24 bytes of header. */
const TCP_HELLO = '1388 0d96 00000001 00000002 6018 ffff 0000 0000 02040578 68656c6c6f';
const V4 = '45000021 00010000 4011 0000 c0000201 c6336402';
const V4_OPTIONS = '46000025 00010000 4011 0000 c0000201 c6336402 94040000';
const V4_TCP = '45000031 00010000 4006 0000 c0000201 c6336402';
const ADDRESSES_6 = '20010db8000000000000000000000001 20010db8000000000000000000000002';
const V6 = `60000000 000d 11 40 ${ADDRESSES_6}`;
const MACS = '020000000001 020000000002';

function read(bytes: Buffer, link: number) {
  // Not at the start of its buffer, and with more behind it, as in a file.
  const packet = createPacket();
  const buffer = Buffer.concat([Buffer.alloc(3, 0x45), bytes, Buffer.alloc(100, 0x45)]);
  const verdict = readPacket(packet, buffer, 3, bytes.length, link);
  const { payload, captured, addressLength, source, destination } = packet;
  return {
    verdict,
    ...packet,
    text: buffer.toString('latin1', payload, payload + captured),
    from: buffer.toString('hex', source, source + addressLength),
    to: buffer.toString('hex', destination, destination + addressLength),
  };
}

function isHello(bytes: Buffer, link: number, version: 4 | 6, what: string, protocol: number = UDP) {
  const packet = read(bytes, link);
  const [from, to] =
    version === 4 ? ['c0000201', 'c6336402'] : ['20010db8000000000000000000000001', '20010db8000000000000000000000002'];
  assert.deepEqual(
    [packet.verdict, packet.protocol, packet.from, packet.to, packet.sourcePort, packet.destinationPort],
    [OK, protocol, from, to, 5000, 3478],
    what,
  );
  assert.deepEqual([packet.text, packet.length, packet.isFragment], ['hello', 5, false], what);
}

test('every link layer leads to the same datagram', () => {
  isHello(hex(MACS, '0800', V4, UDP_HELLO), 1, 4, 'Ethernet');
  isHello(hex(MACS, '0800', V4, UDP_HELLO, '00'.repeat(20)), 1, 4, 'Ethernet, padded');
  isHello(hex(MACS, '86dd', V6, UDP_HELLO), 1, 6, 'Ethernet, IPv6');
  isHello(hex(MACS, '8100 0005 0800', V4, UDP_HELLO), 1, 4, 'a VLAN tag');
  isHello(hex(MACS, '88a8 0005 8100 0006 86dd', V6, UDP_HELLO), 1, 6, 'two VLAN tags');
  isHello(hex('0004 0001 0006 020000000001 0000', '0800', V4, UDP_HELLO), 113, 4, 'Linux cooked');
  isHello(hex('0004 0001 0006 020000000001 0000', '8100 0005 0800', V4, UDP_HELLO), 113, 4, 'Linux cooked, tagged');
  isHello(hex('86dd 0000 00000002 0001 00 06 0200000000010000', V6, UDP_HELLO), 276, 6, 'Linux cooked 2');
  for (const link of [101, 12, 14, 228]) isHello(hex(V4, UDP_HELLO), link, 4, `raw ${link}`);
  for (const link of [101, 229]) isHello(hex(V6, UDP_HELLO), link, 6, `raw ${link}`);
  isHello(hex('02000000', V4, UDP_HELLO), 0, 4, 'BSD loopback');
  isHello(hex('0000001e', V6, UDP_HELLO), 108, 6, 'OpenBSD loopback');
});

test('options, extension headers and offloaded lengths are stepped over', () => {
  isHello(hex(V4_OPTIONS, UDP_HELLO), 101, 4, 'IPv4 options');
  isHello(hex(V4.replace('45000021', '45000000'), UDP_HELLO), 101, 4, 'length left to the network card');
  const extensions = '3c00000000000000 2b00000000000000 3300000000000000 1101 0000 00000000 00000000';
  isHello(hex(`60000000 0031 00 40 ${ADDRESSES_6}`, extensions, UDP_HELLO), 101, 6, 'IPv6 extensions');
  isHello(hex(V4_TCP, TCP_HELLO), 101, 4, 'TCP with options', TCP);
});

test('of fragments the first has ports and says how long the whole is', () => {
  const first = read(hex('45000021 00012000 4011 0000 c0000201 c6336402', '1388 0d96 0400 0000 68656c6c6f'), 101);
  assert.deepEqual([first.verdict, first.isFragment, first.length, first.captured], [OK, true, 0x400 - 8, 5]);
  assert.equal(read(hex('45000021 00010010 4011 0000 c0000201 c6336402', UDP_HELLO), 101).verdict, FRAGMENT);
  const six = (offset: string) => hex(`60000000 0015 2c 40 ${ADDRESSES_6}`, `1100 ${offset} 00000001`, UDP_HELLO);
  assert.deepEqual([read(six('0001'), 101).verdict, read(six('0001'), 101).isFragment], [OK, true]);
  assert.equal(read(six('0009'), 101).verdict, FRAGMENT);
});

test('of what was cut by the snap length, the length on the wire is still known', () => {
  const whole = hex(MACS, '0800', V4, UDP_HELLO);
  const cut = read(whole.subarray(0, whole.length - 3), 1);
  assert.deepEqual([cut.verdict, cut.text, cut.captured, cut.length], [OK, 'he', 2, 5]);
  assert.equal(read(whole.subarray(0, whole.length - 6), 1).verdict, BROKEN, 'within the UDP header');
});

test('what is something else is said to be', () => {
  assert.equal(read(hex(MACS, '0806', '0001080006040001'), 1).verdict, OTHER, 'ARP');
  assert.equal(read(hex(V4.replace('4011', '4001'), UDP_HELLO), 101).verdict, OTHER, 'ICMP');
  assert.equal(read(hex('50000000'), 101).verdict, OTHER, 'a version that is none');
  assert.equal(read(hex(MACS, '81000005'.repeat(6), '0800', V4, UDP_HELLO), 1).verdict, OTHER, 'tags without end');
  assert.equal(read(hex(V4, UDP_HELLO), 147).verdict, UNKNOWN_LINK);
});

test('lengths that cannot be true are', () => {
  for (const [what, bytes] of [
    ['header of 16 bytes', hex(V4.replace('45', '44'), UDP_HELLO)],
    ['packet shorter than its header', hex(V4.replace('45000021', '45000013'), UDP_HELLO)],
    ['UDP shorter than its header', hex(V4, UDP_HELLO.replace('000d', '0007'))],
    ['UDP longer than its packet', hex(V4, UDP_HELLO.replace('000d', '000e'))],
    ['TCP header of 16 bytes', hex(V4_TCP, TCP_HELLO.replace('6018', '4018'))],
    ['TCP header beyond the packet', hex(V4_TCP, TCP_HELLO.replace('6018', 'f018'))],
    ['nothing', hex('')],
  ] as const) {
    assert.equal(read(bytes, 101).verdict, BROKEN, what);
  }
});

test('it never reads beyond what was captured, and never points there', () => {
  const seeds = [hex(MACS, '88a8 0005 8100 0006 86dd', V6, UDP_HELLO), hex(MACS, '0800', V4_OPTIONS, UDP_HELLO)];
  const links = fc.constantFrom(0, 1, 101, 108, 113, 276);
  const mutation = fc.tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
    fc.nat(80),
  );
  fc.assert(
    fc.property(mutation, links, ([seed, changes, cut], link) => {
      const bytes = Buffer.from(seed.subarray(0, cut));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      const results = [0x00, 0xff].map((filler) => {
        const packet = createPacket();
        const buffer = Buffer.concat([bytes, Buffer.alloc(100, filler)]);
        const verdict = readPacket(packet, buffer, 0, bytes.length, link);
        if (verdict !== OK) return { verdict };
        assert.ok(packet.payload + packet.captured <= bytes.length);
        assert.ok(packet.captured >= 0 && packet.captured <= packet.length);
        assert.ok(packet.source + packet.addressLength <= bytes.length);
        assert.ok(packet.destination + packet.addressLength <= bytes.length);
        return { verdict, ...packet };
      });
      assert.deepEqual(results[0], results[1]);
    }),
    { numRuns: 5000 },
  );
});

const CASES = fileURLToPath(new URL('../../../../shared/cases/pcap/', import.meta.url));
const captures = existsSync(CASES)
  ? readdirSync(CASES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'))
  : [];

test('the same datagrams as tshark finds', { skip: captures.length === 0 && `no ${CASES}` }, () => {
  for (const name of captures) {
    const path = join(CASES, name);
    const fields = ['frame.number', 'udp.srcport', 'udp.dstport', 'udp.length'].flatMap((field) => ['-e', field]);
    const args = ['-r', path, '-n', '-o', 'ip.defragment:FALSE', '-Y', 'udp && !icmp', '-T', 'fields', ...fields];
    const text = execFileSync('/usr/bin/tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const theirs = text
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t').map(Number));
    const ours: number[][] = [];
    const packet = createPacket();
    let frame = 0;
    const reader = createCaptureReader((buffer, start, captured, _original, _time, link) => {
      frame++;
      if (readPacket(packet, buffer, start, captured, link) !== OK || packet.protocol !== UDP) return;
      ours.push([frame, packet.sourcePort, packet.destinationPort, packet.length + 8]);
    });
    reader.write(readFileSync(path));
    reader.end();
    assert.deepEqual(ours, theirs, name);
  }
});
