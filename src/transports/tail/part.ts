/** Parts of a file that does not grow, read at once in several threads: whole lines, each in exactly one part. */

import { closeSync, openSync, readSync } from 'node:fs';
import { LONGEST_LINE } from './longest-line.ts';

const LF = 0x0a;
/** Small enough to stay in the processor's cache. */
const BLOCK = 256 * 1024;
/** Readable behind a block. */
const SLACK = 8;
/** How much memory reading a part takes. */
export const PART_MEMORY = LONGEST_LINE + BLOCK + SLACK;

export interface FilePart {
  readonly path: string;
  /** The lines that begin from here … */
  readonly from: number;
  /** … to before here. */
  readonly to: number;
}

/**
 * Hands the lines of a part over, block by block; only the very last line of the file may lack its end. Answers how many
 * lines were skipped because they are longer than 1 MiB. Throws what the system says.
 *
 * `memory`, of `PART_MEMORY` bytes at least, is where the blocks are.
 */
export function readPart(
  { path, from, to }: FilePart,
  take: (block: Buffer) => void,
  memory = Buffer.alloc(PART_MEMORY),
): number {
  const file = openSync(path, 'r');
  try {
    return new PartReader(file, from, to, memory).read(take);
  } finally {
    closeSync(file);
  }
}

class PartReader {
  readonly #file: number;
  readonly #memory: Buffer;
  readonly #to: number;
  /** Where in the file the memory begins, and how much of it is filled. */
  #at: number;
  #filled = 0;
  #longLines = 0;
  /** The line that is being read began before it: in another part, or it is too long. */
  #isInside: boolean;

  constructor(file: number, from: number, to: number, memory: Buffer) {
    this.#file = file;
    this.#memory = memory;
    this.#to = to;
    // A line begins at `from` if one ends just before it.
    this.#at = Math.max(from - 1, 0);
    this.#isInside = from > 0;
  }

  read(take: (block: Buffer) => void): number {
    for (let isEnd = false; !isEnd; ) {
      isEnd = this.#fill();
      const start = this.#isInside ? this.#endOfLine() : 0;
      if (start === -1) {
        this.#keep(this.#filled);
        continue;
      }
      this.#isInside = false;
      if (this.#at + start >= this.#to) break;
      const last = this.#endOfLastLine();
      const end = last !== -1 ? last : isEnd ? this.#filled : this.#endOfBlock();
      if (end > start) take(this.#memory.subarray(start, end));
      if (last !== -1) break;
      this.#keep(Math.max(start, end));
      if (this.#filled <= LONGEST_LINE) continue;
      this.#longLines++;
      this.#isInside = true;
      this.#keep(this.#filled);
    }
    return this.#longLines;
  }

  /** True at the end of the file. */
  #fill(): boolean {
    const room = Math.min(BLOCK, this.#memory.length - SLACK - this.#filled);
    const read = readSync(this.#file, this.#memory, this.#filled, room, this.#at + this.#filled);
    this.#filled += read;
    return read === 0;
  }

  /** Behind the line end that comes first; -1 if none is there. */
  #endOfLine(): number {
    const end = this.#memory.subarray(0, this.#filled).indexOf(LF);
    return end === -1 ? -1 : end + 1;
  }

  /** Behind the last whole line. */
  #endOfBlock(): number {
    return this.#memory.subarray(0, this.#filled).lastIndexOf(LF) + 1;
  }

  /** Behind the last line that begins before the part's end; -1 if its end is not there yet. */
  #endOfLastLine(): number {
    if (this.#at + this.#filled < this.#to) return -1;
    const end = this.#memory.subarray(0, this.#filled).indexOf(LF, Math.max(this.#to - 1 - this.#at, 0));
    return end === -1 ? -1 : end + 1;
  }

  /** Drops what is before `from`. */
  #keep(from: number): void {
    this.#memory.copyWithin(0, from, this.#filled);
    this.#at += from;
    this.#filled -= from;
  }
}
