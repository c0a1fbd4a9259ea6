/**
 * The tracker's rule, for clients of whom nothing is told but when they were there, how much they took and in which quality: for
 * whoever wants the sums of a heap of lines, and no records. There are no ids, no cuts, no declared clients, and nothing comes
 * late or in a crowd; where that does not hold it says so, and the tracker goes on from there with what is open. Both make
 * the same sessions: plain-sessions.test.ts.
 *
 * All of it is numbers: a client is a seat, what is open a row (open-rows.ts), and streams and qualities are whatever the caller
 * numbers them.
 */

import type { Client } from './identity.ts';
import { MOST_AGENTS } from './limits.ts';
import { type Instant, type Milliseconds, type Presence, presence } from './observation.ts';
import { NONE, OpenRows } from './open-rows.ts';
import type { PackedRuns } from './packed-runs.ts';

/** What the numbers of streams and qualities stand for; there may be more of them each time. */
export interface PlainNames {
  readonly streams: readonly (string | null)[];
  readonly qualities: readonly (string | null)[];
}

/** Called with a session that is over: its row, which is as it was only during the call. */
export type EachPlain = (rows: OpenRows, row: number) => void;

export interface PlainOptions {
  readonly gap: Milliseconds;
  readonly names: PlainNames;
  /** How many user agents one network may have open at a time. */
  readonly maxAgents?: number;
  /** So many who have nothing open are kept in mind. */
  readonly keep?: number;
}

const KEEP = 100_000;

export class PlainSessions {
  readonly #gap: Milliseconds;
  readonly #names: PlainNames;
  readonly #maxAgents: number;
  readonly #keep: number;
  readonly #rows = new OpenRows();
  /** By key. */
  readonly #seats = new Map<string, number>();
  /** By token. */
  readonly #networks = new Map<string, number>();
  /** By seat: who has it, in which network, and the first of its rows. Those of a stream are newest first. */
  readonly #clients: Client[] = [];
  readonly #networkOf: number[] = [];
  readonly #first: number[] = [];
  /** By network: how many seats of it have something open. */
  readonly #present: number[] = [];
  #open = 0;
  #closedAt: Instant = Number.NEGATIVE_INFINITY;
  watermark: Instant = Number.NEGATIVE_INFINITY;
  /** Another one: seats have other numbers from now on. Only what closes sessions changes it. */
  generation = 0;

  constructor({ gap, names, maxAgents = MOST_AGENTS, keep = KEEP }: PlainOptions) {
    this.#gap = gap;
    this.#names = names;
    this.#maxAgents = maxAgents;
    this.#keep = keep;
  }

  /** A number from 0 on, or NONE if only the tracker can tell what becomes of the client's presences. */
  seatOf(client: Client): number {
    if (client.identity !== 'inferred' || client.user !== null) return NONE;
    const known = this.#seats.get(client.key);
    if (known !== undefined) return areAlike(this.#clients[known]!, client) ? known : NONE;
    return this.#admit(client, NONE);
  }

  clientOf(seat: number): Client {
    return this.#clients[seat]!;
  }

  /**
   * The run that begins at `run`, whose newest sight begins at `sight`; `quality` is that of it, or NONE. In any order. False,
   * and nothing is changed, if only the tracker can tell what becomes of it.
   */
  add(
    seat: number,
    stream: number,
    quality: number,
    { runs, sights }: PackedRuns,
    run: number,
    sight: number,
  ): boolean {
    const from = runs[run + 2]!;
    const to = runs[run + 3]!;
    if (to + this.#gap < this.watermark) return false;
    const rows = this.#rows;
    let newer = NONE;
    let row = this.#first[seat]!;
    while (row !== NONE && (rows.stream[row] !== stream || rows.from[row]! > to + this.#gap)) {
      newer = row;
      row = rows.next[row]!;
    }
    if (row === NONE || rows.to[row]! + this.#gap < from) {
      if (!this.#mayOpen(seat)) return false;
      row = this.#insert(seat, stream, newer, row);
      rows.from[row] = from;
      rows.to[row] = to;
    }
    rows.extend(row, from, to, runs[run + 4]!, runs[run + 5]!);
    if (quality !== NONE) this.#see(row, sights[sight]!, quality);
    if (rows.next[row] !== NONE) this.#joinOlder(row);
    return true;
  }

  /** "Everything up to then has been told": calls back, sooner or later, with the sessions that are over. Infinity: with all. */
  advance(watermark: Instant, each: EachPlain): void {
    if (watermark > this.watermark) this.watermark = watermark;
    // To look at all of them has its price.
    if (this.watermark >= this.#closedAt + this.#gap) this.close(each);
  }

  /** Calls back with the sessions that are over by now. */
  close(each: EachPlain): void {
    this.#closedAt = this.watermark;
    const rows = this.#rows;
    for (let seat = 0; seat < this.#first.length; seat++) {
      let before = NONE;
      for (let row = this.#first[seat]!; row !== NONE; ) {
        const next = rows.next[row]!;
        if (rows.to[row]! + this.#gap >= this.watermark) {
          before = row;
        } else {
          each(rows, row);
          this.#remove(seat, before, row);
        }
        row = next;
      }
    }
    if (this.#first.length > this.#keep + 2 * this.#open) this.#forgetIdle();
  }

  /** For the tracker, after `close`: what is open, each as one presence. */
  *open(): Generator<Presence<Client>> {
    const rows = this.#rows;
    for (const [seat, client] of this.#clients.entries()) {
      for (let row = this.#first[seat]!; row !== NONE; row = rows.next[row]!) {
        const quality = rows.quality[row]!;
        const sight = { at: rows.sightAt[row]!, value: this.#names.qualities[quality]! };
        yield presence({
          client,
          stream: this.#names.streams[rows.stream[row]!]!,
          from: rows.from[row]!,
          to: rows.to[row]!,
          bytes: rows.bytes[row]!,
          requests: rows.requests[row]!,
          qualities: quality === NONE ? null : [sight],
        });
      }
    }
  }

  #admit(client: Client, first: number): number {
    const seat = this.#clients.push(client) - 1;
    this.#seats.set(client.key, seat);
    let network = this.#networks.get(client.network);
    if (network === undefined) {
      network = this.#present.push(0) - 1;
      this.#networks.set(client.network, network);
    }
    this.#networkOf.push(network);
    this.#first.push(first);
    if (first !== NONE) this.#present[network]!++;
    return seat;
  }

  /** Who has something open may open more. */
  #mayOpen(seat: number): boolean {
    return this.#first[seat] !== NONE || this.#present[this.#networkOf[seat]!]! < this.#maxAgents;
  }

  /** An empty row, between two of the seat. */
  #insert(seat: number, stream: number, newer: number, older: number): number {
    const rows = this.#rows;
    const row = rows.open();
    rows.seat[row] = seat;
    rows.stream[row] = stream;
    rows.bytes[row] = 0;
    rows.requests[row] = 0;
    rows.quality[row] = NONE;
    rows.next[row] = older;
    this.#open++;
    if (this.#first[seat] === NONE) this.#present[this.#networkOf[seat]!]!++;
    if (newer === NONE) this.#first[seat] = row;
    else rows.next[newer] = row;
    return row;
  }

  #remove(seat: number, before: number, row: number): void {
    const rows = this.#rows;
    if (before === NONE) this.#first[seat] = rows.next[row]!;
    else rows.next[before] = rows.next[row]!;
    rows.free(row);
    this.#open--;
    if (this.#first[seat] === NONE) this.#present[this.#networkOf[seat]!]!--;
  }

  /** The newest sight counts; of two at once the later in the alphabet. */
  #see(row: number, at: Instant, quality: number): void {
    const rows = this.#rows;
    const seen = rows.quality[row]!;
    if (seen !== NONE) {
      if (at < rows.sightAt[row]!) return;
      const { qualities } = this.#names;
      if (at === rows.sightAt[row]! && qualities[quality]! <= qualities[seen]!) return;
    }
    rows.sightAt[row] = at;
    rows.quality[row] = quality;
  }

  /** The run that was added last may have been what was missing between two. */
  #joinOlder(row: number): void {
    const rows = this.#rows;
    for (let before = row; ; ) {
      const older = rows.next[before]!;
      if (older === NONE) return;
      if (rows.stream[older] !== rows.stream[row]) {
        before = older;
        continue;
      }
      if (rows.to[older]! + this.#gap < rows.from[row]!) return;
      rows.extend(row, rows.from[older]!, rows.to[older]!, rows.bytes[older]!, rows.requests[older]!);
      if (rows.quality[older] !== NONE) this.#see(row, rows.sightAt[older]!, rows.quality[older]!);
      this.#remove(rows.seat[row]!, before, older);
    }
  }

  /** Those who have something open get other seats. */
  #forgetIdle(): void {
    const clients = this.#clients.splice(0);
    const first = this.#first.splice(0);
    this.#networkOf.length = 0;
    this.#present.length = 0;
    this.#seats.clear();
    this.#networks.clear();
    for (const [i, client] of clients.entries()) {
      if (first[i] === NONE) continue;
      const seat = this.#admit(client, first[i]!);
      for (let row = first[i]!; row !== NONE; row = this.#rows.next[row]!) this.#rows.seat[row] = seat;
    }
    this.generation++;
  }
}

/** Do they make no difference to a session? */
function areAlike(a: Client, b: Client): boolean {
  return a === b || (a.place === b.place && a.bot === b.bot && a.address === b.address);
}
