/**
 * Reads capture files as they come, in pieces of any size: classic pcap (draft-ietf-opsawg-pcap-05; both byte orders,
 * microseconds and nanoseconds) and pcapng (draft-ietf-opsawg-pcapng-02: section headers, interface descriptions,
 * enhanced and simple packet blocks; other blocks are skipped).
 *
 * Hot path: packets are told in place, as a buffer and an offset, without an allocation each; they are valid only until
 * the callback returns. What a packet contains is left to packet.ts.
 *
 * A file that breaks off ends in its last whole packet. Where a length cannot be true there is no way to find the next
 * packet: the rest is not read, and `isCorrupt` says so.
 */

import { HeadcountError } from '../../lib/errors.ts';

/**
 * One packet: `captured` bytes at `start` of `buffer`, of `original` bytes on the wire, on a link of type `link`
 * (tcpdump.org/linktypes.html). `time` is in milliseconds since the epoch with a fraction, NaN if the format has none.
 */
export type OnPacket = (
  buffer: Buffer,
  start: number,
  captured: number,
  original: number,
  time: number,
  link: number,
) => void;

export interface CaptureReader {
  /** Throws `CAPTURE_UNREADABLE` if the very beginning is no capture. */
  write(chunk: Buffer): void;
  /**
   * The same for whoever keeps the rest: bytes from `position` on. Answers how many have been read; with the others, and
   * more, it is to be called again. Not to be mixed with `write`.
   */
  read(bytes: Buffer): number;
  /** No more will come. Throws `CAPTURE_UNREADABLE` if there was too little to be a capture. */
  end(): void;
  /** Bytes of the file up to the end of the last whole record; while a packet is told, up to the start of its record. */
  readonly position: number;
  /** Did the file break off within a record? Known after `end`. */
  readonly isTruncated: boolean;
  /** A length in it could not be true: everything after `position` was left unread. */
  readonly isCorrupt: boolean;
}

/** No link sends more at once; libpcap itself refuses more than 256 KiB of most. */
const MAX_PACKET = 1024 * 1024;
/** A pcapng block is a packet and its options, or a list of names. */
const MAX_BLOCK = 16 * 1024 * 1024;
/** No record is longer: with so many bytes, `read` always gets on. */
export const LONGEST_RECORD = MAX_BLOCK;

interface State {
  readonly onPacket: OnPacket;
  /** What the beginning has shown it to be. */
  format: Format | null;
  isCorrupt: boolean;
}

/**
 * Reads one record at `at`: answers its length; 0 if more is needed to tell, or a negative number if it cannot be.
 * A whole record of a packet has then been told.
 */
type Format = (state: State, buffer: Buffer, at: number) => number;

const NEEDS_MORE = 0;
const CORRUPT = -1;

export function createCaptureReader(onPacket: OnPacket): CaptureReader {
  const state: State = { onPacket, format: null, isCorrupt: false };
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  let isTruncated = false;
  let left = 0;
  const read = (buffer: Buffer): number => {
    if (state.isCorrupt) return buffer.length;
    let at = 0;
    if (state.format === null) at = begin(state, buffer);
    position += at;
    while (state.format !== null) {
      const length = state.format(state, buffer, at);
      if (length === CORRUPT) state.isCorrupt = true;
      if (length <= 0) break;
      at += length;
      position += length;
    }
    left = state.isCorrupt ? 0 : buffer.length - at;
    return buffer.length - left;
  };
  return {
    read,
    write: (chunk) => {
      const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      // A copy, so that a small rest does not keep a large chunk.
      rest = Buffer.from(buffer.subarray(read(buffer)));
    },
    end: () => {
      if (state.format === null) throw unreadable();
      isTruncated = left > 0;
    },
    get position() {
      return position;
    },
    get isTruncated() {
      return isTruncated;
    },
    get isCorrupt() {
      return state.isCorrupt;
    },
  };
}

function unreadable(): HeadcountError {
  return new HeadcountError('CAPTURE_UNREADABLE', 'This is no capture: neither pcap nor pcapng. Is it compressed?');
}

const PCAP_HEADER = 24;
const PCAP_RECORD = 16;
const PCAPNG_MAGIC = 0x0a0d0d0a;

/** Recognises the format; answers how many bytes of the beginning that took, 0 if more are needed. */
function begin(state: State, buffer: Buffer): number {
  if (buffer.length < 4) return 0;
  const magic = buffer.readUInt32BE(0);
  if (magic === PCAPNG_MAGIC) {
    state.format = pcapng();
    return 0;
  }
  const kind = PCAP_MAGICS.get(magic);
  if (kind === undefined) throw unreadable();
  if (buffer.length < PCAP_HEADER) return 0;
  // The upper bits say how long frame check sequences are.
  const link = read32(buffer, 20, kind.isLittle) & 0x03ffffff;
  state.format = pcap(kind.isLittle, kind.ticksPerMs, link);
  return PCAP_HEADER;
}

const PCAP_MAGICS = new Map([
  [0xa1b2c3d4, { isLittle: false, ticksPerMs: 1e3 }],
  [0xd4c3b2a1, { isLittle: true, ticksPerMs: 1e3 }],
  [0xa1b23c4d, { isLittle: false, ticksPerMs: 1e6 }],
  [0x4d3cb2a1, { isLittle: true, ticksPerMs: 1e6 }],
]);

function pcap(isLittle: boolean, ticksPerMs: number, link: number): Format {
  return (state, buffer, at) => {
    if (buffer.length - at < PCAP_RECORD) return NEEDS_MORE;
    const captured = read32(buffer, at + 8, isLittle);
    if (captured > MAX_PACKET) return CORRUPT;
    if (buffer.length - at - PCAP_RECORD < captured) return NEEDS_MORE;
    const time = read32(buffer, at, isLittle) * 1000 + read32(buffer, at + 4, isLittle) / ticksPerMs;
    const original = read32(buffer, at + 12, isLittle);
    state.onPacket(buffer, at + PCAP_RECORD, captured, original, time, link);
    return PCAP_RECORD + captured;
  };
}

interface Interface {
  readonly link: number;
  readonly snapLength: number;
  readonly ticksPerMs: number;
  readonly offsetMs: number;
}

const SECTION_HEADER = PCAPNG_MAGIC;
const INTERFACE = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const MAX_INTERFACES = 1024;

function pcapng(): Format {
  let isLittle = false;
  let interfaces: Interface[] = [];
  return (state, buffer, at) => {
    const available = buffer.length - at;
    if (available < 12) return NEEDS_MORE;
    const isSection = buffer.readUInt32BE(at) === SECTION_HEADER;
    if (isSection) {
      const order = byteOrderOf(buffer.readUInt32BE(at + 8));
      if (order === null) return CORRUPT;
      isLittle = order;
    }
    const type = read32(buffer, at, isLittle);
    const length = read32(buffer, at + 4, isLittle);
    if (length < 12 || length % 4 !== 0 || length > MAX_BLOCK) return CORRUPT;
    if (available < length) return NEEDS_MORE;
    const end = at + length - 4;
    if (isSection) interfaces = [];
    else if (type === INTERFACE) {
      const described = interfaceOf(buffer, at + 8, end, isLittle);
      if (described === null || interfaces.length === MAX_INTERFACES) return CORRUPT;
      interfaces.push(described);
    } else if (type === ENHANCED_PACKET) {
      return enhanced(state, buffer, at + 8, end, isLittle, interfaces) ? length : CORRUPT;
    } else if (type === SIMPLE_PACKET) {
      return simple(state, buffer, at + 8, end, isLittle, interfaces[0]) ? length : CORRUPT;
    }
    return length;
  };
}

/** The byte-order magic, read as big-endian: is the section little-endian? */
function byteOrderOf(magic: number): boolean | null {
  if (magic === 0x1a2b3c4d) return false;
  return magic === 0x4d3c2b1a ? true : null;
}

const OPTION_END = 0;
const OPTION_RESOLUTION = 9;
const OPTION_OFFSET = 14;

function interfaceOf(buffer: Buffer, start: number, end: number, isLittle: boolean): Interface | null {
  if (end - start < 8) return null;
  let ticksPerMs = 1e3;
  let offsetMs = 0;
  for (let at = start + 8; end - at >= 4; ) {
    const code = read16(buffer, at, isLittle);
    const length = read16(buffer, at + 2, isLittle);
    const value = at + 4;
    if (code === OPTION_END || length > end - value) break;
    if (code === OPTION_RESOLUTION && length === 1) ticksPerMs = resolutionOf(buffer[value]!);
    if (code === OPTION_OFFSET && length === 8) {
      offsetMs = 1000 * Number(isLittle ? buffer.readBigInt64LE(value) : buffer.readBigInt64BE(value));
    }
    at = value + length + (-length & 3);
  }
  return {
    link: read16(buffer, start, isLittle),
    snapLength: read32(buffer, start + 4, isLittle),
    ticksPerMs,
    offsetMs,
  };
}

/** `if_tsresol`: a negative power of ten, or of two if the highest bit is set. */
function resolutionOf(code: number): number {
  const exponent = code & 0x7f;
  return ((code & 0x80) === 0 ? 10 ** exponent : 2 ** exponent) / 1000;
}

function enhanced(
  state: State,
  buffer: Buffer,
  start: number,
  end: number,
  isLittle: boolean,
  interfaces: readonly Interface[],
): boolean {
  if (end - start < 20) return false;
  const on = interfaces[read32(buffer, start, isLittle)];
  const captured = read32(buffer, start + 12, isLittle);
  if (on === undefined || captured > end - start - 20 || captured > MAX_PACKET) return false;
  const ticks = read32(buffer, start + 4, isLittle) * 2 ** 32 + read32(buffer, start + 8, isLittle);
  const time = ticks / on.ticksPerMs + on.offsetMs;
  state.onPacket(buffer, start + 20, captured, read32(buffer, start + 16, isLittle), time, on.link);
  return true;
}

/** It says neither when it was nor how much of it was captured. */
function simple(
  state: State,
  buffer: Buffer,
  start: number,
  end: number,
  isLittle: boolean,
  on: Interface | undefined,
): boolean {
  if (end - start < 4 || on === undefined) return false;
  const original = read32(buffer, start, isLittle);
  const snapLength = on.snapLength === 0 ? MAX_PACKET : on.snapLength;
  const captured = Math.min(original, snapLength, end - start - 4);
  state.onPacket(buffer, start + 4, captured, original, Number.NaN, on.link);
  return true;
}

function read32(buffer: Buffer, at: number, isLittle: boolean): number {
  return isLittle ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
}

function read16(buffer: Buffer, at: number, isLittle: boolean): number {
  return isLittle ? buffer.readUInt16LE(at) : buffer.readUInt16BE(at);
}
