/**
 * Connections of peers that a server has announced (RFC 6062 §4.4, §5.2) and that a client has not yet claimed: by their
 * CONNECTION-ID. Bounded; the oldest goes first.
 */

import type { Allocation } from './allocation.ts';

const MAX_EXPECTED = 10_000;

export class RelayConnections {
  readonly #expected = new Map<number, Allocation>();

  expect(allocation: Allocation, id: number): void {
    this.#expected.delete(id);
    this.#expected.set(id, allocation);
    if (this.#expected.size > MAX_EXPECTED) this.#expected.delete(this.#expected.keys().next().value!);
  }

  take(id: number): Allocation | null {
    const allocation = this.#expected.get(id) ?? null;
    this.#expected.delete(id);
    return allocation;
  }
}
