/**
 * IP addresses as text and as bytes (RFC 4291, RFC 5952). IPv4-mapped IPv6 addresses are the IPv4 address that they
 * carry, wherever they appear.
 */

const DOT = 46;
const ZERO = 48;
const COLON = 58;
const LOWER_A = 97;

/** 4 or 16 bytes. */
export type IpBytes = Uint8Array;

/** The bytes of an address, or null if the text is none. A zone (`fe80::1%eth0`) is dropped. */
export function parseIp(text: string): IpBytes | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return ipv4;
  const zone = text.indexOf('%');
  const bytes = parseIpv6(zone === -1 ? text : text.slice(0, zone));
  return bytes !== null && isMapped(bytes) ? bytes.slice(12) : bytes;
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

/** Group by group; where `::` stands is known when all have been read. */
function parseIpv6(text: string): IpBytes | null {
  const { length } = text;
  if (length < 2 || length > LONGEST_IPV6) return null;
  const bytes = new Uint8Array(16);
  let filled = 0;
  let gap = -1;
  let at = 0;
  while (at < length) {
    if (text.charCodeAt(at) === COLON && text.charCodeAt(at + 1) === COLON) {
      if (gap !== -1) return null;
      gap = filled;
      at += 2;
      continue;
    }
    // Between groups; before the first and behind the last there is none.
    if (filled > 0 && filled !== gap && text.charCodeAt(at++) !== COLON) return null;
    const end = endOfGroup(text, at);
    if (text.charCodeAt(end) === DOT) return withIpv4(bytes, filled, gap, text.slice(at));
    if (end === at || filled === 16) return null;
    const value = Number.parseInt(text.slice(at, end), 16);
    bytes[filled++] = value >> 8;
    bytes[filled++] = value & 255;
    at = end;
  }
  return spread(bytes, filled, gap);
}

/** With a zone cut off: six groups and an IPv4 address. */
const LONGEST_IPV6 = 45;

/** Behind at most four hexadecimal digits. */
function endOfGroup(text: string, from: number): number {
  let at = from;
  while (at < from + 4 && isHex(text.charCodeAt(at))) at++;
  return at;
}

function isHex(code: number): boolean {
  const lower = code | 32;
  return (code >= ZERO && code <= ZERO + 9) || (lower >= LOWER_A && lower <= LOWER_A + 5);
}

/** The last two groups may be written as an IPv4 address. */
function withIpv4(bytes: IpBytes, filled: number, gap: number, text: string): IpBytes | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 === null || filled > 12) return null;
  bytes.set(ipv4, filled);
  return spread(bytes, filled + 4, gap);
}

/** What stands behind `::` belongs to the end; it stands for one group at least. */
function spread(bytes: IpBytes, filled: number, gap: number): IpBytes | null {
  if (gap === -1) return filled === 16 ? bytes : null;
  if (filled === 16) return null;
  bytes.copyWithin(16 - (filled - gap), gap, filled);
  return bytes.fill(0, gap, 16 - (filled - gap));
}

function isMapped(bytes: Uint8Array): boolean {
  if (bytes[10] !== 255 || bytes[11] !== 255) return false;
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The canonical text of RFC 5952: lower case, the longest run of zero groups as `::`. */
export function formatIp(bytes: IpBytes): string {
  if (bytes.length === 4) return bytes.join('.');
  const zeros = longestZeros(bytes);
  let text = '';
  for (let at = 0; at < 16; at += 2) {
    if (at === zeros.from) text += '::';
    if (at >= zeros.from && at < zeros.to) continue;
    const separator = at === 0 || at === zeros.to ? '' : ':';
    text += separator + ((bytes[at]! << 8) | bytes[at + 1]!).toString(16);
  }
  return text;
}

/** The first of the longest runs of at least two groups, in bytes. */
function longestZeros(bytes: IpBytes): { readonly from: number; readonly to: number } {
  let from = -1;
  let to = -1;
  for (let at = 0; at < 16; ) {
    let end = at;
    while (end < 16 && bytes[end] === 0 && bytes[end + 1] === 0) end += 2;
    if (end - at > Math.max(to - from, 2)) {
      from = at;
      to = end;
    }
    at = end + 2;
  }
  return { from, to };
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
  // A copy: that of a Buffer's `slice` would be none.
  const masked = new Uint8Array(bytes);
  for (let i = bits >> 3; i < masked.length; i++) masked[i]! &= i === bits >> 3 ? 0xff << (8 - (bits & 7)) : 0;
  return masked;
}

/**
 * Whom an address stands for: the IPv4 address itself, the IPv6 /64 (hosts change the rest at will). A text that is no
 * address, such as the token of a server that hides addresses, is its own network.
 */
export function networkOf(address: string): string {
  const bytes = parseIp(address);
  if (bytes === null) return address;
  return networkText(bytes);
}

/** The same of an address that has been parsed already. */
export function networkText(bytes: IpBytes): string {
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
