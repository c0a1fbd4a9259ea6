/**
 * Tells of clients of whom more has been found out (their player, their place), some at a time: half an audience may have
 * the same user agent, and telling the tracker of all of them at once would hold everything else up.
 */

import { nextTurn } from '../lib/turn.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Met } from './acquaintances.ts';
import type { Found } from './enrich.ts';

/** Fills in what has been found out. Answers whether that is news of the client. */
export type Learn = (met: Met) => boolean;

interface News {
  readonly clients: readonly Met[];
  readonly learn: Learn;
}

/** How many are told in one go. */
const SLICE = 1000;

export class Teller {
  readonly #found: Found;
  readonly #most: number;
  readonly #counters: ScopedCounters;
  /** How many wait, for something to be found or to be told; a client that waits for two things is two. */
  #waiting = 0;
  #news: News[] = [];
  #telling: Promise<void> | null = null;
  #isClosed = false;

  /** At most `most` may wait at a time; those who find no room are counted as `clientsUntold`. */
  constructor(found: Found, most: number, counters: ScopedCounters) {
    this.#found = found;
    this.#most = most;
    this.#counters = counters;
  }

  /** The client joins those who wait; false if there is no room. */
  await(waiting: Met[], met: Met): boolean {
    if (this.#waiting >= this.#most) {
      this.#counters.add('clientsUntold');
      return false;
    }
    waiting.push(met);
    this.#waiting++;
    return true;
  }

  /** Those who have waited learn it soon, and `found` is called for each of whom it is news. */
  tell(clients: readonly Met[], learn: Learn): void {
    this.#news.push({ clients, learn });
    this.#telling ??= this.#tellAll();
  }

  /** Resolves when all has been told. */
  async settled(): Promise<void> {
    while (this.#telling !== null) await this.#telling;
  }

  /** Nobody is told any more. */
  close(): void {
    this.#isClosed = true;
    this.#news = [];
  }

  async #tellAll(): Promise<void> {
    for (let news = this.#news.shift(); news !== undefined; news = this.#news.shift()) {
      for (let i = 0; i < news.clients.length; i += SLICE) {
        await nextTurn();
        if (this.#isClosed) break;
        for (const met of news.clients.slice(i, i + SLICE)) {
          this.#waiting--;
          if (news.learn(met)) this.#found(met.source, met.client);
        }
      }
    }
    this.#telling = null;
  }
}
