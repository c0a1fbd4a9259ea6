/** Sessions that may still grow, one row each, as numbers in typed columns: 56 bytes a session, and no object for any of them. */

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
    const doubles = (column: Float64Array<ArrayBuffer>) => filled(new Float64Array(rows), column);
    const numbers = (column: Int32Array<ArrayBuffer>) => filled(new Int32Array(rows), column);
    this.from = doubles(this.from);
    this.to = doubles(this.to);
    this.bytes = doubles(this.bytes);
    this.requests = doubles(this.requests);
    this.sightAt = doubles(this.sightAt);
    this.seat = numbers(this.seat);
    this.stream = numbers(this.stream);
    this.quality = numbers(this.quality);
    this.next = numbers(this.next);
  }
}

function filled<A extends Float64Array | Int32Array>(larger: A, column: A): A {
  larger.set(column);
  return larger;
}
