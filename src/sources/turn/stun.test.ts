import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as write from '../../../lab/turn-packets.ts';
import { createPacket, OK, readPacket, UDP } from '../../transports/capture/packet.ts';
import { createCaptureReader } from '../../transports/capture/pcap.ts';
import {
  createStunMessage,
  findAttribute,
  forEachXorAddress,
  INDICATION,
  LIFETIME,
  MALFORMED,
  NOT_STUN,
  nameOf,
  REALM,
  REQUEST,
  read32,
  readErrorCode,
  readStun,
  readText,
  readXorAddress,
  STUN,
  SUCCESS,
  USERNAME,
  XOR_PEER_ADDRESS,
  XOR_RELAYED_ADDRESS,
} from './stun.ts';

const SOFTWARE = 0x8022;
const XOR_MAPPED_ADDRESS = 0x0020;

/** Reads bytes that stand in the middle of a larger buffer, as packets do. */
function read(bytes: Uint8Array, captured = bytes.length) {
  const message = createStunMessage();
  const buffer = Buffer.concat([Buffer.alloc(7, 0x21), bytes.subarray(0, captured), Buffer.alloc(64, 0x21)]);
  const verdict = readStun(message, buffer, 7, captured, bytes.length);
  return { verdict, message };
}

const vector = (name: string) => readFileSync(new URL(`testdata/rfc5769/${name}.bin`, import.meta.url));
const mappedIn = (name: string) => {
  const { verdict, message } = read(vector(name));
  assert.equal(verdict, STUN);
  assert.deepEqual([message.method, message.kind], [1, SUCCESS]);
  assert.equal(readText(message, SOFTWARE), 'test vector');
  return readXorAddress(message, findAttribute(message, XOR_MAPPED_ADDRESS));
};

test('RFC 5769 §2.1: a request', () => {
  const { verdict, message } = read(vector('vec0_0001_108'));
  assert.equal(verdict, STUN);
  assert.deepEqual([message.method, message.kind, message.count], [1, REQUEST, 6]);
  const { transaction, buffer } = message;
  assert.equal(buffer.toString('hex', transaction, transaction + 12), 'b7e7a701bc34d686fa87dfae');
  assert.equal(readText(message, SOFTWARE), 'STUN test client');
  assert.equal(readText(message, USERNAME), 'evtj:h6vY');
});

test('RFC 5769 §2.2, §2.3: XOR addresses of IPv4 and IPv6', () => {
  assert.deepEqual(mappedIn('vec2_0101_80'), { address: '192.0.2.1', port: 32853 });
  assert.deepEqual(mappedIn('vec3_0101_92'), { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 });
});

test('RFC 5769 §2.4: names and realms are UTF-8', () => {
  const { message } = read(vector('vec1_0001_116'));
  assert.equal(readText(message, USERNAME), 'マトリックス');
  assert.equal(readText(message, REALM), 'example.org');
});

test('methods and classes have the words of turn-monitor', () => {
  for (const [type, name] of [
    [0x0001, 'bind request'],
    [0x0101, 'bind response'],
    [0x0111, 'bind errorResponse'],
    [0x0113, 'allocate errorResponse'],
    [0x0104, 'refresh response'],
    [0x0016, 'send indication'],
    [0x0017, 'data indication'],
    [0x0008, 'createPermission request'],
    [0x0109, 'channelBind response'],
    [0x001c, 'connectionAttempt indication'],
    [0x3eef, 'other request'],
    [0x3fff, 'other errorResponse'],
  ] as const) {
    const bytes = Buffer.from('000000002112a442000000000000000000000000', 'hex');
    bytes.writeUInt16BE(type);
    const { message } = read(bytes);
    assert.equal(nameOf(message.method, message.kind), name, type.toString(16));
  }
});

test('what TURN says is read', () => {
  const at = { address: '203.0.113.7', port: 49152 };
  const six = { address: '2001:db8::7', port: 65535 };
  const bytes = write.stun('allocate', 'success', 9, write.lifetime(777), write.relayed(at, 9), write.relayed(six, 9));
  const { message } = read(bytes);
  assert.equal(read32(message, LIFETIME), 777);
  const relayed: unknown[] = [];
  forEachXorAddress(message, XOR_RELAYED_ADDRESS, (endpoint) => relayed.push(endpoint));
  assert.deepEqual(relayed, [at, six]);
  assert.equal(readErrorCode(read(write.stun('refresh', 'error', 1, write.errorCode(437))).message), 437);
});

test('what is missing, or has another length than it must have, is nothing', () => {
  const { message } = read(write.stun('refresh', 'success', 1, [0x000d, Buffer.alloc(3)], [0x0012, Buffer.alloc(8)]));
  assert.equal(read32(message, LIFETIME), null);
  assert.equal(read32(message, XOR_PEER_ADDRESS), null);
  assert.equal(readErrorCode(message), null);
  assert.equal(readText(message, USERNAME), null);
  assert.equal(readXorAddress(message, findAttribute(message, XOR_PEER_ADDRESS)), null, 'family 0');
  assert.equal(findAttribute(message, 0x7777), -1);
});

test('texts that are none are malformed, and no harm', () => {
  const name = (bytes: Buffer) =>
    readText(read(write.stun('allocate', 'request', 1, [USERNAME, bytes])).message, USERNAME);
  assert.equal(name(Buffer.from([0x61, 0xff])), MALFORMED);
  assert.equal(name(Buffer.from([0xc3])), MALFORMED);
  assert.equal(name(Buffer.alloc(764, 0x61)), MALFORMED);
  assert.equal(name(Buffer.from('alice\0\0\0')), 'alice');
  assert.equal(name(Buffer.from('josé')), 'josé');
});

test('other protocols on the same port are not STUN', () => {
  for (const hex of [
    '474554202f20485454502f312e310d0a0d0a0000',
    '16fefd000000000000000000a100000000000000',
    '80012112a4422112a44200000000000000000000',
    '00010000',
    '',
  ]) {
    assert.equal(read(Buffer.from(hex, 'hex')).verdict, NOT_STUN, hex);
  }
});

test('lengths that cannot be true are malformed', () => {
  const header = (length: string) => `0001${length}2112a442000102030405060708090a0b`;
  for (const hex of [
    header('0004'),
    `${header('0003')}000000`,
    `${header('0008')}0006000500000000`,
    `${header('0008')}0006ffff00000000`,
  ]) {
    assert.equal(read(Buffer.from(hex, 'hex')).verdict, MALFORMED, hex);
  }
  assert.equal(read(Buffer.from(`${header('0000')}ffffffff`, 'hex')).verdict, STUN, 'bytes behind a message');
});

test('a message that was cut by the snap length is read as far as it goes', () => {
  const bytes = write.stun(
    'send',
    'indication',
    1,
    write.peer({ address: '192.0.2.1', port: 5 }, 1),
    write.payload(1000),
  );
  const { verdict, message } = read(bytes, 100);
  assert.deepEqual([verdict, message.method, message.kind], [STUN, 6, INDICATION]);
  const value = findAttribute(message, 0x0013);
  assert.equal(message.lengths[value], 1000);
  assert.equal(read(bytes, 21).verdict, STUN);
  assert.equal(read(bytes, 19).verdict, NOT_STUN);
  const name = write.stun('allocate', 'request', 1, write.username('somebody'));
  assert.equal(readText(read(name, name.length - 2).message, USERNAME), MALFORMED);
});

test('more attributes than can be listed do no harm', () => {
  const many = Array.from({ length: 200 }, () => write.lifetime(5));
  const { verdict, message } = read(write.stun('refresh', 'success', 1, ...many));
  assert.deepEqual([verdict, message.count], [STUN, 64]);
});

/** Everything that can be asked of a message. */
function askEverything(bytes: Uint8Array, captured?: number): number {
  const { verdict, message } = read(bytes, captured);
  if (verdict !== STUN) return verdict;
  assert.ok(message.count <= 64);
  nameOf(message.method, message.kind);
  readErrorCode(message);
  for (let i = 0; i < message.count; i++) {
    const type = message.types[i]!;
    read32(message, type);
    readText(message, type);
    const endpoint = readXorAddress(message, i);
    if (endpoint !== null) assert.ok(endpoint.port >= 0 && endpoint.port <= 65_535);
    forEachXorAddress(message, type, () => {});
  }
  return verdict;
}

test('whatever the bytes are, reading ends, stays within them and does not throw', () => {
  const at = { address: '203.0.113.7', port: 49152 };
  const seeds = [
    ...['vec0_0001_108', 'vec1_0001_116', 'vec2_0101_80', 'vec3_0101_92'].map(vector),
    write.stun('allocate', 'success', 9, write.lifetime(777), write.relayed(at, 9)),
    write.stun('channelBind', 'request', 9, write.channelNumber(0x4000), write.peer(at, 9), write.username('a')),
    write.stun('refresh', 'error', 9, write.errorCode(437)),
  ];
  const changes = fc.array(fc.tuple(fc.nat(119), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...seeds), changes, fc.nat(120), fc.nat(120), (seed, mutations, length, cut) => {
      const bytes = Buffer.from(seed.subarray(0, Math.max(length, 20)));
      for (const [i, value] of mutations) if (i < bytes.length) bytes[i] = value;
      // What stands behind the captured bytes must not matter.
      const captured = Math.min(cut, bytes.length);
      const verdicts = [0x00, 0xff].map((filler) => {
        const message = createStunMessage();
        const buffer = Buffer.concat([bytes.subarray(0, captured), Buffer.alloc(2000, filler)]);
        const verdict = readStun(message, buffer, 0, captured, bytes.length);
        const texts = Array.from(message.types.subarray(0, message.count), (type) => readText(message, type));
        return verdict === STUN ? [message.count, read32(message, LIFETIME), readErrorCode(message), texts] : [verdict];
      });
      assert.deepEqual(verdicts[0], verdicts[1]);
      askEverything(bytes, captured);
    }),
    { numRuns: 5000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void askEverything(bytes)));
});

// Corpora that none of us made.
const CASES = fileURLToPath(new URL('../../../../shared/cases/', import.meta.url));
const isThere = { skip: existsSync(CASES) ? false : `no ${CASES}` };

test('the fuzz corpora of pion, gortc and coturn', isThere, () => {
  const files = readdirSync(join(CASES, 'stun'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(CASES, 'stun', name))
    .filter((path) => statSync(path).isFile());
  assert.ok(files.length > 60);
  let messages = 0;
  for (const path of files) if (askEverything(readFileSync(path)) === STUN) messages++;
  assert.ok(messages >= 20, `${messages} of ${files.length} are STUN`);
});

test('what Chrome sent to a real server, line by line', isThere, () => {
  const text = readFileSync(join(CASES, 'stun/gortc-turn/testdata/01_chromeallocreq.hex'), 'utf8');
  const names = text
    .trim()
    .split('\n')
    .map((line) => read(Buffer.from(line.trim(), 'hex')))
    .map(({ verdict, message }) => {
      assert.equal(verdict, STUN);
      return nameOf(message.method, message.kind);
    });
  assert.deepEqual(names, ['allocate request', 'allocate errorResponse', 'allocate request', 'allocate response']);
});

test('captures: as many messages as others count', isThere, () => {
  const counts: Record<string, Record<string, number>> = {};
  for (const name of ['arkime/stun-ice-testcall', 'arkime/stun', 'mercury/stun', 'mercury/stun_classic']) {
    counts[name] = {};
    const packet = createPacket();
    const message = createStunMessage();
    const reader = createCaptureReader((buffer, start, captured, _original, _time, link) => {
      if (readPacket(packet, buffer, start, captured, link) !== OK || packet.protocol !== UDP) return;
      const verdict = readStun(message, buffer, packet.payload, packet.captured, packet.length);
      if (verdict === NOT_STUN) return;
      const key =
        [null, null, 'malformed', 'classic', 'microsoft'][verdict] ??
        ['request', 'indication', 'success', 'error'][message.kind]!;
      counts[name]![key] = (counts[name]![key] ?? 0) + 1;
    });
    reader.write(readFileSync(join(CASES, 'pcap', `${name}.pcap`)));
    reader.end();
  }
  assert.deepEqual(counts, {
    'arkime/stun-ice-testcall': { request: 53, success: 48, error: 7 },
    // Microsoft's dialect, without padding.
    'arkime/stun': { classic: 3, microsoft: 1 },
    'mercury/stun': { request: 2, success: 2 },
    'mercury/stun_classic': { classic: 2 },
  });
});
