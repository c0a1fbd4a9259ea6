/**
 * The `-num.csv` files of @ip-location-db/asn, searched where they lie: `start,end,asn,organization`, one line a range,
 * addresses as decimal numbers of 32 or 128 bits without leading zeros, both ends inclusive, disjoint and sorted; the
 * organization in quotes (doubled inside) where it has a comma or a quote.
 *
 * Half a million lines, of which an audience needs some thousand: nothing is parsed at the start. A search halves the bytes
 * some twenty times and compares numbers as the text that they are.
 */

import type { IpBytes } from '../../lib/ip.ts';
import { PagedFile } from '../paged-file.ts';

/** A range that was found: whose it is, and where in the file its organization is named. */
export interface FoundRange {
  readonly asn: number;
  readonly nameAt: number;
}

const NEWLINE = 10;
const COMMA = 44;
const ZERO = 48;
const NINE = 57;

/** The most digits of an address, and so of all numbers here. */
const MOST_DIGITS = 39;
const LONGEST_LINE = 1024;
const USUAL_LINE = 64;
/** The last steps of a search are close to each other. */
const PAGE = 65_536;
/** The first fifteen steps: they are the same for many addresses. */
const REMEMBERED = 2 ** 15;

/** Ranges of IPv4 that were found lately, one for each block of 4096 addresses modulo as many: listeners have neighbours. */
const RECENT = 4096;
const RECENT_BLOCK_BITS = 12;

interface RecentRange {
  readonly first: number;
  readonly last: number;
  readonly range: FoundRange;
}

export class RangeFile {
  readonly #file: PagedFile;
  readonly #size: number;
  /** The address that is sought, in decimal digits. */
  readonly #wanted = Buffer.alloc(MOST_DIGITS);
  #digits = 0;
  /** By step: the line that it looks at, and the one behind it. Slot 0 is for steps that are not remembered. */
  readonly #lines = new Uint32Array(REMEMBERED);
  readonly #nexts = new Uint32Array(REMEMBERED);
  readonly #recent: (RecentRange | undefined)[] = Array.from({ length: RECENT });

  /** Throws what the system says, or an Error, if the file cannot be read or is something else. */
  constructor(path: string) {
    this.#file = new PagedFile(path, PAGE);
    this.#size = this.#file.buffer.length;
    try {
      if (this.#size === 0) throw new Error('it is empty');
      this.#rangeAt(0);
      this.#rangeAt(this.#startOfLine(this.#size - 1, 0));
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /** Null is none. Throws an Error if the file is malformed where the search leads, or cannot be read any more. */
  find(address: IpBytes): FoundRange | null {
    if (address.length !== 4) return this.#search(address)?.range ?? null;
    const value = ipv4Number(address);
    const slot = (value >>> RECENT_BLOCK_BITS) % RECENT;
    const recent = this.#recent[slot];
    if (recent !== undefined && recent.first <= value && value <= recent.last) return recent.range;
    const found = this.#search(address);
    if (found !== null) this.#recent[slot] = found;
    return found?.range ?? null;
  }

  #search(address: IpBytes): RecentRange | null {
    this.#digits = writeDecimal(this.#wanted, address);
    // The last line that begins at or before the address, if there is one, begins in here.
    let low = 0;
    let high = this.#size;
    let best = -1;
    // The steps are the way through a tree: to the left of node n is 2n, to its right 2n + 1.
    for (let node = 1; low < high; node *= 2) {
      // Where the first steps lead is remembered, as where the line behind begins: that is never 0.
      const slot = node < REMEMBERED ? node : 0;
      if (slot === 0 || this.#nexts[slot] === 0) this.#halve(low, high, slot);
      const line = this.#lines[slot]!;
      if (this.#compare(line) < 0) {
        high = line;
      } else {
        best = line;
        low = this.#nexts[slot]!;
        node++;
      }
    }
    if (best === -1) return null;
    const { end, asnAt, nameAt } = this.#rangeAt(best);
    if (this.#compare(end) > 0) return null;
    const range = { asn: this.#numberAt(asnAt), nameAt };
    return { first: this.#numberAt(best), last: this.#numberAt(end), range };
  }

  /** Null if it is empty. */
  nameOf({ nameAt }: FoundRange): string | null {
    const text = this.#file.buffer.toString('utf8', nameAt, this.#endOfLine(nameAt)).trim();
    const isQuoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"');
    const name = isQuoted ? text.slice(1, -1).replaceAll('""', '"').trim() : text;
    return name === '' ? null : name;
  }

  close(): void {
    this.#file.close();
  }

  /** Finds the line in the middle, and the one behind it. */
  #halve(low: number, high: number, slot: number): void {
    const line = this.#startOfLine((low + high) >>> 1, low);
    this.#lines[slot] = line;
    this.#nexts[slot] = this.#endOfLine(line) + 1;
  }

  /** Below 0, 0 or above 0: the address that is sought, against the number that is written at `at`. */
  #compare(at: number): number {
    const { buffer } = this.#file;
    const length = this.#digitsAt(at);
    if (length !== this.#digits) return this.#digits - length;
    for (let i = 0; i < length; i++) {
      const difference = this.#wanted[i]! - buffer[at + i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** How many digits are written at `at`, before the comma. */
  #digitsAt(at: number): number {
    const { buffer } = this.#file;
    this.#file.need(at, at + MOST_DIGITS);
    let end = at;
    while (end < this.#size && buffer[end]! >= ZERO && buffer[end]! <= NINE) end++;
    const isNumber = end > at && end - at <= MOST_DIGITS && end < this.#size && buffer[end] === COMMA;
    if (!isNumber) throw new Error(`there is no number at byte ${at}`);
    return end - at;
  }

  /** The line that begins at `line`: where its end address is written, and what follows. */
  #rangeAt(line: number): { end: number; asnAt: number; nameAt: number } {
    const end = line + this.#digitsAt(line) + 1;
    const asnAt = end + this.#digitsAt(end) + 1;
    const nameAt = asnAt + this.#digitsAt(asnAt) + 1;
    if (this.#numberAt(asnAt) >= 2 ** 32) throw new Error(`there is no autonomous system at byte ${asnAt}`);
    return { end, asnAt, nameAt };
  }

  /** What is written there as a number; of one with more than fifteen digits only about that. */
  #numberAt(at: number): number {
    const { buffer } = this.#file;
    let value = 0;
    for (let i = at, end = at + this.#digitsAt(at); i < end; i++) value = value * 10 + buffer[i]! - ZERO;
    return value;
  }

  /** Of the line that the byte `at` is in, its newline included; not before `least`, where a line begins. */
  #startOfLine(at: number, least: number): number {
    const { buffer } = this.#file;
    const stop = Math.max(least, at - LONGEST_LINE);
    let start = at;
    // A few bytes at a time, so that seldom a page is read for a line that begins on the next one.
    for (let here = start; start > stop; ) {
      if (start === here) {
        here = Math.max(stop, start - USUAL_LINE);
        this.#file.need(here, start);
      }
      if (buffer[start - 1] === NEWLINE) return start;
      start--;
    }
    if (start > least) throw new Error(`the line at byte ${at} has no beginning`);
    return start;
  }

  #endOfLine(at: number): number {
    const { buffer } = this.#file;
    const stop = Math.min(at + LONGEST_LINE, this.#size);
    this.#file.need(at, stop);
    const end = buffer.indexOf(NEWLINE, at);
    return end === -1 || end > stop ? stop : end;
  }
}

/** Writes an address as a decimal number; answers how many digits it has. */
function writeDecimal(into: Buffer, address: IpBytes): number {
  if (address.length !== 4) return into.write(BigInt(`0x${Buffer.from(address).toString('hex')}`).toString(), 'latin1');
  let value = ipv4Number(address);
  let digits = 1;
  for (let least = 10; value >= least; least *= 10) digits++;
  for (let at = digits - 1; at >= 0; at--) {
    into[at] = ZERO + (value % 10);
    value = Math.floor(value / 10);
  }
  return digits;
}

function ipv4Number(address: IpBytes): number {
  return ((address[0]! << 24) | (address[1]! << 16) | (address[2]! << 8) | address[3]!) >>> 0;
}
