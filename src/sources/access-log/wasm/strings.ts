/** Strings as scan.ts numbers them, in a table in its memory: seen from outside. */

import { doubled } from '../byte-table.ts';
import { UNKNOWN } from './fold.ts';
import { TABLE, TABLE_PLACE_BYTES } from './scan.ts';

/** So many strings; then all are forgotten. */
export const MOST_STRINGS = 128 * 1024;
export const MOST_PLACES = 2 * MOST_STRINGS;
const LEAST_PLACES = 4096;
const WORDS = TABLE_PLACE_BYTES / 4;

/** A table whose places are in the memory of the module; `table` is where its cells are. */
export class Table {
  readonly #table: Int32Array;
  readonly #places: Int32Array;
  #room = 0;

  constructor(memory: ArrayBuffer, table: number, places: number, most = MOST_PLACES) {
    this.#table = new Int32Array(memory, table, 3);
    this.#places = new Int32Array(memory, places, most * WORDS);
    this.#table[TABLE.places / 4] = places;
    this.clear();
  }

  /** How many it has numbered. */
  get size(): number {
    return this.#table[TABLE.size / 4]!;
  }

  clear(): void {
    this.empty();
    this.#setRoom(LEAST_PLACES);
  }

  /** The same, for who fills it as much again. */
  empty(): void {
    this.#places.fill(0, 0, this.#room * WORDS);
    this.#table[TABLE.size / 4] = 0;
  }

  /** Makes room for so many in all. False if that is too many. */
  reserve(needed: number): boolean {
    if (needed * 2 * WORDS > this.#places.length) return false;
    if (needed * 2 > this.#room) this.#spread(needed * 2);
    return true;
  }

  #setRoom(places: number): void {
    this.#room = places;
    this.#table[TABLE.mask / 4] = (places - 1) * TABLE_PLACE_BYTES;
  }

  #spread(least: number): void {
    const old = this.#places.slice(0, this.#room * WORDS);
    this.#places.fill(0, 0, old.length);
    let room = this.#room;
    while (room < least) room *= 2;
    this.#setRoom(room);
    for (let from = 0; from < old.length; from += WORDS) {
      if (old[from + 2] === 0) continue;
      let place = (old[from]! & (room - 1)) * WORDS;
      while (this.#places[place + 2] !== 0) place = (place + WORDS) & (room * WORDS - 1);
      for (let i = 0; i < WORDS; i++) this.#places[place + i] = old[from + i]!;
    }
  }
}

/** The strings of one kind. */
export class Strings {
  /** By number: what the reader has found out; `UNKNOWN` if nothing yet. */
  meaning: Int32Array;
  readonly #table: Table;
  readonly #isFixed: boolean;

  /** `meaning`: where it must be; else it grows. */
  constructor(memory: ArrayBuffer, table: number, places: number, meaning?: Int32Array) {
    this.#isFixed = meaning !== undefined;
    this.meaning = meaning ?? new Int32Array(1024).fill(UNKNOWN);
    this.#table = new Table(memory, table, places);
  }

  get size(): number {
    return this.#table.size;
  }

  clear(): void {
    this.forgetMeanings();
    this.#table.clear();
  }

  forgetMeanings(): void {
    this.meaning.fill(UNKNOWN, 0, this.#isFixed ? this.size : undefined);
  }

  /** Makes room for so many more. False if that would be too many. */
  reserve(more: number): boolean {
    const { size } = this;
    if (!this.#table.reserve(size + more)) return false;
    if (this.#isFixed) {
      this.meaning.fill(UNKNOWN, size, size + more);
    } else if (size + more > this.meaning.length) {
      const known = this.meaning.length;
      this.meaning = doubled(this.meaning, size + more).fill(UNKNOWN, known);
    }
    return true;
  }
}
