/**
 * Numbers for byte strings: the same bytes have the same number, from 0 up. Made for fields of log lines, which repeat
 * all the time: looking one up reads its bytes twice, four at a time, and allocates nothing.
 *
 * It is a cache: a string that collides too often pushes another one out, which gets a new number when it comes again
 * (`forgotten` counts them). So whoever chooses the strings cannot make a look-up slow. The owner bounds it by clearing
 * it when `size` or `bytes` has become too great.
 */

import { grown } from '../../core/grown.ts';

/** A look-up tries so many places before it takes one that is taken. */
const MAX_PROBES = 16;

/** A place is four words side by side, so that a look-up touches one line of the processor's cache. */
const PLACE = 4;
/** One more than the number of the string there; 0 is a free place. */
const NUMBER = 0;
const HASH = 1;
const LENGTH = 2;
/** Where its bytes are kept, in words. */
const START = 3;

const FIRST_PLACES = 2048;
const FIRST_WORDS = 8192;
const FIRST_NUMBERS = 1024;

export class ByteTable {
  /** How many strings have been given a number. */
  size = 0;
  /** Room taken by the strings. */
  bytes = 0;
  /** How many strings were pushed out. */
  forgotten = 0;

  readonly #seed: number;
  #places = new Int32Array(FIRST_PLACES * PLACE);
  #kept = new Int32Array(FIRST_WORDS);
  /** By number, again, for `holds`. */
  #starts = new Int32Array(FIRST_NUMBERS);
  #lengths = new Int32Array(FIRST_NUMBERS);

  /** The seed makes collisions unpredictable; any whole number. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The number of the bytes from `start` to `end`. Up to three bytes behind them must be readable through `view`. */
  find(view: DataView, start: number, end: number): number {
    const hash = hashOf(view, start, end, this.#seed);
    const places = this.#places;
    let place = homeOf(hash, places);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const number = places[place + NUMBER]!;
      if (number === 0) return this.#add(view, start, end, hash, place);
      const isAlike = places[place + HASH] === hash && places[place + LENGTH] === end - start;
      if (isAlike && isEqual(this.#kept, places[place + START]!, view, start, end)) return number - 1;
      place = nextPlace(place, places);
    }
    this.forgotten++;
    return this.#add(view, start, end, hash, homeOf(hash, places));
  }

  /** Has the string of this number just these bytes? Cheaper than `find`, where the answer is nearly always yes. */
  holds(number: number, view: DataView, start: number, end: number): boolean {
    const from = this.#starts[number]!;
    return this.#lengths[number] === end - start && isEqual(this.#kept, from, view, start, end);
  }

  clear(): void {
    this.size = 0;
    this.bytes = 0;
    this.#places = new Int32Array(FIRST_PLACES * PLACE);
    this.#kept = new Int32Array(FIRST_WORDS);
  }

  #add(view: DataView, start: number, end: number, hash: number, place: number): number {
    const number = this.size++;
    const word = this.bytes / 4;
    const words = Math.ceil((end - start) / 4);
    if (word + words > this.#kept.length) this.#kept = doubled(this.#kept, word + words);
    if (number === this.#starts.length) {
      this.#starts = doubled(this.#starts, number + 1);
      this.#lengths = doubled(this.#lengths, number + 1);
    }
    this.#starts[number] = word;
    this.#lengths[number] = end - start;
    for (let i = 0; i < words; i++) this.#kept[word + i] = wordAt(view, start + 4 * i, end);
    this.bytes += words * 4;
    const places = this.#places;
    places[place + NUMBER] = number + 1;
    places[place + HASH] = hash;
    places[place + LENGTH] = end - start;
    places[place + START] = word;
    if (this.size * 2 * PLACE > places.length) this.#spread();
    return number;
  }

  /** Into twice the room. */
  #spread(): void {
    const old = this.#places;
    const places = new Int32Array(old.length * 2);
    for (let from = 0; from < old.length; from += PLACE) {
      if (old[from + NUMBER] === 0) continue;
      let place = homeOf(old[from + HASH]!, places);
      for (let probe = 1; probe < MAX_PROBES && places[place + NUMBER] !== 0; probe++) place = nextPlace(place, places);
      if (places[place + NUMBER] !== 0) this.forgotten++;
      for (let i = 0; i < PLACE; i++) places[place + i] = old[from + i]!;
    }
    this.#places = places;
  }
}

function homeOf(hash: number, places: Int32Array): number {
  return Math.imul(hash, PLACE) & (places.length - 1);
}

function nextPlace(place: number, places: Int32Array): number {
  return (place + PLACE) & (places.length - 1);
}

/** Two words at a time, so that one multiplication need not wait for the other. */
function hashOf(view: DataView, start: number, end: number, seed: number): number {
  let a = seed ^ (end - start);
  let b = seed;
  let p = start;
  for (; p + 8 <= end; p += 8) {
    a = Math.imul(a ^ view.getInt32(p, true), 0x9e3779b1);
    b = Math.imul(b ^ view.getInt32(p + 4, true), 0x85ebca6b);
    a ^= a >>> 15;
    b ^= b >>> 13;
  }
  if (p < end) a = Math.imul(a ^ wordAt(view, p, end), 0x9e3779b1);
  if (p + 4 < end) b = Math.imul(b ^ wordAt(view, p + 4, end), 0x85ebca6b);
  a ^= a >>> 15;
  a = Math.imul(a ^ b ^ (b >>> 13), 0xc2b2ae35);
  return a ^ (a >>> 16);
}

function isEqual(kept: Int32Array, from: number, view: DataView, start: number, end: number): boolean {
  let word = from;
  let p = start;
  for (; p + 4 <= end; p += 4) if (kept[word++] !== view.getInt32(p, true)) return false;
  return p === end || kept[word] === wordAt(view, p, end);
}

/** Four bytes as a word; those from `end` on are 0. */
function wordAt(view: DataView, at: number, end: number): number {
  const word = view.getInt32(at, true);
  return end - at >= 4 ? word : word & ((1 << (8 * (end - at))) - 1);
}

/** The same array, with at least twice the room. */
export function doubled<T extends Uint8Array | Int32Array | Float64Array>(array: T, least: number): T {
  return grown(array, Math.max(array.length * 2, least));
}
