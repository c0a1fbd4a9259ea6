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
  /** Of the same client: any other stream, and on the same one what was before it in time. */
  next: Open | null;
}

/** A client, and what is open of it. Without anything open it is not known any more: ask for it again. */
export interface Seat {
  readonly client: Client;
  isKnown: boolean;
  /** The sessions of a stream are newest first. */
  open: Open | null;
}

export class PlainSessions {
  readonly #gap: Milliseconds;
  /** By key. */
  readonly #seats = new Map<string, Seat>();
  readonly #limits: NetworkLimits;
  #closedAt: Instant = Number.NEGATIVE_INFINITY;
  watermark: Instant = Number.NEGATIVE_INFINITY;

  constructor(gap: Milliseconds, limits = new NetworkLimits()) {
    this.#gap = gap;
    this.#limits = limits;
  }

  /** Null if only the tracker can tell what becomes of its presences. */
  seatOf(client: Client): Seat | null {
    if (client.identity !== 'inferred' || client.user !== null) return null;
    const known = this.#seats.get(client.key);
    if (known !== undefined) return areAlike(known.client, client) ? known : null;
    const seat: Seat = { client, isKnown: true, open: null };
    this.#seats.set(client.key, seat);
    return seat;
  }

  /** In any order. False, and nothing is changed, if only the tracker can tell what becomes of it. */
  add(seat: Seat, stream: string, run: PlainRun): boolean {
    const gap = this.#gap;
    if (run.to + gap < this.watermark) return false;
    let newer: Open | null = null;
    let open = seat.open;
    while (open !== null && (open.stream !== stream || open.from > run.to + gap)) {
      newer = open;
      open = open.next;
    }
    if (open === null || open.to + gap < run.from) {
      const { client } = seat;
      if (seat.open === null && !this.#limits.admits(client)) return false;
      const { from, to, bytes, requests, sightAt, quality } = run;
      const added = { client, stream, from, to, bytes, requests, sightAt, quality, next: open };
      this.#limits.add(client);
      if (newer === null) seat.open = added;
      else newer.next = added;
      return true;
    }
    merge(open, run);
    this.#joinOlder(open);
    return true;
  }

  /** The run that was added last may have been what was missing between two. */
  #joinOlder(open: Open): void {
    for (let before = open; before.next !== null; ) {
      const older = before.next;
      if (older.stream === open.stream) {
        if (older.to + this.#gap < open.from) return;
        merge(open, older);
        this.#limits.remove(open.client);
        before.next = older.next;
      } else {
        before = older;
      }
    }
  }

  /** "Everything up to then has been told": calls back, sooner or later, with the sessions that are over. Infinity: with all. */
  advance(watermark: Instant, each: (session: PlainSession) => void): void {
    if (watermark > this.watermark) this.watermark = watermark;
    // To look at all of them has its price.
    if (this.watermark >= this.#closedAt + this.#gap) this.close(each);
  }

  /** Calls back with the sessions that are over by now. */
  close(each: (session: PlainSession) => void): void {
    this.#closedAt = this.watermark;
    for (const [key, seat] of this.#seats) {
      let before: Open | null = null;
      for (let open = seat.open; open !== null; open = open.next) {
        if (open.to + this.#gap >= this.watermark) {
          before = open;
          continue;
        }
        if (before === null) seat.open = open.next;
        else before.next = open.next;
        this.#limits.remove(open.client);
        each(open);
      }
      if (seat.open !== null) continue;
      seat.isKnown = false;
      this.#seats.delete(key);
    }
  }

  /** For the tracker, after `close`: what is open, each as one presence. */
  *open(): Generator<Presence<Client>> {
    for (const seat of this.#seats.values()) {
      for (let open = seat.open; open !== null; open = open.next) yield presenceOfOpen(open);
    }
  }
}

/** Do they make no difference to a session? */
function areAlike(a: Client, b: Client): boolean {
  return a === b || (a.place === b.place && a.bot === b.bot && a.address === b.address);
}

function presenceOfOpen({ quality, sightAt, next: _, ...run }: Open): Presence<Client> {
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
