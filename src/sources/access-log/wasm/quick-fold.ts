/**
 * What fold.ts keeps, seen from outside: runs of lines that were never looked at in JavaScript. For whoever does not want to
 * know more of a session than its sums and the quality that it had last.
 */

import { PACKED_RUN, PACKED_SIGHT, type PackedRuns } from '../../../core/packed-runs.ts';
import { type FoldPlaces, RUN, RUN_BYTES, STATE, STREAM_BITS } from './fold.ts';
import { PLACE, TABLE_PLACE_BYTES } from './scan.ts';
import { MOST_STRINGS, Table } from './strings.ts';

const STATUSES = 1000;
/** So many streams, and so many qualities. */
export const MOST_NAMES = 2 ** STREAM_BITS - 1;
const NAMES = MOST_NAMES + 1;
/** So many runs, and keys; whoever adds lines sees to it that there is room. */
const MOST_RUNS = 64 * 1024;
const KEY_PLACES = 2 * MOST_RUNS;
const RUN_WORDS = RUN_BYTES / 4;
const SECOND = 1000;
const NONE = -1;
/** Later lines are not taken: with what is added to them their seconds must fit into a word. In 2096. */
export const LATEST = 4e12;

/** How many bytes each of its tables takes, one behind the other. */
const TABLES = {
  audience: 1024,
  statuses: STATUSES * 16,
  last: MOST_STRINGS * 4,
  newest: MOST_RUNS * 4,
  seen: NAMES * 4,
  gaps: NAMES * 4,
  ranks: NAMES * 4,
  keys: KEY_PLACES * TABLE_PLACE_BYTES,
  runs: MOST_RUNS * RUN_BYTES,
} as const;

type Tables = Record<keyof typeof TABLES, number>;

function tablesAt(start: number): Tables {
  let at = start;
  const places = Object.entries(TABLES).map(([name, bytes]) => {
    at += bytes;
    return [name, at - bytes];
  });
  return Object.fromEntries(places) as Tables;
}

export class QuickFold {
  /** How much memory it takes. */
  static readonly bytes = Object.values(TABLES).reduce((sum, bytes) => sum + bytes, 0);

  static places(start: number, meanings: number): FoldPlaces {
    return { ...tablesAt(start), meanings };
  }

  readonly #state: Int32Array;
  readonly #statuses: BigInt64Array;
  readonly #last: Int32Array;
  readonly #newest: Int32Array;
  readonly #seen: Int32Array;
  readonly #gaps: Int32Array;
  readonly #ranks: Int32Array;
  readonly #keys: Table;
  readonly #runs: Int32Array;
  readonly #sent: BigInt64Array;
  readonly #start: number;
  readonly #audience: Uint8Array;
  readonly #take: (from: number, to: number) => number;
  #ranked = 0;
  #clients = 0;

  /** `take`: the function of the module; records are counted in words. */
  constructor(memory: ArrayBuffer, start: number, take: (from: number, to: number) => number) {
    const tables = tablesAt(start);
    const words = (name: keyof Tables, count: number) => new Int32Array(memory, tables[name], count);
    this.#take = take;
    this.#state = new Int32Array(memory, PLACE.state, Object.keys(STATE).length);
    this.#audience = new Uint8Array(memory, tables.audience, STATUSES);
    this.#statuses = new BigInt64Array(memory, tables.statuses, STATUSES * 2);
    this.#last = words('last', MOST_STRINGS);
    this.#newest = words('newest', MOST_RUNS);
    this.#seen = words('seen', NAMES);
    this.#gaps = words('gaps', NAMES);
    this.#ranks = words('ranks', NAMES);
    this.#keys = new Table(memory, PLACE.keys, tables.keys, KEY_PLACES);
    this.#runs = words('runs', MOST_RUNS * RUN_WORDS);
    this.#sent = new BigInt64Array(memory, tables.runs, (MOST_RUNS * RUN_BYTES) / 8);
    this.#start = tables.runs;
    this.#state[STATE.runsEnd] = this.#start;
    this.#state[STATE.oldest] = NONE;
  }

  /** How many runs there are. */
  get size(): number {
    return (this.#state[STATE.runsEnd]! - this.#start) / RUN_BYTES;
  }

  /** `audience`: by status, 1 for what counts; `lateness` in milliseconds. */
  setUp(audience: Uint8Array, lateness: number): void {
    this.#audience.set(audience.subarray(0, STATUSES));
    this.#state[STATE.lateness] = Math.floor(lateness / SECOND);
  }

  /** Whether as many lines more, of so many clients in all, find room. */
  hasRoom(lines: number, clients: number): boolean {
    this.#clients = Math.max(this.#clients, clients);
    return this.size + lines <= MOST_RUNS && this.#keys.reserve(this.#keys.size + lines);
  }

  /** In order of number. What a quality is called decides between two that were seen at once. */
  rankQualities(names: readonly string[]): void {
    if (names.length === this.#ranked) return;
    this.#ranked = names.length;
    const sorted = names.map((name, i) => ({ name, i })).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const [rank, { i }] of sorted.entries()) this.#ranks[i + 1] = rank + 1;
  }

  /**
   * Takes lines from the record `from` on; answers where the first one is that it does not take, or `to`. `minute` is theirs;
   * times are milliseconds.
   */
  take(from: number, to: number, minute: number): number {
    this.#state[STATE.minute] = minute / SECOND;
    return this.#take(from, to);
  }

  /** The newest line so far, also of those that were not taken here. */
  get newest(): number {
    const newest = this.#state[STATE.newest]! >>> 0;
    return newest === 0 ? Number.NEGATIVE_INFINITY : newest * SECOND;
  }

  set newest(at: number) {
    this.#state[STATE.newest] = Math.max(at, 0) / SECOND;
  }

  /** The oldest line that was taken since this was asked last. */
  takeOldest(): number {
    const oldest = this.#state[STATE.oldest]! >>> 0;
    this.#state[STATE.oldest] = NONE;
    return oldest === NONE >>> 0 ? Number.POSITIVE_INFINITY : oldest * SECOND;
  }

  /** When a stream was seen last; minus infinity if it was not. */
  seenAt(stream: number): number {
    const seen = stream < MOST_NAMES ? this.#seen[stream]! >>> 0 : 0;
    return seen === 0 ? Number.NEGATIVE_INFINITY : seen * SECOND;
  }

  see(stream: number, at: number, gap: number): void {
    if (stream >= MOST_NAMES) return;
    this.#seen[stream] = at / SECOND;
    this.#gaps[stream] = Math.floor(gap / SECOND);
  }

  /** Streams and qualities get other numbers. */
  forgetNames(): void {
    this.#seen.fill(0);
    this.#ranked = 0;
  }

  /** What it has counted since it was asked last: adds it to these, by status, and answers how many were audience. */
  count(requests: Float64Array, bytes: Float64Array): number {
    for (let status = 0; status < STATUSES; status++) {
      const count = this.#statuses[status * 2]!;
      if (count === 0n) continue;
      requests[status]! += Number(count);
      bytes[status]! += Number(this.#statuses[status * 2 + 1]!);
    }
    this.#statuses.fill(0n);
    const audience = this.#state[STATE.audience]!;
    this.#state[STATE.audience] = 0;
    return audience;
  }

  /** The runs, by the numbers that clients have elsewhere; begins anew. */
  cut(clients: Int32Array): PackedRuns {
    const { size } = this;
    const runs = new Float64Array(size * PACKED_RUN);
    const sights = new Float64Array(size * PACKED_SIGHT);
    let sight = 0;
    for (let i = 0; i < size; i++) {
      const from = i * RUN_WORDS;
      const to = i * PACKED_RUN;
      const words = this.#runs;
      runs[to] = clients[words[from + RUN.client]!]!;
      runs[to + 1] = words[from + RUN.stream]!;
      runs[to + 2] = (words[from + RUN.from]! >>> 0) * SECOND;
      runs[to + 3] = (words[from + RUN.to]! >>> 0) * SECOND;
      runs[to + 4] = Number(this.#sent[(from + RUN.sent) / 2]!);
      runs[to + 5] = words[from + RUN.requests]!;
      const quality = words[from + RUN.quality]!;
      if (quality === 0) continue;
      runs[to + 6] = 1;
      sights[sight++] = (words[from + RUN.sightAt]! >>> 0) * SECOND;
      sights[sight++] = quality - 1;
    }
    this.#last.fill(0, 0, this.#clients);
    this.#newest.fill(0, 0, this.#keys.size);
    this.#keys.empty();
    this.#state[STATE.runsEnd] = this.#start;
    return { runs, sights: sights.slice(0, sight) };
  }
}
