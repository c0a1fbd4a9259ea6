/**
 * Numbers for pairs of 32-bit integers: the same pair has the same number, from 0 up. Exact and open-addressed; the owner
 * bounds it by clearing it.
 */

import { doubled } from './byte-table.ts';

/** A place is four words side by side: one more than the number of its pair (0 is a free place), and the pair. */
const PLACE = 4;
const NUMBER = 0;
const FIRST = 1;
const SECOND = 2;

const FIRST_PLACES = 2048;

export class PairTable {
  size = 0;
  readonly #seed: number;
  #places = new Int32Array(FIRST_PLACES * PLACE);
  /** By number. */
  #pairs = new Int32Array(FIRST_PLACES);

  /** The seed makes collisions unpredictable; any whole number. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  find(first: number, second: number): number {
    const places = this.#places;
    let place = homeOf(first, second, this.#seed, places);
    for (;;) {
      const number = places[place + NUMBER]!;
      if (number === 0) return this.#add(first, second, place);
      if (places[place + FIRST] === first && places[place + SECOND] === second) return number - 1;
      place = (place + PLACE) & (places.length - 1);
    }
  }

  first(number: number): number {
    return this.#pairs[number * 2]!;
  }

  second(number: number): number {
    return this.#pairs[number * 2 + 1]!;
  }

  /** Forgets all pairs. A table that was large for once does not stay so. */
  clear(): void {
    const isTooLarge = this.#places.length > FIRST_PLACES * PLACE && this.#places.length > this.size * 8 * PLACE;
    if (isTooLarge) this.#places = new Int32Array(this.#places.length / 2);
    else this.#places.fill(0);
    this.size = 0;
  }

  #add(first: number, second: number, place: number): number {
    const number = this.size++;
    if (number * 2 >= this.#pairs.length) this.#pairs = doubled(this.#pairs, number * 2);
    this.#pairs[number * 2] = first;
    this.#pairs[number * 2 + 1] = second;
    this.#places[place + NUMBER] = number + 1;
    this.#places[place + FIRST] = first;
    this.#places[place + SECOND] = second;
    if (this.size * 2 * PLACE > this.#places.length) this.#spread();
    return number;
  }

  /** Into twice the room. */
  #spread(): void {
    const old = this.#places;
    const places = new Int32Array(old.length * 2);
    for (let from = 0; from < old.length; from += PLACE) {
      if (old[from + NUMBER] === 0) continue;
      let place = homeOf(old[from + FIRST]!, old[from + SECOND]!, this.#seed, places);
      while (places[place + NUMBER] !== 0) place = (place + PLACE) & (places.length - 1);
      for (let i = 0; i < PLACE; i++) places[place + i] = old[from + i]!;
    }
    this.#places = places;
  }
}

function homeOf(first: number, second: number, seed: number, places: Int32Array): number {
  let hash = Math.imul(first ^ seed, 0x9e3779b1) ^ second;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return Math.imul(hash ^ (hash >>> 13), PLACE) & (places.length - 1);
}
