/**
 * The lines of an access log, one after the other, out of blocks of bytes. How a line is written is formats/; what a path
 * means is rules.ts, who the client is clients.ts.
 */

import { Buffer } from 'node:buffer';
import { CR, LF } from './formats/bytes.ts';
import { END, Line, type LineFormat, SLACK, type Verdict, viewOf } from './line.ts';

const UNKNOWN: LineFormat = { name: 'unknown', read: (line) => line.bad('Format') };

export class LineScanner {
  /** The line that was read last. */
  readonly line = new Line();
  /** How the lines to come are written. */
  format: LineFormat;
  /** Where in the block the next line begins. */
  position = 0;
  #length = 0;

  constructor(format: LineFormat = UNKNOWN) {
    this.format = format;
  }

  /** The lines of a block: the last one may lack its line end. */
  load(block: Uint8Array): void {
    const isRoomy = block.buffer.byteLength - block.byteOffset - block.length >= SLACK;
    const bytes = isRoomy ? block : withSlack(block);
    // A Buffer finds bytes four times as fast as a plain Uint8Array.
    this.line.block = Buffer.from(bytes.buffer, bytes.byteOffset, block.length);
    this.line.blockView = viewOf(this.line.block, SLACK);
    this.#length = block.length;
    this.position = 0;
  }

  /** Moves on to the next line. */
  next(): typeof END | Verdict {
    const { line } = this;
    const { block } = line;
    const start = this.position;
    if (start >= this.#length) return END;
    let end = block.indexOf(LF, start);
    if (end === -1) end = this.#length;
    this.position = end + 1;
    if (end > start && block[end - 1] === CR) end--;
    line.start = start;
    line.end = end;
    line.bytes = block;
    line.view = line.blockView;
    return this.format.read(line);
  }
}

function withSlack(block: Uint8Array): Uint8Array {
  const roomy = new Uint8Array(block.length + SLACK);
  roomy.set(block);
  return roomy;
}
