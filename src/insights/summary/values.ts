/** Texts as numbers, in the order in which they were first met. Bounded: what comes too late is all one. */

import { OTHERS } from '../../core/query.ts';

export class Values {
  readonly #numbers = new Map<string | null, number>();
  readonly #most: number;
  readonly all: (string | null)[] = [];
  /** How often a text was met for which there was no room. */
  crowded = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Null if there is no room for it: then it has no number of its own. */
  ownNumberOf(value: string | null): number | null {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    return this.all.length < this.#most ? this.numberOf(value) : null;
  }

  numberOf(value: string | null): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    if (this.all.length >= this.#most && value !== OTHERS) {
      this.crowded++;
      return this.numberOf(OTHERS);
    }
    this.#numbers.set(value, this.all.length);
    return this.all.push(value) - 1;
  }
}
