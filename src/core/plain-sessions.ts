/**
 * The tracker's rule, for clients of whom nothing is told but when they were there, how much they took and in which quality: for
 * whoever wants the sums of a heap of lines, and no records. There are no ids, no cuts, no declared clients, and nothing comes
 * late or in a crowd; where that does not hold it says so, and the tracker goes on from there with what is open. Both make
 * the same sessions: plain-sessions.test.ts.
 */

import type { Client } from './identity.ts';
import { NetworkLimits } from './limits.ts';
import { type Instant, type Milliseconds, type Presence, presence } from './observation.ts';

/** A presence of nothing but times and sums, and the quality that it had last. */
export interface PlainRun {
  readonly from: Instant;
  readonly to: Instant;
  readonly bytes: number;
  readonly requests: number;
  /** The last sight of a quality: when, and of which one; null if there is none. */
  readonly sightAt: Instant;
  readonly quality: string | null;
}

export interface PlainSession extends PlainRun {
  readonly client: Client;
  readonly stream: string;
}

/** One that may still grow. */
interface Open {
  readonly client: Client;
  readonly stream: string;
  from: Instant;
  to: Instant;
  bytes: number;
  requests: number;
  sightAt: Instant;
  quality: string | null;
  /** The one of the same client and stream that is the next before it in time. */
  older: Open | null;
}

export class PlainSessions {
  readonly #gap: Milliseconds;
  /** By stream and key: the newest. */
  readonly #streams = new Map<string, Map<string, Open>>();
  readonly #limits: NetworkLimits;
  watermark: Instant = Number.NEGATIVE_INFINITY;

  constructor(gap: Milliseconds, limits = new NetworkLimits()) {
    this.#gap = gap;
    this.#limits = limits;
  }

  /** In any order. False, and nothing is changed, if only the tracker can tell what becomes of it. */
  add(client: Client, stream: string, run: PlainRun): boolean {
    if (client.identity !== 'inferred' || client.user !== null || run.to + this.#gap < this.watermark) return false;
    let sessions = this.#streams.get(stream);
    if (sessions === undefined) {
      sessions = new Map();
      this.#streams.set(stream, sessions);
    }
    const newest = sessions.get(client.key) ?? null;
    if (newest === null ? !this.#limits.admits(client) : !areAlike(newest.client, client)) return false;
    let newer: Open | null = null;
    let open = newest;
    while (open !== null && open.from > run.to + this.#gap) {
      newer = open;
      open = open.older;
    }
    if (open === null || open.to + this.#gap < run.from) {
      const { from, to, bytes, requests, sightAt, quality } = run;
      const added = { client, stream, from, to, bytes, requests, sightAt, quality, older: open };
      this.#limits.add(client);
      if (newer === null) sessions.set(client.key, added);
      else newer.older = added;
      return true;
    }
    merge(open, run);
    while (open.older !== null && open.older.to + this.#gap >= open.from) {
      merge(open, open.older);
      this.#limits.remove(client);
      open.older = open.older.older;
    }
    return true;
  }

  /** "Everything up to then has been told": calls back with the sessions that are over. Infinity: with all. */
  advance(watermark: Instant, each: (session: PlainSession) => void): void {
    if (watermark > this.watermark) this.watermark = watermark;
    for (const sessions of this.#streams.values()) {
      for (const [key, newest] of sessions) {
        let newer: Open | null = null;
        let over: Open | null = newest;
        while (over !== null && over.to + this.#gap >= this.watermark) {
          newer = over;
          over = over.older;
        }
        if (over === null) continue;
        if (newer === null) sessions.delete(key);
        else newer.older = null;
        for (; over !== null; over = over.older) {
          this.#limits.remove(over.client);
          each(over);
        }
      }
    }
  }

  /** For the tracker: what is open, each as one presence. */
  *open(): Generator<Presence<Client>> {
    for (const sessions of this.#streams.values()) {
      for (const newest of sessions.values()) {
        for (let open: Open | null = newest; open !== null; open = open.older) yield presenceOfOpen(open);
      }
    }
  }
}

/** Do they make no difference to a session? */
function areAlike(a: Client, b: Client): boolean {
  return a === b || (a.place === b.place && a.bot === b.bot && a.address === b.address);
}

function presenceOfOpen({ quality, sightAt, older: _, ...run }: Open): Presence<Client> {
  return presence({ ...run, qualities: quality === null ? null : [{ at: sightAt, value: quality }] });
}

function merge(open: Open, run: PlainRun): void {
  if (run.from < open.from) open.from = run.from;
  if (run.to > open.to) open.to = run.to;
  open.bytes += run.bytes;
  open.requests += run.requests;
  if (run.quality === null) return;
  const isSeen = open.quality !== null;
  if (isSeen && (run.sightAt < open.sightAt || (run.sightAt === open.sightAt && run.quality <= open.quality!))) return;
  open.sightAt = run.sightAt;
  open.quality = run.quality;
}
