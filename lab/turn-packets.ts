/**
 * Packets as a TURN client and its server exchange them (RFC 8489, RFC 8656), and capture files of them: for tests and
 * benches that need just these. Checksums and MESSAGE-INTEGRITY are left out, since nobody who listens checks them.
 */

import { parseIp } from '../src/lib/ip.ts';

export interface At {
  readonly address: string;
  readonly port: number;
}

export type Attribute = readonly [type: number, value: Buffer];

export const CLASS = { request: 0x000, indication: 0x010, success: 0x100, error: 0x110 } as const;
export const METHOD = {
  binding: 1,
  allocate: 3,
  refresh: 4,
  send: 6,
  data: 7,
  createPermission: 8,
  channelBind: 9,
  connect: 10,
  connectionBind: 11,
  connectionAttempt: 12,
} as const;

/** Twelve bytes that differ from number to number. */
export function transactionId(number: number): Buffer {
  const id = Buffer.alloc(12, 0xa5);
  id.writeUInt32BE(number, 8);
  return id;
}

export function stun(
  method: keyof typeof METHOD,
  kind: keyof typeof CLASS,
  transaction: number,
  ...attributes: Attribute[]
): Buffer {
  const body = Buffer.concat(
    attributes.flatMap(([type, value]) => [u16(type, value.length), value, Buffer.alloc(-value.length & 3)]),
  );
  return Buffer.concat([
    u16(METHOD[method] | CLASS[kind], body.length),
    MAGIC_COOKIE,
    transactionId(transaction),
    body,
  ]);
}

const MAGIC_COOKIE = Buffer.from('2112a442', 'hex');

export const username = (text: string): Attribute => [0x0006, Buffer.from(text)];
export const realm = (text: string): Attribute => [0x0014, Buffer.from(text)];
export const lifetime = (seconds: number): Attribute => [0x000d, u32(seconds)];
export const channelNumber = (channel: number): Attribute => [0x000c, u16(channel, 0)];
export const errorCode = (code: number): Attribute => [0x0009, Buffer.from([0, 0, Math.floor(code / 100), code % 100])];
export const payload = (bytes: number): Attribute => [0x0013, Buffer.alloc(bytes, 0x5a)];
/** Empty in a request that would like to have one (RFC 8016). */
export const ticket = (text: string): Attribute => [0x8030, Buffer.from(text)];
export const connectionId = (id: number): Attribute => [0x002a, u32(id)];
export const relayed = (at: At, transaction: number): Attribute => [0x0016, xor(at, transaction)];
export const peer = (at: At, transaction: number): Attribute => [0x0012, xor(at, transaction)];

function xor({ address, port }: At, transaction: number): Buffer {
  const bytes = Buffer.from(parseIp(address)!);
  const key = Buffer.concat([MAGIC_COOKIE, transactionId(transaction)]);
  const hidden = bytes.map((byte, i) => byte ^ key[i]!);
  return Buffer.concat([Buffer.from([0, bytes.length === 4 ? 1 : 2]), u16(port ^ 0x2112), hidden]);
}

export function channelData(channel: number, bytes: number): Buffer {
  return Buffer.concat([u16(channel, bytes), Buffer.alloc(bytes, 0x5a)]);
}

/** ChannelData as it must be over TCP: padded to four bytes. */
export function paddedChannelData(channel: number, bytes: number): Buffer {
  return Buffer.concat([channelData(channel, bytes), Buffer.alloc(-bytes & 3)]);
}

/** A UDP datagram as an Ethernet frame. Both addresses are of one family. */
export function frame(from: At, to: At, datagram: Buffer): Buffer {
  return ethernet(from, to, 17, Buffer.concat([u16(from.port, to.port, 8 + datagram.length, 0), datagram]));
}

export const TCP_FLAGS = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

/** A TCP segment as an Ethernet frame. */
export function tcpFrame(from: At, to: At, sequence: number, bytes: Buffer, flags: number = TCP_FLAGS.ack): Buffer {
  const ports = u16(from.port, to.port);
  const segment = Buffer.concat([ports, u32(sequence >>> 0), u32(1), u16(0x5000 | flags, 0xffff, 0, 0), bytes]);
  return ethernet(from, to, 6, segment);
}

function ethernet(from: At, to: At, protocol: number, segment: Buffer): Buffer {
  const source = Buffer.from(parseIp(from.address)!);
  const destination = Buffer.from(parseIp(to.address)!);
  const isV4 = source.length === 4;
  const ip = isV4
    ? Buffer.concat([u16(0x4500, 20 + segment.length, 0, 0, 0x4000 | protocol, 0), source, destination])
    : Buffer.concat([u16(0x6000, 0, segment.length, (protocol << 8) | 0x40), source, destination]);
  return Buffer.concat([Buffer.alloc(12, 2), u16(isV4 ? 0x0800 : 0x86dd), ip, segment]);
}

export interface Captured {
  /** Milliseconds since the epoch, to the microsecond. */
  readonly time: number;
  readonly bytes: Buffer;
  /** So much of it was captured; all, if absent. */
  readonly snap?: number;
}

/** The beginning of a pcap file: little-endian, microseconds, Ethernet. */
export function pcapHeader(): Buffer {
  return Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
}

export function pcapRecord({ time, bytes, snap = bytes.length }: Captured): Buffer {
  const record = Buffer.alloc(16 + snap);
  const micros = Math.round((time % 1000) * 1000);
  record.writeUInt32LE(Math.floor(time / 1000), 0);
  record.writeUInt32LE(micros, 4);
  record.writeUInt32LE(snap, 8);
  record.writeUInt32LE(bytes.length, 12);
  bytes.copy(record, 16, 0, snap);
  return record;
}

export function pcapFile(packets: readonly Captured[]): Buffer {
  return Buffer.concat([pcapHeader(), ...packets.map(pcapRecord)]);
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, 2 * i);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
