/**
 * The networks of one family of addresses in their file, of which only what is asked for is read: where every stretch of
 * some thousand lines begins is looked up at the start, and a stretch is parsed when the first address leads into it. So
 * half a million lines are ready at once, and those of networks where nobody listens never take time or room.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { IpBytes } from '../../lib/ip.ts';
import { endOfLine, nameAt, readRanges } from './csv.ts';
import { buildTable, compare, type RangeTable, wordAt } from './table.ts';

/** A range that was found: whose it is, and where in the file it says so. */
export interface FoundRange {
  readonly asn: number;
  readonly nameAt: number;
}

/** Some fifteen hundred lines of IPv4, some six hundred of IPv6: a fifth of a millisecond. */
const STRETCH = 64 * 1024;
/** No line is longer. */
const LONGEST_LINE = 1024;

export class RangeFile {
  readonly #file: number;
  readonly #size: number;
  readonly #words: 1 | 4;
  readonly #onUnreadable: (lines: number) => void;
  /** Where each stretch begins in the file, and the first address of each. */
  readonly #at: number[] = [];
  #firsts: Uint32Array;
  readonly #tables: (RangeTable | undefined)[] = [];
  readonly #wanted: Uint32Array;

  /**
   * Throws what the system says, or an Error, if the file cannot be read or is not in order. `onUnreadable` is told of lines
   * that are no range, or say nothing beyond the line before.
   */
  constructor(path: string, family: 4 | 6, onUnreadable: (lines: number) => void, stretch: number = STRETCH) {
    this.#words = family === 4 ? 1 : 4;
    this.#wanted = new Uint32Array(this.#words);
    this.#onUnreadable = onUnreadable;
    this.#firsts = new Uint32Array(0);
    this.#file = openSync(path, 'r');
    try {
      this.#size = fstatSync(this.#file).size;
      this.#index(stretch);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** Null is none. Throws what the system says if the file cannot be read any more. */
  find(address: IpBytes): FoundRange | null {
    const stretch = this.#stretchOf(address);
    if (stretch === -1) return null;
    this.#tables[stretch] ??= this.#parse(stretch);
    const table = this.#tables[stretch];
    const range = table.find(address);
    return range === -1 ? null : { asn: table.asns[range]!, nameAt: table.names[range]! };
  }

  /** The organization that a range belongs to. */
  nameOf({ nameAt: at }: FoundRange): string | null {
    return nameAt(this.#read(at, Math.min(at + LONGEST_LINE, this.#size)), 0);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** One line of each stretch is read. */
  #index(stretch: number): void {
    const words = this.#words;
    const first = new Uint32Array(words);
    const firsts: number[] = [];
    for (let from = 0; from < this.#size; from += stretch) {
      const line = this.#read(from, Math.min(from + 2 * LONGEST_LINE, this.#size));
      // The rest of a line that began before belongs to the stretch before.
      const start = from === 0 ? 0 : endOfLine(line, 0) + 1;
      if (from + start >= this.#size) break;
      if (start >= line.length) throw new Error('a line has no end');
      let isRange = false;
      readRanges(line.subarray(start, endOfLine(line, start)), first, new Uint32Array(words), () => {
        isRange = true;
      });
      if (!isRange) throw new Error(`there is no range at byte ${from + start}`);
      if (firsts.length > 0 && compare(first, Uint32Array.from(firsts.slice(-words)), 0, words) <= 0) {
        throw new Error(`its ranges are not in order at byte ${from + start}`);
      }
      this.#at.push(from + start);
      firsts.push(...first);
    }
    if (this.#at.length === 0) throw new Error('it is empty');
    this.#firsts = Uint32Array.from(firsts);
  }

  /** The last stretch that begins at or before the address; -1 is none. */
  #stretchOf(address: IpBytes): number {
    const words = this.#words;
    if (address.length !== 4 * words) return -1;
    for (let i = 0; i < words; i++) this.#wanted[i] = wordAt(address, 4 * i);
    let low = 0;
    let high = this.#at.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#wanted, this.#firsts, middle * words, words) >= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #parse(stretch: number): RangeTable {
    const from = this.#at[stretch]!;
    const bytes = this.#read(from, this.#at[stretch + 1] ?? this.#size);
    const table = buildTable(this.#words, bytes.length >> 5);
    let useless = 0;
    const unreadable = readRanges(bytes, table.start, table.end, (asn, name) => {
      if (!table.add(asn, from + name)) useless++;
    });
    if (unreadable + useless > 0) this.#onUnreadable(unreadable + useless);
    return table.build();
  }

  #read(from: number, to: number): Buffer {
    const bytes = Buffer.allocUnsafe(to - from);
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(this.#file, bytes, at, bytes.length - at, from + at);
      if (read === 0) throw new Error('the file is shorter than it was');
      at += read;
    }
    return bytes;
  }
}
