/** Signatures that have been used, for as long as their time could still pass: none is taken twice. */

export class UsedSignatures {
  readonly #most: number;
  readonly #keepFor: number;
  readonly #elapsed: () => number;
  /** When each was used: the oldest first. */
  readonly #used = new Map<string, number>();

  /** Keeps at most `most`, for `keepFor` milliseconds each. */
  constructor(most: number, keepFor: number, elapsed: () => number) {
    this.#most = most;
    this.#keepFor = keepFor;
    this.#elapsed = elapsed;
  }

  /** `full`: it may be new, but it could not be told from itself when it comes again. */
  use(signature: string): 'new' | 'used' | 'full' {
    const now = this.#elapsed();
    for (const [old, at] of this.#used) {
      if (now - at <= this.#keepFor) break;
      this.#used.delete(old);
    }
    if (this.#used.has(signature)) return 'used';
    if (this.#used.size >= this.#most) return 'full';
    this.#used.set(signature, now);
    return 'new';
  }
}
