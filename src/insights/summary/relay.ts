/**
 * What a relay (TURN) has done: packets and bytes of each direction, and the allocations that relayed most. For
 * `headcount analyze`, beside summary.ts: a few numbers whatever the number of sessions.
 */

import type { Instant } from '../../core/observation.ts';
import type { SessionRecord } from '../../core/session.ts';

export interface RelayFlow {
  packets: number;
  bytes: number;
}

/** One allocation. Rates are of payload, in bits a second, averaged over its life. */
export interface Talker {
  readonly user: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly stream: string;
  readonly startedAt: Instant;
  readonly seconds: number;
  /** How many, as far as it is known. */
  readonly peers: number | null;
  readonly up: RelayFlow;
  readonly down: RelayFlow;
  readonly bitsPerSecond: number;
}

export interface RelaySummary {
  readonly allocations: number;
  /** Those through which something went. */
  readonly used: number;
  readonly peers: number;
  readonly up: RelayFlow;
  readonly down: RelayFlow;
  /** Everything that was relayed, over the time from the first begin to the last end. */
  readonly bitsPerSecond: number;
  /** By bytes, greatest first; at most `MOST_TALKERS`. */
  readonly talkers: readonly Talker[];
}

export const MOST_TALKERS = 20;

const NOTHING: RelayFlow = { packets: 0, bytes: 0 };

export class RelaySummarizer {
  #allocations = 0;
  #used = 0;
  #peers = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  readonly #up: RelayFlow = { ...NOTHING };
  readonly #down: RelayFlow = { ...NOTHING };
  /** Twice as many as are told, so that sorting is rare. */
  #talkers: Talker[] = [];

  add(session: SessionRecord): void {
    const { up = NOTHING, down = NOTHING } = session.traffic ?? {};
    const end = session.endedAt ?? session.lastSeenAt;
    this.#allocations++;
    this.#from = Math.min(this.#from, session.startedAt);
    this.#to = Math.max(this.#to, end);
    this.#peers += peersOf(session) ?? 0;
    addTo(this.#up, up);
    addTo(this.#down, down);
    if (up.packets + down.packets === 0) return;
    this.#used++;
    this.#talkers.push(talkerOf(session, end));
    if (this.#talkers.length >= 2 * MOST_TALKERS) this.#talkers = greatest(this.#talkers);
  }

  summary(): RelaySummary {
    const bytes = this.#up.bytes + this.#down.bytes;
    return {
      ...{ allocations: this.#allocations, used: this.#used, peers: this.#peers },
      ...{ up: { ...this.#up }, down: { ...this.#down } },
      bitsPerSecond: this.#allocations === 0 ? 0 : rateOf(bytes, this.#to - this.#from),
      talkers: greatest(this.#talkers),
    };
  }
}

function talkerOf(session: SessionRecord, end: Instant): Talker {
  const { user, address, port, stream, startedAt, traffic } = session;
  const { up, down } = traffic!;
  return {
    ...{ user, address, port, stream, startedAt, up: { ...up }, down: { ...down } },
    seconds: (end - startedAt) / 1000,
    peers: peersOf(session),
    bitsPerSecond: rateOf(up.bytes + down.bytes, end - startedAt),
  };
}

function peersOf({ details }: SessionRecord): number | null {
  const { peers } = details;
  return typeof peers === 'number' ? peers : null;
}

/** What lasted less than a second counts as one. */
function rateOf(bytes: number, milliseconds: number): number {
  return Math.round((bytes * 8000) / Math.max(milliseconds, 1000));
}

function greatest(talkers: readonly Talker[]): Talker[] {
  const bytes = ({ up, down }: Talker) => up.bytes + down.bytes;
  return talkers.toSorted((a, b) => bytes(b) - bytes(a) || a.startedAt - b.startedAt).slice(0, MOST_TALKERS);
}

function addTo(sum: RelayFlow, flow: Readonly<RelayFlow>): void {
  sum.packets += flow.packets;
  sum.bytes += flow.bytes;
}
