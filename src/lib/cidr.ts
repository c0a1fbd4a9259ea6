/**
 * Lists of addresses and blocks of addresses, asked often: exclusions, trusted proxies. A question costs a binary search,
 * however long the list is. One block by itself is in ip.ts.
 *
 * IPv4 and IPv6 are apart: `0.0.0.0/0` and `::/0` together are everybody. An IPv4-mapped address (`::ffff:192.0.2.1`)
 * is the IPv4 address that it carries, in the list and in the question.
 */

import { HeadcountError } from './errors.ts';
import { type Cidr, type IpBytes, parseCidr, parseIp } from './ip.ts';

/** Is this address, as bytes or as text, in the list? A text that is no address is in none. */
export type AddressMatcher = (address: IpBytes | string) => boolean;

/**
 * From blocks (`192.0.2.0/24`, `2001:db8::/32`) and single addresses to the question. Bits behind the prefix do not
 * matter. Throws code `BAD_CIDR` for a text that is neither.
 */
export function parseCidrs(list: readonly (Cidr | string)[]): AddressMatcher {
  const cidrs = list.map((each) => (typeof each === 'string' ? cidrOf(each) : each));
  const ipv4 = blocksOf(cidrs, 4);
  const ipv6 = blocksOf(cidrs, 16);
  if (ipv4.count + ipv6.count === 0) return () => false;
  return (address) => {
    const bytes = typeof address === 'string' ? parseIp(address) : address;
    return bytes !== null && isWithin(bytes.length === 4 ? ipv4 : ipv6, bytes);
  };
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text.trim());
  if (cidr !== null) return cidr;
  const shown = JSON.stringify(text.slice(0, 60));
  throw new HeadcountError('BAD_CIDR', `${shown} is neither an IP address nor a block such as 192.0.2.0/24.`);
}

/** Blocks of one family, disjoint and in order, as 32-bit words: one an address of IPv4, four of IPv6. */
interface Blocks {
  readonly count: number;
  readonly words: number;
  readonly starts: Uint32Array;
  /** Inclusive. */
  readonly ends: Uint32Array;
}

function blocksOf(cidrs: readonly Cidr[], family: 4 | 16): Blocks {
  const words = family / 4;
  const ranges = cidrs
    .filter(({ bytes }) => bytes.length === family)
    .map(({ bytes, bits }) => ({
      start: wordsOf(bytes),
      end: wordsOf(bytes.map((byte, i) => byte | hostBits(bits, i))),
    }))
    // Of two with one start the greater first, so that it swallows the other.
    .sort((a, b) => compareWords(a.start, 0, b.start) || compareWords(b.end, 0, a.end));
  const starts = new Uint32Array(ranges.length * words);
  const ends = new Uint32Array(ranges.length * words);
  let count = 0;
  for (const { start, end } of ranges) {
    // Two blocks are disjoint, or one lies within the other.
    if (count > 0 && compareWords(ends, (count - 1) * words, end) >= 0) continue;
    starts.set(start, count * words);
    ends.set(end, count * words);
    count++;
  }
  return { count, words, starts, ends };
}

/** The bits of byte `i` that are free behind a prefix of `bits`. */
function hostBits(bits: number, i: number): number {
  return 0xff >> Math.min(Math.max(bits - 8 * i, 0), 8);
}

function wordsOf(bytes: IpBytes): Uint32Array {
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => wordAt(bytes, i));
}

function wordAt(bytes: IpBytes, word: number): number {
  const at = 4 * word;
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function compareWords(all: Uint32Array, at: number, one: Uint32Array): number {
  for (let i = 0; i < one.length; i++) if (all[at + i] !== one[i]) return all[at + i]! < one[i]! ? -1 : 1;
  return 0;
}

/** The same with an address that is still bytes: a question allocates nothing. */
function compareBytes(all: Uint32Array, at: number, bytes: IpBytes): number {
  for (let i = 0; 4 * i < bytes.length; i++) {
    const word = wordAt(bytes, i);
    if (all[at + i] !== word) return all[at + i]! < word ? -1 : 1;
  }
  return 0;
}

function isWithin({ count, words, starts, ends }: Blocks, bytes: IpBytes): boolean {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(starts, middle * words, bytes) <= 0) low = middle + 1;
    else high = middle;
  }
  return low > 0 && compareBytes(ends, (low - 1) * words, bytes) >= 0;
}
