/**
 * Counters by scope (a source, a part of the process) and name. Everything that is skipped, dropped, late or refused
 * is counted here; `/metrics`, `/api/v1/sources` and the tests read them.
 */

export class Counters {
  readonly #scopes = new Map<string, Map<string, number>>();

  scope(name: string): ScopedCounters {
    let counters = this.#scopes.get(name);
    if (counters === undefined) {
      counters = new Map();
      this.#scopes.set(name, counters);
    }
    return new ScopedCounters(counters);
  }

  forget(name: string): void {
    this.#scopes.delete(name);
  }

  /** All of them, by scope. */
  read(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.#scopes].map(([scope, counters]) => [scope, Object.fromEntries(counters)]));
  }
}

export class ScopedCounters {
  readonly #counters: Map<string, number>;

  constructor(counters: Map<string, number> = new Map()) {
    this.#counters = counters;
  }

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
}
