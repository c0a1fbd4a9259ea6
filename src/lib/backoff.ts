/** How long to wait before trying again: exponential, with full jitter in the upper half, reset after health. */

export interface BackoffOptions {
  readonly first: number;
  readonly most: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds: between half and all of first × 2^failures, at most `most`. */
  next(): number {
    const { first, most, random } = this.#options;
    const full = Math.min(first * 2 ** this.#failures, most);
    this.#failures++;
    return Math.round(full / 2 + (full / 2) * random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
