/** A bounded cache: keeps what was used most recently, and counts what it let go. */

export class Lru<K, V> {
  /** In the order of use, oldest first: a Map remembers the order of insertion. */
  readonly #entries = new Map<K, V>();
  readonly #most: number;
  /** How many entries had to go. */
  evicted = 0;

  /** `most` is at least 1. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined && this.#entries.size > this.#most / 2) {
      // As long as half of the room is free, the order is not worth its price.
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    this.#entries.delete(this.#entries.keys().next().value!);
    this.evicted++;
  }

  clear(): void {
    this.#entries.clear();
  }
}
