/** Sessions that may still grow, one row each, as numbers in typed columns: 56 bytes a session, and no object for any of them. */

import { grown } from './grown.ts';
import type { Instant } from './observation.ts';

/** In a column of numbers: nothing. */
export const NONE = -1;

/** A row that has been given back is used again. */
export class OpenRows {
  from = new Float64Array(1024);
  to = new Float64Array(1024);
  bytes = new Float64Array(1024);
  requests = new Float64Array(1024);
  /** When its newest quality was seen last; means nothing without a quality. */
  sightAt = new Float64Array(1024);
  /** What these numbers stand for the owner knows. The quality may be NONE. */
  seat = new Int32Array(1024);
  stream = new Int32Array(1024);
  quality = new Int32Array(1024);
  /** Of the same seat, or the next free row. */
  next = new Int32Array(1024);
  #used = 0;
  #free = NONE;

  /** Makes room for one more; answers its number. Its columns are whatever they were. */
  open(): number {
    const row = this.#free;
    if (row === NONE) {
      if (this.#used === this.next.length) this.#grow(2 * this.#used);
      return this.#used++;
    }
    this.#free = this.next[row]!;
    return row;
  }

  free(row: number): void {
    this.next[row] = this.#free;
    this.#free = row;
  }

  extend(row: number, from: Instant, to: Instant, bytes: number, requests: number): void {
    if (from < this.from[row]!) this.from[row] = from;
    if (to > this.to[row]!) this.to[row] = to;
    this.bytes[row]! += bytes;
    this.requests[row]! += requests;
  }

  #grow(rows: number): void {
    this.from = grown(this.from, rows);
    this.to = grown(this.to, rows);
    this.bytes = grown(this.bytes, rows);
    this.requests = grown(this.requests, rows);
    this.sightAt = grown(this.sightAt, rows);
    this.seat = grown(this.seat, rows);
    this.stream = grown(this.stream, rows);
    this.quality = grown(this.quality, rows);
    this.next = grown(this.next, rows);
  }
}
