/**
 * IP addresses as text and as bytes (RFC 4291, RFC 5952). IPv4-mapped IPv6 addresses are the IPv4 address that they
 * carry, wherever they appear.
 */

import { isIPv6 } from 'node:net';

const DOT = 46;
const ZERO = 48;

/** 4 or 16 bytes. */
export type IpBytes = Uint8Array;

/** The bytes of an address, or null if the text is none. A zone (`fe80::1%eth0`) is dropped. */
export function parseIp(text: string): IpBytes | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return ipv4;
  const zone = text.indexOf('%');
  const plain = zone === -1 ? text : text.slice(0, zone);
  if (!isIPv6(plain)) return null;
  const bytes = ipv6Bytes(plain);
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** By far the most addresses are these, and every new listener has one: nothing is allocated but the answer. */
function parseIpv4(text: string): IpBytes | null {
  const { length } = text;
  if (length < 7 || length > 15) return null;
  let address = 0;
  let parts = 0;
  for (let at = 0; at <= length; parts++) {
    let value = 0;
    const from = at;
    for (; at < length && text.charCodeAt(at) !== DOT; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      // Some read a part with a leading zero as octal: it is none.
      if (digit < 0 || digit > 9 || (value === 0 && at > from)) return null;
      value = value * 10 + digit;
    }
    if (at === from || value > 255) return null;
    address = (address << 8) | value;
    at++;
  }
  if (parts !== 4) return null;
  return Uint8Array.of(address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255);
}

function ipv6Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const [head, tail] = text.split('::') as [string, string | undefined];
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  before.forEach((byte, i) => {
    bytes[i] = byte;
  });
  after.forEach((byte, i) => {
    bytes[16 - after.length + i] = byte;
  });
  return bytes;
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes[10] === 255 && bytes[11] === 255 && bytes.subarray(0, 10).every((byte) => byte === 0);
}

/** The canonical text of RFC 5952: lower case, the longest run of zero groups as `::`. */
export function formatIp(bytes: IpBytes): string {
  if (bytes.length === 4) return bytes.join('.');
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  let best = { start: 0, length: 0 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && words[i + length] === 0) length++;
    if (length > best.length) best = { start: i, length };
  }
  const text = (part: number[]) => part.map((word) => word.toString(16)).join(':');
  if (best.length < 2) return text(words);
  return `${text(words.slice(0, best.start))}::${text(words.slice(best.start + best.length))}`;
}

/** The canonical text of an address; null if the text is none. */
export function canonicalIp(text: string): string | null {
  const bytes = parseIp(text);
  return bytes === null ? null : canonicalText(text, bytes);
}

/** The same of a text that has been parsed already. */
export function canonicalText(text: string, bytes: IpBytes): string {
  // There is one way to write an IPv4 address, other than within IPv6.
  return bytes.length === 4 && !text.includes(':') ? text : formatIp(bytes);
}

/** The same bytes with all but the first `bits` cleared. */
export function maskIp(bytes: IpBytes, bits: number): IpBytes {
  return bytes.map((byte, i) => {
    const kept = Math.min(Math.max(bits - 8 * i, 0), 8);
    return byte & (0xff << (8 - kept));
  });
}

/**
 * Whom an address stands for: the IPv4 address itself, the IPv6 /64 (hosts change the rest at will). A text that is no
 * address, such as the token of a server that hides addresses, is its own network.
 */
export function networkOf(address: string): string {
  const bytes = parseIp(address);
  if (bytes === null) return address;
  return bytes.length === 4 ? formatIp(bytes) : `${formatIp(maskIp(bytes, 64))}/64`;
}

export interface Cidr {
  readonly bytes: IpBytes;
  readonly bits: number;
}

/** `192.0.2.0/24`, `2001:db8::/32`, or a single address; null if the text is neither. */
export function parseCidr(text: string): Cidr | null {
  const [address, prefix, ...rest] = text.split('/') as [string, string | undefined, ...string[]];
  const bytes = parseIp(address);
  if (bytes === null || rest.length > 0) return null;
  const most = bytes.length * 8;
  if (prefix === undefined) return { bytes, bits: most };
  if (!/^\d{1,3}$/.test(prefix)) return null;
  // A prefix on a mapped address counts from the IPv6 side.
  const bits = bytes.length === 4 && address.includes(':') ? Number(prefix) - 96 : Number(prefix);
  return bits < 0 || bits > most ? null : { bytes: maskIp(bytes, bits), bits };
}

export function isInCidr(bytes: IpBytes, cidr: Cidr): boolean {
  if (bytes.length !== cidr.bytes.length) return false;
  return maskIp(bytes, cidr.bits).every((byte, i) => byte === cidr.bytes[i]);
}

const LOCAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::/128',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
].map((text) => parseCidr(text)!);

/** Not routed on the public internet: private, shared (CGNAT), loopback, link-local (RFC 1918, 6598, 4193, 4291). */
export function isLocalIp(bytes: IpBytes): boolean {
  return LOCAL.some((cidr) => isInCidr(bytes, cidr));
}
