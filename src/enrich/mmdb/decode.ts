/**
 * The data section of a MaxMind DB file: typed values, read strictly. MaxMind DB File Format Specification 2.0, "Output
 * Data Section" (https://maxmind.github.io/MaxMind-DB/). Where the records are is index.ts, what they mean is geo/ and
 * network/.
 *
 * Strict, because a lenient reader turns a broken file into listeners at 0° N, 0° E: a size that does not fit its type, a
 * pointer that leaves the section or points to a pointer, and values nested or repeated without limit are all refused.
 */

/** Records of real databases are six levels deep and have about a hundred values; names in all languages included. */
const MAX_DEPTH = 32;
const MAX_VALUES = 10_000;

/** Types beyond 7 are written as 0, with the rest in the next byte. */
const POINTER = 1;
const STRING = 2;
const DOUBLE = 3;
const BYTES = 4;
const UINT16 = 5;
const UINT32 = 6;
const MAP = 7;
const INT32 = 8;
const UINT64 = 9;
const UINT128 = 10;
const ARRAY = 11;
const BOOLEAN = 14;
const FLOAT = 15;

/** What is added to a pointer of one, two, three and four bytes. */
const POINTER_OFFSETS = [0, 2048, 526_336, 0];

/** Sees to it that these bytes of the file are in the buffer, of which not all may have been read. May throw. */
export type Need = (from: number, to: number) => void;

/** Where a section of values lies in the file; pointers in it count from `start`. */
export interface Section {
  readonly buffer: Buffer;
  /** Called before the bytes from `from` up to `to` are looked at: see `Need`. */
  readonly need: Need;
  readonly start: number;
  readonly end: number;
}

interface Reading extends Section {
  /** Where the next byte is read from. */
  at: number;
  values: number;
}

/** The value at `at` (bytes from the start of the file). Maps have no prototype. Throws an Error if it is malformed. */
export function decodeValue(section: Section, at: number): unknown {
  const { buffer, need, start, end } = section;
  return readValue({ buffer, need, start, end, at, values: 0 }, 0);
}

function readValue(reading: Reading, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new Error(`values are nested more than ${MAX_DEPTH} levels deep`);
  if (++reading.values > MAX_VALUES) throw new Error(`a record has more than ${MAX_VALUES} values`);
  const control = nextByte(reading);
  const type = control >> 5;
  if (type !== POINTER) return readTyped(reading, control, depth);

  const target = readPointer(reading, control);
  const goOn = reading.at;
  reading.at = target;
  const pointed = nextByte(reading);
  if (pointed >> 5 === POINTER) throw new Error('a pointer points to a pointer');
  const value = readTyped(reading, pointed, depth);
  reading.at = goOn;
  return value;
}

function readTyped(reading: Reading, control: number, depth: number): unknown {
  const type = control >> 5 === 0 ? 7 + nextByte(reading) : control >> 5;
  const size = readSize(reading, control & 31);
  switch (type) {
    case MAP:
      return readMap(reading, size, depth);
    case ARRAY:
      return readArray(reading, size, depth);
    case BOOLEAN:
      if (size > 1) throw new Error(`a boolean says ${size}`);
      return size === 1;
    default:
      return readScalar(reading, type, size);
  }
}

function readScalar(reading: Reading, type: number, size: number): unknown {
  const { buffer } = reading;
  const at = take(reading, size);
  switch (type) {
    case STRING:
      return buffer.toString('utf8', at, at + size);
    case DOUBLE:
      return buffer.readDoubleBE(sized(at, size, 8, 8));
    case FLOAT:
      return buffer.readFloatBE(sized(at, size, 4, 4));
    case BYTES:
      return buffer.subarray(at, at + size);
    case UINT16:
      return readUint(buffer, sized(at, size, 0, 2), size);
    case UINT32:
      return readUint(buffer, sized(at, size, 0, 4), size);
    case INT32:
      return readUint(buffer, sized(at, size, 0, 4), size) | 0;
    case UINT64:
      return readBigUint(buffer, sized(at, size, 0, 8), size);
    case UINT128:
      return readBigUint(buffer, sized(at, size, 0, 16), size);
    default:
      throw new Error(`there is no type ${type}`);
  }
}

function readMap(reading: Reading, size: number, depth: number): Record<string, unknown> {
  mayHold(reading, 2 * size);
  // Without a prototype, so that a key such as `__proto__` is nothing special.
  const map: Record<string, unknown> = Object.create(null);
  for (let i = 0; i < size; i++) {
    const key = readValue(reading, depth + 1);
    if (typeof key !== 'string') throw new Error('a key is not a text');
    map[key] = readValue(reading, depth + 1);
  }
  return map;
}

function readArray(reading: Reading, size: number, depth: number): unknown[] {
  mayHold(reading, size);
  const array: unknown[] = [];
  for (let i = 0; i < size; i++) array.push(readValue(reading, depth + 1));
  return array;
}

/** Each value takes at least one byte: no more can follow than there are bytes left. */
function mayHold(reading: Reading, values: number): void {
  if (values > reading.end - reading.at) throw new Error('a list is longer than the file');
}

function readPointer(reading: Reading, control: number): number {
  const size = ((control >> 3) & 3) + 1;
  const high = size === 4 ? 0 : control & 7;
  const at = take(reading, size);
  const value = high * 256 ** size + readUint(reading.buffer, at, size) + POINTER_OFFSETS[size - 1]!;
  return reading.start + value;
}

function readSize(reading: Reading, size: number): number {
  if (size < 29) return size;
  const length = size - 28;
  const more = readUint(reading.buffer, take(reading, length), length);
  return (length === 1 ? 29 : length === 2 ? 285 : 65_821) + more;
}

function nextByte(reading: Reading): number {
  return reading.buffer[take(reading, 1)]!;
}

function take(reading: Reading, bytes: number): number {
  const { at } = reading;
  if (at < reading.start || at + bytes > reading.end) throw new Error('a value lies outside of its section');
  reading.need(at, at + bytes);
  reading.at = at + bytes;
  return at;
}

function sized(at: number, size: number, least: number, most: number): number {
  if (size < least || size > most) throw new Error(`a number of ${size} bytes`);
  return at;
}

function readUint(buffer: Buffer, at: number, size: number): number {
  return size === 0 ? 0 : buffer.readUIntBE(at, size);
}

function readBigUint(buffer: Buffer, at: number, size: number): bigint {
  return size === 0 ? 0n : BigInt(`0x${buffer.toString('hex', at, at + size)}`);
}
