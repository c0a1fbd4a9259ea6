/**
 * Counters by scope (a source, a part of the process) and name. Everything that is skipped, dropped, late or refused
 * is counted here; `/metrics`, `/api/v1/sources` and the tests read them.
 */

import { type Example, Examples } from './examples.ts';

export class Counters {
  readonly #scopes = new Map<string, ScopedCounters>();

  scope(name: string): ScopedCounters {
    let counters = this.#scopes.get(name);
    if (counters === undefined) {
      counters = new ScopedCounters();
      this.#scopes.set(name, counters);
    }
    return counters;
  }

  forget(name: string): void {
    this.#scopes.delete(name);
  }

  /** All of them, by scope. */
  read(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.#scopes].map(([scope, counters]) => [scope, counters.read()]));
  }
}

export class ScopedCounters {
  readonly #counters = new Map<string, number>();
  readonly #examples = new Examples();

  /** Names are camelCase and few: they become labels. */
  add(name: string, amount = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + amount);
  }

  /** For what is known as a total, such as a kernel's own drop counter. */
  set(name: string, value: number): void {
    this.#counters.set(name, value);
  }

  get(name: string): number {
    return this.#counters.get(name) ?? 0;
  }

  read(): Record<string, number> {
    return Object.fromEntries(this.#counters);
  }

  /**
   * One of those that `name` counts, as it came: it is anonymised before it is kept, and only asked for about once a second.
   * `expected` is what it should have been.
   */
  example(name: string, text: () => string, expected: string | null = null): void {
    this.#examples.offer(name, text, expected);
  }

  exampleOf(name: string): Example | null {
    return this.#examples.of(name);
  }
}
