/**
 * STUN messages (RFC 8489 §5, §14) with the methods and attributes of TURN (RFC 8656 §17, §18; RFC 6062 for TCP), read
 * in place: one `StunMessage` is filled again and again with offsets into the buffer. ChannelData is reader.ts's,
 * what the messages do to an allocation allocations.ts's.
 *
 * Whatever the bytes are, reading ends, stays within them and does not throw. A message that a snap length has cut is
 * read as far as it was captured.
 */

import { formatIp } from '../../lib/ip.ts';

export interface StunMessage {
  buffer: Buffer;
  method: number;
  kind: StunClass;
  /** Offset of the 12 bytes of the transaction id. */
  transaction: number;
  /** Attributes in their order; those beyond 64 are not listed. */
  count: number;
  readonly types: Uint16Array;
  readonly values: Uint32Array;
  readonly lengths: Uint16Array;
  /** Where what was captured ends. */
  end: number;
}

export const REQUEST = 0;
export const INDICATION = 1;
export const SUCCESS = 2;
export const ERROR = 3;
export type StunClass = typeof REQUEST | typeof INDICATION | typeof SUCCESS | typeof ERROR;

export const ALLOCATE = 0x003;
export const REFRESH = 0x004;
export const SEND = 0x006;
export const DATA = 0x007;
export const CREATE_PERMISSION = 0x008;
export const CHANNEL_BIND = 0x009;
/** RFC 6062: relaying over TCP. */
export const CONNECT = 0x00a;
export const CONNECTION_BIND = 0x00b;
export const CONNECTION_ATTEMPT = 0x00c;

export const USERNAME = 0x0006;
export const ERROR_CODE = 0x0009;
export const CHANNEL_NUMBER = 0x000c;
export const LIFETIME = 0x000d;
export const XOR_PEER_ADDRESS = 0x0012;
export const DATA_VALUE = 0x0013;
export const REALM = 0x0014;
export const XOR_RELAYED_ADDRESS = 0x0016;
export const CONNECTION_ID = 0x002a;
/** RFC 8016 §3.3. */
export const MOBILITY_TICKET = 0x8030;
/** Type and length of MS-TURN's MAGIC-COOKIE: where it is, the attributes mean something else. */
const MICROSOFT_COOKIE = 0x000f0004;

/** What the bytes are. */
export const STUN = 0;
/** Something else: another protocol on the same port. */
export const NOT_STUN = 1;
/** It says that it is STUN, but its lengths cannot be true. */
export const MALFORMED = 2;
/** STUN as it was before RFC 5389 (RFC 3489): without the magic cookie. TURN was never spoken in it by a standard. */
export const CLASSIC = 3;
/** Microsoft's dialect of TURN (MS-TURN), which has names and addresses of its own. */
export const MICROSOFT = 4;

export type StunVerdict = typeof STUN | typeof NOT_STUN | typeof MALFORMED | typeof CLASSIC | typeof MICROSOFT;

const HEADER = 20;
const MAGIC_COOKIE = 0x2112a442;
const MAX_ATTRIBUTES = 64;

export function createStunMessage(): StunMessage {
  return {
    buffer: Buffer.alloc(0),
    method: 0,
    kind: REQUEST,
    transaction: 0,
    count: 0,
    types: new Uint16Array(MAX_ATTRIBUTES),
    values: new Uint32Array(MAX_ATTRIBUTES),
    lengths: new Uint16Array(MAX_ATTRIBUTES),
    end: 0,
  };
}

/** A datagram of `length` bytes, of which `captured` are at `start`. Bytes behind the message are let pass. */
export function readStun(
  message: StunMessage,
  buffer: Buffer,
  start: number,
  captured: number,
  length: number,
): StunVerdict {
  if (captured < HEADER) return NOT_STUN;
  const type = buffer.readUInt16BE(start);
  if (type >= 0x4000) return NOT_STUN;
  const bodyLength = buffer.readUInt16BE(start + 2);
  if (buffer.readUInt32BE(start + 4) !== MAGIC_COOKIE)
    return dialectOf(buffer, start, type, bodyLength, captured, length);
  if (isMicrosoft(buffer, start, captured)) return MICROSOFT;
  if (bodyLength % 4 !== 0 || HEADER + bodyLength > length) return MALFORMED;
  message.buffer = buffer;
  message.method = methodOf(type);
  message.kind = classOf(type);
  message.transaction = start + 8;
  message.end = start + captured;
  return readAttributes(message, buffer, start + HEADER, start + HEADER + bodyLength);
}

/** Binding and Shared Secret, as requests, answers and errors. */
const CLASSIC_TYPES = new Set([0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112]);

/** RFC 3489 §11.1: six types, a length that is that of the whole, and 16 bytes that are any. */
function dialectOf(
  buffer: Buffer,
  start: number,
  type: number,
  bodyLength: number,
  captured: number,
  length: number,
): StunVerdict {
  if (HEADER + bodyLength !== length) return NOT_STUN;
  if (isMicrosoft(buffer, start, captured)) return MICROSOFT;
  return CLASSIC_TYPES.has(type) ? CLASSIC : NOT_STUN;
}

/** MS-TURN 2.2.2.8: it is the first attribute. */
function isMicrosoft(buffer: Buffer, start: number, captured: number): boolean {
  return captured >= HEADER + 4 && buffer.readUInt32BE(start + HEADER) === MICROSOFT_COOKIE;
}

function readAttributes(message: StunMessage, buffer: Buffer, start: number, end: number): StunVerdict {
  let count = 0;
  for (let at = start; at < end && at + 4 <= message.end; ) {
    const type = buffer.readUInt16BE(at);
    const length = buffer.readUInt16BE(at + 2);
    // The body is a multiple of four long, and so is each attribute with its padding.
    if (at + 4 + length > end) return MALFORMED;
    if (count < MAX_ATTRIBUTES) {
      message.types[count] = type;
      message.values[count] = at + 4;
      message.lengths[count] = length;
      count++;
    }

    at += 4 + ((length + 3) & ~3);
  }
  message.count = count;
  return STUN;
}

/** The index of the first attribute of this type (RFC 8489 §14: later ones are ignored), or -1. */
export function findAttribute(message: StunMessage, type: number): number {
  for (let i = 0; i < message.count; i++) if (message.types[i] === type) return i;
  return -1;
}

/** The 32 bits of an attribute; null if there is none such of that length. */
export function read32(message: StunMessage, type: number): number | null {
  const i = findAttribute(message, type);
  const at = i === -1 ? 0 : message.values[i]!;
  return i === -1 || message.lengths[i] !== 4 || at + 4 > message.end ? null : message.buffer.readUInt32BE(at);
}

/** The number of an ERROR-CODE, such as 437; null if there is none. */
export function readErrorCode(message: StunMessage): number | null {
  const i = findAttribute(message, ERROR_CODE);
  const at = i === -1 ? 0 : message.values[i]!;
  if (i === -1 || message.lengths[i]! < 4 || at + 4 > message.end) return null;
  return (message.buffer[at + 2]! & 7) * 100 + message.buffer[at + 3]!;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** RFC 8489 §14.3, §14.9: the longest that a name or a realm may be, in bytes. */
const MAX_TEXT = 763;
const MAX_OPAQUE = 256;

/** The text of an attribute. Null if there is none; `MALFORMED` if it is no UTF-8, too long, or was cut. */
export function readText(message: StunMessage, type: number): string | null | typeof MALFORMED {
  const i = findAttribute(message, type);
  if (i === -1) return null;
  const at = message.values[i]!;
  const length = message.lengths[i]!;
  if (length > MAX_TEXT || at + length > message.end) return MALFORMED;
  try {
    const text = utf8.decode(message.buffer.subarray(at, at + length));
    // Some clients end it as C does.
    return text.replace(/\0.*$/s, '').trim();
  } catch {
    return MALFORMED;
  }
}

/** Bytes that only who made them understands, as hexadecimal text; null if there are none, or far too many. */
export function readOpaque(message: StunMessage, type: number): string | null {
  const i = findAttribute(message, type);
  if (i === -1) return null;
  const at = message.values[i]!;
  const length = message.lengths[i]!;
  if (length === 0 || length > MAX_OPAQUE || at + length > message.end) return null;
  return message.buffer.toString('hex', at, at + length);
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The XOR'd address (RFC 8489 §14.2) that is attribute number `i`; null if it is none. */
export function readXorAddress(message: StunMessage, i: number): Endpoint | null {
  const at = message.values[i]!;
  const length = message.lengths[i]!;
  if ((length !== 8 && length !== 20) || at + length > message.end) return null;
  const { buffer } = message;
  const family = buffer[at + 1];
  if (family !== (length === 8 ? 1 : 2)) return null;
  const bytes = new Uint8Array(length - 4);
  // The key is the magic cookie and the transaction id, which stand one behind the other.
  const key = message.transaction - 4;
  for (let byte = 0; byte < bytes.length; byte++) bytes[byte] = buffer[at + 4 + byte]! ^ buffer[key + byte]!;
  return { address: formatIp(bytes), port: buffer.readUInt16BE(at + 2) ^ (MAGIC_COOKIE >>> 16) };
}

/** Calls `use` with every address of this type: a message may have several. */
export function forEachXorAddress(message: StunMessage, type: number, use: (endpoint: Endpoint) => void): void {
  for (let i = 0; i < message.count; i++) {
    if (message.types[i] !== type) continue;
    const endpoint = readXorAddress(message, i);
    if (endpoint !== null) use(endpoint);
  }
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** RFC 8489 §5: the class is bits 4 and 8 of the type, the method is what lies around them. */
export function classOf(type: number): StunClass {
  return (((type & 0x0100) >> 7) | ((type & 0x0010) >> 4)) as StunClass;
}

export function methodOf(type: number): number {
  return (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2);
}

const METHODS: Readonly<Record<number, string>> = {
  1: 'bind',
  [ALLOCATE]: 'allocate',
  [REFRESH]: 'refresh',
  [SEND]: 'send',
  [DATA]: 'data',
  [CREATE_PERMISSION]: 'createPermission',
  [CHANNEL_BIND]: 'channelBind',
  [CONNECT]: 'connect',
  [CONNECTION_BIND]: 'connectionBind',
  [CONNECTION_ATTEMPT]: 'connectionAttempt',
};

const CLASSES = ['request', 'indication', 'response', 'errorResponse'] as const;

/** `allocate response`, in the words that turn-monitor's users know; what no RFC names is `other`. */
export function nameOf(method: number, kind: StunClass): string {
  return `${METHODS[method] ?? 'other'} ${CLASSES[kind]}`;
}
