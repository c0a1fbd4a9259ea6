/** A bounded map: keeps the entries that were set most recently. */

export class Newest<K, V> {
  readonly #most: number;
  /** Oldest first: a Map remembers the order of insertion. */
  readonly #entries = new Map<K, V>();
  /**
   * Stands before the oldest entry. A new iterator would have to step over everything deleted since the Map last put
   * itself in order, which may be as many entries as it holds, for each one that has to go.
   */
  #oldest: MapIterator<K> | null = null;

  /** `most` is at least 1. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Makes it the newest. Answers whether the oldest one had to go for it. */
  set(key: K, value: V): boolean {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return false;
    this.#oldest ??= this.#entries.keys();
    this.#entries.delete(this.#oldest.next().value!);
    return true;
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#oldest = null;
  }
}
