/**
 * A file of which only what is asked for is read, page by page, as if it were memory: a database of 60 MB is ready at once,
 * and of its pages only those are resident that somebody's address has led to. For files that nobody rewrites in place; one
 * that is replaced (renamed over) stays what it was.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Larger pages bring more that nobody asks for, smaller ones more questions to the system. */
const STANDARD_PAGE = 8192;

export class PagedFile {
  /** As long as the file. Only what has been asked for by `need` is to be looked at. */
  readonly buffer: Buffer;
  readonly #file: number;
  /** A page has 2 to the power of so many bytes. */
  readonly #bits: number;
  /** 1 for each page that is there. */
  readonly #here: Uint8Array;

  /** Pages are a power of two. Throws what the system says if the file cannot be opened. */
  constructor(path: string, page: number = STANDARD_PAGE) {
    this.#bits = Math.log2(page);
    this.#file = openSync(path, 'r');
    const { size } = fstatSync(this.#file);
    // Not filled with zeros: memory that nobody writes to takes no room.
    this.buffer = Buffer.allocUnsafeSlow(size);
    this.#here = new Uint8Array(Math.floor(size / page) + 2);
  }

  /**
   * From now on the bytes from `from` up to `to` are there, as far as the file has any. Reads at once: throws what the system
   * says, and the next time tries again.
   */
  need(from: number, to: number): void {
    const last = to >>> this.#bits;
    for (let page = from >>> this.#bits; page <= last; page++) if (this.#here[page] === 0) this.#read(page);
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(page: number): void {
    const from = page * 2 ** this.#bits;
    const to = Math.min(from + 2 ** this.#bits, this.buffer.length);
    for (let at = from; at < to; ) {
      const bytes = readSync(this.#file, this.buffer, at, to - at, at);
      if (bytes === 0) throw new Error('the file is shorter than it was');
      at += bytes;
    }
    this.#here[page] = 1;
  }
}
