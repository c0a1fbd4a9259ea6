/**
 * Work that takes long and must not be seen half done, in slices: between them the event loop turns and questions are
 * answered. One piece of work at a time; the next one waits.
 */

import { nextTurn } from '../lib/turn.ts';

/** It yields where it may be interrupted. */
export type Sliced = Iterator<void, void>;

export class InSlices {
  #work: Sliced | null = null;
  #done: Promise<void> = Promise.resolve();

  /** Begins when all before it is done; resolves when it is done itself, and rejects with what it throws. */
  run(begin: () => Sliced): Promise<void> {
    const result = this.#done.then(() => this.#slices(begin()));
    this.#done = result.catch(() => {});
    return result;
  }

  /** Does at once what is left of the work under way: for whoever cannot wait, and changes what it is about. */
  finish(): void {
    const work = this.#work;
    this.#work = null;
    if (work !== null) while (work.next().done !== true);
  }

  async #slices(work: Sliced): Promise<void> {
    this.#work = work;
    try {
      // When it was finished meanwhile there is nothing left of it.
      while (work.next().done !== true) await nextTurn();
    } finally {
      if (this.#work === work) this.#work = null;
    }
  }
}
