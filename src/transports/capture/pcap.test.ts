import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { HeadcountError } from '../../lib/errors.ts';
import { createCaptureReader } from './pcap.ts';
import { readCaptureFile } from './plain-file.ts';

interface Told {
  readonly bytes: string;
  readonly original: number;
  readonly time: number;
  readonly link: number;
}

/** Reads a file in pieces of the given size. */
function readAll(file: Buffer, pieces = file.length || 1) {
  const packets: Told[] = [];
  const reader = createCaptureReader((buffer, start, captured, original, time, link) => {
    packets.push({ bytes: buffer.toString('hex', start, start + captured), original, time, link });
  });
  for (let at = 0; at < file.length; at += pieces) reader.write(file.subarray(at, at + pieces));
  reader.end();
  const { position, isTruncated, isCorrupt } = reader;
  return { packets, position, isTruncated, isCorrupt };
}

const u16 = (isLittle: boolean, ...values: number[]) =>
  Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(2);
      if (isLittle) bytes.writeUInt16LE(value);
      else bytes.writeUInt16BE(value);
      return bytes;
    }),
  );
const u32 = (isLittle: boolean, ...values: number[]) =>
  Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(4);
      if (isLittle) bytes.writeUInt32LE(value);
      else bytes.writeUInt32BE(value);
      return bytes;
    }),
  );
const SECONDS = 1_790_000_000;
const PAYLOADS = [Buffer.from('0102030405', 'hex'), Buffer.alloc(0), Buffer.from('ff', 'hex')];

function pcap(isLittle: boolean, magic: number, fraction: number): Buffer {
  const header = Buffer.concat([u32(isLittle, magic), u16(isLittle, 2, 4), u32(isLittle, 0, 0, 65535, 113)]);
  const records = PAYLOADS.map((payload, i) =>
    Buffer.concat([u32(isLittle, SECONDS + i, fraction, payload.length, payload.length + 100), payload]),
  );
  return Buffer.concat([header, ...records]);
}

function block(isLittle: boolean, type: number, body: Buffer): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
  const length = padded.length + 12;
  return Buffer.concat([u32(isLittle, type, length), padded, u32(isLittle, length)]);
}

const section = (isLittle: boolean) =>
  block(isLittle, 0x0a0d0d0a, Buffer.concat([u32(isLittle, 0x1a2b3c4d), u16(isLittle, 1, 0), Buffer.alloc(8, 0xff)]));

function interfaceBlock(
  isLittle: boolean,
  link: number,
  snapLength: number,
  options: readonly [number, Buffer][] = [],
) {
  const written = options.map(([code, value]) =>
    Buffer.concat([u16(isLittle, code, value.length), value, Buffer.alloc(-value.length & 3)]),
  );
  const end = options.length === 0 ? [] : [u16(isLittle, 0, 0)];
  return block(isLittle, 1, Buffer.concat([u16(isLittle, link, 0), u32(isLittle, snapLength), ...written, ...end]));
}

function enhancedBlock(isLittle: boolean, on: number, ticks: bigint, payload: Buffer, original: number): Buffer {
  const high = Number(ticks >> 32n);
  const low = Number(ticks & 0xffffffffn);
  const padded = Buffer.concat([payload, Buffer.alloc(-payload.length & 3)]);
  return block(isLittle, 6, Buffer.concat([u32(isLittle, on, high, low, payload.length, original), padded]));
}

for (const isLittle of [true, false]) {
  const order = isLittle ? 'little' : 'big';
  for (const [unit, magic, fraction] of [
    ['microseconds', 0xa1b2c3d4, 250_500],
    ['nanoseconds', 0xa1b23c4d, 250_500_000],
  ] as const) {
    test(`pcap, ${order}-endian, ${unit}`, () => {
      const { packets, ...rest } = readAll(pcap(isLittle, magic, fraction));
      assert.deepEqual(
        packets,
        PAYLOADS.map((payload, i) => ({
          bytes: payload.toString('hex'),
          original: payload.length + 100,
          time: (SECONDS + i) * 1000 + 250.5,
          link: 113,
        })),
      );
      assert.deepEqual(rest, { position: 24 + 3 * 16 + 6, isTruncated: false, isCorrupt: false });
    });
  }

  test(`pcapng, ${order}-endian: two interfaces with clocks of their own, a simple packet, other blocks, a new section`, () => {
    const at = BigInt(SECONDS) * 1_000_000n + 250_500n;
    const offset = Buffer.alloc(8);
    if (isLittle) offset.writeBigInt64LE(3600n);
    else offset.writeBigInt64BE(3600n);
    const file = Buffer.concat([
      section(isLittle),
      interfaceBlock(isLittle, 1, 0),
      interfaceBlock(isLittle, 101, 4, [
        [2, Buffer.from('wg0')],
        [9, Buffer.from([9])],
        [14, offset],
      ]),
      interfaceBlock(isLittle, 101, 4, [[9, Buffer.from([0x80 | 10])]]),
      enhancedBlock(isLittle, 0, at, PAYLOADS[0]!, 105),
      block(isLittle, 5, Buffer.alloc(20)),
      enhancedBlock(isLittle, 1, at * 1000n, PAYLOADS[2]!, 1),
      enhancedBlock(isLittle, 2, BigInt(SECONDS) * 1024n + 512n, PAYLOADS[1]!, 0),
      block(isLittle, 3, Buffer.concat([u32(isLittle, 5), PAYLOADS[0]!])),
      section(!isLittle),
      interfaceBlock(!isLittle, 276, 3),
      block(!isLittle, 3, Buffer.concat([u32(!isLittle, 5), PAYLOADS[0]!.subarray(0, 3)])),
    ]);
    for (const pieces of [file.length, 1, 7]) {
      const { packets, ...rest } = readAll(file, pieces);
      assert.deepEqual(packets, [
        { bytes: '0102030405', original: 105, time: SECONDS * 1000 + 250.5, link: 1 },
        { bytes: 'ff', original: 1, time: (SECONDS + 3600) * 1000 + 250.5, link: 101 },
        { bytes: '', original: 0, time: SECONDS * 1000 + 500, link: 101 },
        { bytes: '0102030405', original: 5, time: Number.NaN, link: 1 },
        { bytes: '010203', original: 5, time: Number.NaN, link: 276 },
      ]);
      assert.deepEqual(rest, { position: file.length, isTruncated: false, isCorrupt: false });
    }
  });
}

const LITTLE = pcap(true, 0xa1b2c3d4, 0);

test('in pieces of any size the packets are the same', () => {
  const whole = readAll(LITTLE);
  for (let pieces = 1; pieces < LITTLE.length; pieces++) assert.deepEqual(readAll(LITTLE, pieces), whole, `${pieces}`);
});

test('a file that breaks off ends in its last whole packet', () => {
  for (let length = 24; length < LITTLE.length; length++) {
    const { packets, isTruncated, position } = readAll(LITTLE.subarray(0, length));
    assert.equal(packets.length, length < 45 ? 0 : length < 61 ? 1 : 2, `${length}`);
    assert.equal(isTruncated, ![24, 45, 61].includes(length), `${length}`);
    assert.equal(position, length < 45 ? 24 : length < 61 ? 45 : 61);
  }
});

test('a length that cannot be true ends the reading, and nothing piles up', () => {
  const file = Buffer.concat([LITTLE, u32(true, SECONDS, 0, 0x7fffffff, 0), Buffer.alloc(1000)]);
  const { packets, isCorrupt, isTruncated, position } = readAll(file, 50);
  assert.deepEqual([packets.length, isCorrupt, isTruncated, position], [3, true, false, LITTLE.length]);
});

test('impossible blocks of pcapng end the reading too', () => {
  const begin = Buffer.concat([section(true), interfaceBlock(true, 1, 0)]);
  for (const [what, bytes] of [
    ['length not of four', u32(true, 6, 33, 0, 0)],
    ['length too short', u32(true, 6, 8, 0, 0)],
    ['length too long', u32(true, 6, 0x40000000, 0, 0)],
    ['unknown interface', enhancedBlock(true, 5, 0n, PAYLOADS[0]!, 5)],
    ['more captured than there is', block(true, 6, u32(true, 0, 0, 0, 4096, 4096))],
    ['no byte order', block(true, 0x0a0d0d0a, Buffer.alloc(16))],
    ['too short a packet', block(true, 6, u32(true, 0))],
    ['too short an interface', block(true, 1, u32(true, 0))],
  ] as const) {
    const { isCorrupt, position } = readAll(Buffer.concat([begin, bytes]));
    assert.deepEqual([isCorrupt, position], [true, begin.length], what);
  }
});

test('what is no capture is refused, and so is nothing at all', () => {
  for (const file of [
    Buffer.from('GET / HTTP/1.1\r\n'),
    Buffer.from('1f8b0800', 'hex'),
    Buffer.alloc(0),
    LITTLE.subarray(0, 20),
  ]) {
    assert.throws(
      () => readAll(file),
      (error: unknown) => error instanceof HeadcountError && error.code === 'CAPTURE_UNREADABLE',
    );
  }
});

test('whatever comes after the beginning, it ends and says where', () => {
  const ng = Buffer.concat([section(true), interfaceBlock(true, 1, 0), enhancedBlock(true, 0, 5n, PAYLOADS[0]!, 5)]);
  const property = fc.property(
    fc.constantFrom(LITTLE, ng),
    fc.uint8Array({ maxLength: 200 }),
    fc.nat(60),
    (file, bytes, pieces) => {
      const mutated = Buffer.concat([file, bytes]);
      const { position, packets } = readAll(mutated, pieces + 1);
      assert.ok(position >= file.length && position <= mutated.length);
      assert.ok(packets.length >= (file === LITTLE ? 3 : 1));
    },
  );
  fc.assert(property, { numRuns: 2000 });
});

test('a plain file gives what its bytes give, whole or broken off, however long its blocks are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-pcap-'));
  try {
    const packet = (i: number) => enhancedBlock(true, 0, BigInt(i), Buffer.alloc(i % 1400, i), i % 1400);
    const many = Array.from({ length: 2000 }, (_, i) => packet(i));
    const names = (length: number) => block(true, 4, Buffer.alloc(length, 1));
    const whole = Buffer.concat([
      section(true),
      interfaceBlock(true, 1, 0),
      ...many,
      names(5_000_000),
      ...many,
      names(300),
    ]);
    for (const file of [whole, whole.subarray(0, -7), whole.subarray(0, -400), LITTLE, ng(whole.length)]) {
      const path = join(folder, 'x.pcap');
      writeFileSync(path, file);
      const packets: Told[] = [];
      const reader = createCaptureReader((buffer, start, captured, original, time, link) => {
        packets.push({ bytes: buffer.toString('hex', start, start + captured), original, time, link });
      });
      const bytes = [...readCaptureFile(path, reader)].reduce((sum, count) => sum + count, 0);
      reader.end();
      const { position, isTruncated, isCorrupt } = reader;
      assert.equal(bytes, file.length);
      assert.deepEqual({ packets, position, isTruncated, isCorrupt }, readAll(file));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** A capture whose second block has a length that cannot be. */
function ng(length: number): Buffer {
  return Buffer.concat([section(true), u32(true, 6, length - 1), Buffer.alloc(600_000)]);
}

// Captures that none of us made, counted by somebody else.
const CASES = fileURLToPath(new URL('../../../../shared/cases/pcap/', import.meta.url));
const captures = existsSync(CASES)
  ? readdirSync(CASES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'))
  : [];

test('as many packets as tshark counts, with its times and lengths', {
  skip: captures.length === 0 && `no ${CASES}`,
}, () => {
  for (const name of captures) {
    const path = join(CASES, name);
    const fields = ['-e', 'frame.time_epoch', '-e', 'frame.cap_len', '-e', 'frame.len'];
    const expected = execFileSync('/usr/bin/tshark', ['-r', path, '-n', '-T', 'fields', ...fields], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { packets } = readAll(readFileSync(path), 1000);
    const ours = packets.map(({ time, bytes, original }) => [time, bytes.length / 2, original]);
    const theirs = expected
      .trim()
      .split('\n')
      .map((line) => line.split('\t').map(Number))
      .map(([seconds, captured, length]) => [Math.round(seconds! * 1e6) / 1000, captured, length]);
    assert.deepEqual(
      ours.map(([time, ...rest]) => [Math.round(time! * 1000) / 1000, ...rest]),
      theirs,
      name,
    );
  }
});
