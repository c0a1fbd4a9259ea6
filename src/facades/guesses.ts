/** Slows down whoever guesses credentials: by the client's network, and by the user whose they would be. */

import { Newest } from '../core/newest.ts';
import { networkOf } from '../lib/ip.ts';

/** So many wrong ones within this are held against it until the time is over. */
export const MOST_GUESSES = 20;
export const HELD_FOR = 60_000;
const MOST_KNOWN = 10_000;

interface Tally {
  readonly since: number;
  count: number;
}

export class Guesses {
  readonly #elapsed: () => number;
  readonly #networks = new Newest<string, Tally>(MOST_KNOWN);
  readonly #users = new Newest<string, Tally>(MOST_KNOWN);

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** Milliseconds until this client, or this user, may try again; 0 is now. */
  heldFor(address: string, user: string): number {
    return Math.max(this.#left(this.#networks, networkOf(address)), this.#left(this.#users, user));
  }

  /** `user` is null if there is nobody of that name: made-up names push nobody out. */
  failed(address: string, user: string | null): void {
    this.#add(this.#networks, networkOf(address));
    if (user !== null) this.#add(this.#users, user);
  }

  #add(tallies: Newest<string, Tally>, whose: string): void {
    const known = tallies.get(whose);
    const isOver = known === undefined || this.#elapsed() - known.since >= HELD_FOR;
    tallies.set(whose, isOver ? { since: this.#elapsed(), count: 1 } : { ...known, count: known.count + 1 });
  }

  #left(tallies: Newest<string, Tally>, whose: string): number {
    const known = tallies.get(whose);
    if (known === undefined || known.count < MOST_GUESSES) return 0;
    return Math.max(0, known.since + HELD_FOR - this.#elapsed());
  }
}
