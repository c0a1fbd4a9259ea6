/** A bounded cache: keeps what was used most recently, and counts what it let go. */

import { Newest } from '../core/newest.ts';

export class Lru<K, V> {
  /** In the order of use. */
  readonly #entries: Newest<K, V>;
  readonly #most: number;
  /** How many entries had to go. */
  evicted = 0;

  /** `most` is at least 1. */
  constructor(most: number) {
    this.#most = most;
    this.#entries = new Newest(most);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    // As long as half of the room is free, the order is not worth its price.
    if (value !== undefined && this.#entries.size > this.#most / 2) this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    if (this.#entries.set(key, value)) this.evicted++;
  }

  clear(): void {
    this.#entries.clear();
  }
}
