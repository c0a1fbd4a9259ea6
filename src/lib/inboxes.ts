/**
 * Where one part of the process takes what another has been sent for it, by name: a source what comes in at a facade.
 * Nothing waits here: whoever takes says at once what became of it.
 */

import { HeadcountError } from './errors.ts';

/** What has become of a message. `ignored` is right, and not wanted; `full`: another time. */
export type Receipt = 'taken' | 'ignored' | 'malformed' | 'full';

export class Inboxes {
  readonly #taking = new Map<string, (message: unknown) => Receipt>();

  /** Answers how to close it again. Throws `INBOX_TAKEN` if there is one of this name. */
  open(name: string, take: (message: unknown) => Receipt): () => void {
    if (this.#taking.has(name)) {
      throw new HeadcountError(
        'INBOX_TAKEN',
        `Another source takes what is sent for "${name}" already: give one of them another inbox.`,
      );
    }
    this.#taking.set(name, take);
    return () => {
      this.#taking.delete(name);
    };
  }

  /** Null if there is nobody to take it. */
  hand(name: string, message: unknown): Receipt | null {
    return this.#taking.get(name)?.(message) ?? null;
  }
}
