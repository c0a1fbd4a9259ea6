/**
 * Runs in numbers become sessions in numbers (core/plain-sessions.ts), and these the rows of a summary: no object is made for
 * any of them, only for each client. What cannot be folded so is left to the tracker (folding.ts).
 */

import type { Client } from '../core/identity.ts';
import { type ClientFacts, type Instant, type Presence, SHORTEST_SESSION } from '../core/observation.ts';
import { NONE } from '../core/open-rows.ts';
import { type Names, PACKED_RUN, PACKED_SIGHT, type PackedRuns } from '../core/packed-runs.ts';
import { type EachPlain, PlainSessions } from '../core/plain-sessions.ts';
import type { MeetingEnrichment } from '../enrich/enrich.ts';
import type { Summarizer } from '../insights/summary/summary.ts';
import { nextTurn } from '../lib/turn.ts';

/** How much of the runs of a batch has been taken. */
export interface Taken {
  runs: number;
  sights: number;
}

/** By the numbers of a thread: who they are. A number may come to stand for somebody else. */
interface Known {
  readonly facts: ClientFacts[];
  readonly seats: number[];
}

/** By the numbers of a batch: those of the summary, or NONE if it has no room for them. */
interface Numbers {
  readonly streams: readonly number[];
  readonly qualities: readonly number[];
}

/** So many new clients are identified before the event loop may turn: known ones cost little. */
const SLICE = 500;
/** Facts of which the seat is remembered. */
const MOST_FACTS = 200_000;
/** In the place of a number. */
const BOT = -2;

export class PlainFolding {
  readonly #source: string;
  readonly #summarizer: Summarizer;
  readonly #sessions: PlainSessions;
  #generation = 0;
  #known = new WeakMap<Names, Known>();
  #seats = new Map<ClientFacts, number>();
  /** By seat: who it is in the summary, or BOT; it is asked when its first session is over. */
  #who: number[] = [];

  /** `keep` is that of the sessions. */
  constructor(source: string, gap: number, summarizer: Summarizer, keep?: number) {
    this.#source = source;
    this.#summarizer = summarizer;
    const { names } = summarizer;
    this.#sessions = new PlainSessions({ gap, names, ...(keep === undefined ? {} : { keep }) });
  }

  get watermark(): Instant {
    return this.#sessions.watermark;
  }

  /** Answers how far it came. */
  async take(packed: PackedRuns, names: Names, enrichment: MeetingEnrichment): Promise<Taken> {
    const summarizer = this.#summarizer;
    const known = this.#knownOf(names);
    const numbers: Numbers = {
      streams: names.streams.map((name) => summarizer.streamOf(name) ?? NONE),
      qualities: names.qualities.map((name) => summarizer.qualityOf(name) ?? NONE),
    };
    const taken: Taken = { runs: 0, sights: 0 };
    while (this.#takeSome(packed, names, numbers, known, enrichment, taken)) await nextTurn();
    return taken;
  }

  advance(watermark: Instant): void {
    this.#sessions.advance(watermark, this.#tell);
    if (this.#generation === this.#sessions.generation) return;
    // Seats have other numbers.
    this.#generation = this.#sessions.generation;
    this.#known = new WeakMap();
    this.#seats = new Map();
    this.#who = [];
  }

  /** Of a client more has been found out. */
  touch(): void {
    this.#who = [];
  }

  /** Of what is not over yet, each as one presence: the tracker goes on from there. */
  end(): Iterable<Presence<Client>> {
    this.#sessions.close(this.#tell);
    return this.#sessions.open();
  }

  /** True: there is more that can be taken. */
  #takeSome(
    packed: PackedRuns,
    { clients }: Names,
    { streams, qualities }: Numbers,
    { facts, seats }: Known,
    enrichment: MeetingEnrichment,
    taken: Taken,
  ): boolean {
    const { runs, sights } = packed;
    const sessions = this.#sessions;
    let met = 0;
    while (taken.runs < runs.length) {
      const run = taken.runs;
      const number = runs[run]!;
      const client = clients[number]!;
      if (facts[number] !== client) {
        if (++met > SLICE) return true;
        facts[number] = client;
        seats[number] = this.#seatOf(client, enrichment);
      }
      const seat = seats[number]!;
      const stream = streams[runs[run + 1]!]!;
      const nextSight = taken.sights + runs[run + 6]! * PACKED_SIGHT;
      const sight = nextSight - PACKED_SIGHT;
      const hasQuality = sight >= taken.sights;
      const quality = hasQuality ? qualities[sights[sight + 1]!]! : NONE;
      if (seat === NONE || stream === NONE || (hasQuality && quality === NONE)) return false;
      if (!sessions.add(seat, stream, quality, packed, run, sight)) return false;
      taken.runs = run + PACKED_RUN;
      taken.sights = nextSight;
    }
    return false;
  }

  #knownOf(names: Names): Known {
    let known = this.#known.get(names);
    if (known === undefined) {
      known = { facts: [], seats: [] };
      this.#known.set(names, known);
    }
    return known;
  }

  /** Threads share what is known of a client: another one's number may have asked for it. */
  #seatOf(facts: ClientFacts, enrichment: MeetingEnrichment): number {
    const known = this.#seats.get(facts);
    if (known !== undefined) return known;
    const seat = this.#sessions.seatOf(enrichment.meet(this.#source, facts));
    if (this.#seats.size >= MOST_FACTS) this.#seats.clear();
    this.#seats.set(facts, seat);
    return seat;
  }

  readonly #tell: EachPlain = (rows, row) => {
    const summarizer = this.#summarizer;
    const seat = rows.seat[row]!;
    let who = this.#who[seat];
    if (who === undefined) {
      const client = this.#sessions.clientOf(seat);
      who = client.bot ? BOT : summarizer.whoOf(client);
      this.#who[seat] = who;
    }
    if (who === BOT) {
      summarizer.addBot();
      return;
    }
    const seen = rows.quality[row]!;
    const quality = seen === NONE ? summarizer.unknownQuality : seen;
    const from = rows.from[row]!;
    const to = Math.max(rows.to[row]!, from + SHORTEST_SESSION);
    summarizer.addRow(who, rows.stream[row]!, quality, from, to, rows.bytes[row]!);
  };
}
