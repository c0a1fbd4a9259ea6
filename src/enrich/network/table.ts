/**
 * Ranges of addresses and the autonomous system that each belongs to, as sorted typed arrays: 16 bytes a range of IPv4
 * addresses, 40 of IPv6, found by binary search. Words of 32 bits instead of BigInt, so that a look-up allocates nothing.
 */

import type { IpBytes } from '../../lib/ip.ts';

export interface RangeTable {
  readonly size: number;
  /** The number of the range that an address lies in; -1 is none. */
  find(address: IpBytes): number;
  /** By range. */
  readonly asns: Uint32Array;
  /** By range: where its name is, whatever that means to who built the table. */
  readonly names: Uint32Array;
}

export interface RangeTableBuilder {
  /** The range to be added, first to last address: words of 32 bits, the highest first. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /**
   * Ranges come in the order of their addresses. Of one that overlaps with the one before, what lies behind that is
   * added; if nothing does, or the range ends before it begins, nothing is added and the answer is false.
   */
  add(asn: number, name: number): boolean;
  build(): RangeTable;
}

/** `words` is 1 for IPv4 and 4 for IPv6; `expected` is how many ranges there are likely to be. */
export function buildTable(words: 1 | 4, expected: number): RangeTableBuilder {
  let starts = new Uint32Array(expected * words);
  let ends = new Uint32Array(expected * words);
  let asns = new Uint32Array(expected);
  let names = new Uint32Array(expected);
  let size = 0;
  const start = new Uint32Array(words);
  const end = new Uint32Array(words);
  return {
    start,
    end,
    add: (asn, name) => {
      if (size > 0 && compare(start, ends, (size - 1) * words, words) <= 0) {
        if (compare(end, ends, (size - 1) * words, words) <= 0) return false;
        setSuccessor(start, ends.subarray((size - 1) * words, size * words));
      }
      if (compare(start, end, 0, words) > 0) return false;
      if (size === asns.length) {
        starts = larger(starts);
        ends = larger(ends);
        asns = larger(asns);
        names = larger(names);
      }
      starts.set(start, size * words);
      ends.set(end, size * words);
      names[size] = name;
      asns[size++] = asn;
      return true;
    },
    build: () => {
      const [from, to] = [starts.slice(0, size * words), ends.slice(0, size * words)];
      return tableOf(words, from, to, asns.slice(0, size), names.slice(0, size));
    },
  };
}

/** The address behind another one, which is not the last there is. */
function setSuccessor(address: Uint32Array, of: Uint32Array): void {
  address.set(of);
  for (let i = address.length - 1; i >= 0; i--) {
    address[i] = address[i]! + 1;
    if (address[i] !== 0) return;
  }
}

function larger(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(array.length + (array.length >> 1) + 1024);
  copy.set(array);
  return copy;
}

function tableOf(
  words: 1 | 4,
  starts: Uint32Array,
  ends: Uint32Array,
  asns: Uint32Array,
  names: Uint32Array,
): RangeTable {
  const wanted = new Uint32Array(words);
  return {
    size: asns.length,
    asns,
    names,
    find: (address) => {
      if (address.length !== 4 * words) return -1;
      for (let i = 0; i < words; i++) wanted[i] = wordAt(address, 4 * i);
      // The last range that begins at or before the address.
      let low = 0;
      let high = asns.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (compare(wanted, starts, middle * words, words) >= 0) low = middle + 1;
        else high = middle;
      }
      if (low === 0 || compare(wanted, ends, (low - 1) * words, words) > 0) return -1;
      return low - 1;
    },
  };
}

/** Four bytes as a number. */
export function wordAt(bytes: IpBytes, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Below 0, 0 or above 0: the number `a` against the one that begins at `at` in `b`. */
export function compare(a: Uint32Array, b: Uint32Array, at: number, words: number): number {
  for (let i = 0; i < words; i++) {
    const difference = a[i]! - b[at + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
