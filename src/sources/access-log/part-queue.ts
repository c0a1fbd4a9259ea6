/** Which parts of logs are still to be read (parts.ts), in memory that several threads share: whoever is free takes the next one. */

const CELLS = { next: 0, limit: 1 } as const;

export class PartQueue {
  /** What another thread needs to have the same queue. */
  readonly memory: Int32Array;
  readonly #length: number;

  /** Of `length` parts, the first of which has been taken. */
  constructor(length: number, memory?: Int32Array) {
    this.#length = length;
    this.memory = memory ?? new Int32Array(new SharedArrayBuffer(Object.keys(CELLS).length * 4));
    if (memory === undefined) this.memory[CELLS.next] = 1;
  }

  /** No part behind this one is to be taken, until it is said again. */
  set limit(part: number) {
    Atomics.store(this.memory, CELLS.limit, part);
  }

  get isOpen(): boolean {
    return this.#isOpenFor(Atomics.load(this.memory, CELLS.next));
  }

  /** The number of a part that nobody else has; null if there is none for now. */
  take(): number | null {
    for (;;) {
      const next = Atomics.load(this.memory, CELLS.next);
      if (!this.#isOpenFor(next)) return null;
      if (Atomics.compareExchange(this.memory, CELLS.next, next, next + 1) === next) return next;
    }
  }

  #isOpenFor(next: number): boolean {
    return next < this.#length && next <= Atomics.load(this.memory, CELLS.limit);
  }
}
