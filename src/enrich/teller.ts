/**
 * Tells of clients whose player has been found, some at a time: half an audience may have the same user agent, and telling
 * the tracker of all of them at once would hold everything else up.
 */

import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Met } from './acquaintances.ts';
import type { Found } from './enrich.ts';
import type { Agent } from './player/index.ts';

interface News {
  readonly agent: Agent<Met>;
  readonly clients: readonly Met[];
}

/** How many are told in one go. */
const SLICE = 1000;

export class Teller {
  readonly #found: Found;
  readonly #most: number;
  readonly #counters: ScopedCounters;
  /** How many clients wait, for their agent or to be told. */
  #waiting = 0;
  #news: News[] = [];
  #telling: Promise<void> | null = null;
  #isClosed = false;

  /** At most `most` clients may wait at a time; those who find no room are counted as `clientsUntold`. */
  constructor(found: Found, most: number, counters: ScopedCounters) {
    this.#found = found;
    this.#most = most;
    this.#counters = counters;
  }

  /** The client is to be told when its agent is known, unless it is already. */
  await(agent: Agent<Met>, met: Met): void {
    if (agent.waiting === null) return;
    if (this.#waiting >= this.#most) {
      this.#counters.add('clientsUntold');
      return;
    }
    agent.waiting.push(met);
    this.#waiting++;
  }

  /** Soon fills in what is known of the agent, and calls `found` for each client for whom it is news. */
  tell(agent: Agent<Met>, clients: readonly Met[]): void {
    this.#news.push({ agent, clients });
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
        await turn();
        if (this.#isClosed) break;
        for (const met of news.clients.slice(i, i + SLICE)) this.#tellOf(met, news.agent);
      }
    }
    this.#telling = null;
  }

  #tellOf({ source, client }: Met, { player, bot }: Agent<Met>): void {
    this.#waiting--;
    if (client.player === player && client.bot === bot) return;
    client.player = player;
    // What it was flagged for beside its user agent stays.
    client.bot ||= bot;
    this.#found(source, client);
  }
}

/** Lets everything else have its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
