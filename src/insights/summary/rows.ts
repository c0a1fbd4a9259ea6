/**
 * The sessions of a summary, one row each, as numbers in typed columns: 36 bytes a session, and nothing is hashed twice.
 * What a row counts under is a number in each column; which text that number stands for is values.ts, and who it was listeners.ts.
 */

import { grown } from '../../core/grown.ts';

export class Rows {
  size = 0;
  begins = new Float64Array(1024);
  ends = new Float64Array(1024);
  bytes = new Float64Array(1024);
  stream = new Uint32Array(1024);
  quality = new Uint32Array(1024);
  who = new Uint32Array(1024);

  /** Makes room for one more row; answers its number. */
  open(): number {
    if (this.size === this.begins.length) this.#grow(4 * this.size);
    return this.size++;
  }

  #grow(capacity: number): void {
    this.begins = grown(this.begins, capacity);
    this.ends = grown(this.ends, capacity);
    this.bytes = grown(this.bytes, capacity);
    this.stream = grown(this.stream, capacity);
    this.quality = grown(this.quality, capacity);
    this.who = grown(this.who, capacity);
  }
}
