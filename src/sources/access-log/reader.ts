/**
 * From blocks of lines to batches of observations: which lines are audience, whose they are, and what time it is. The
 * result is a function of the lines alone, however they are split into blocks.
 *
 * Where the lines come from, how far reading has come and when to go on is index.ts.
 */

import type { Instant, Milliseconds, Observation, StreamReport } from '../../core/observation.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { doubled } from './byte-table.ts';
import { Clients } from './clients.ts';
import { Fold } from './fold.ts';
import { END, GOOD, LineScanner } from './parse.ts';
import { Paths } from './paths.ts';

/** What counts: answered in whole, in part, or "you have it". */
const AUDIENCE = new Uint8Array(1000);
for (const status of [200, 206, 304]) AUDIENCE[status] = 1;

/** A stream that nobody has asked for during so long is reported again when somebody does. */
const REPORT_AFTER: Milliseconds = 60_000;

export interface ReaderOptions {
  readonly gap: Milliseconds;
  /** Lines may be so much older than the newest one: see `LogReader.take`. */
  readonly lateness: Milliseconds;
  /** Query parameters that hold a playback id. */
  readonly playbackId: readonly string[];
  readonly counters: ScopedCounters;
  /** A whole number that nobody outside can guess, for hash tables. */
  readonly seed: number;
  /** Goes on from there. */
  readonly from?: ReaderMark | null;
}

/** What a reader must know of the lines before those that it is given. Plain JSON. */
export interface ReaderMark {
  /** The newest time of a line; null before the first one. */
  readonly newest: Instant | null;
  /** Streams whose name ends in a digit: see rules.ts. */
  readonly numbered: readonly string[];
}

/** All lines that were read, also those that are no audience. */
export interface LogTally {
  readonly bytes: number;
  readonly lines: number;
  readonly unreadable: number;
  /** By status, as it is written. */
  readonly statuses: Readonly<Record<string, { readonly requests: number; readonly bytes: number }>>;
}

export interface ReaderBatch {
  readonly observations: readonly Observation[];
  /** Null before the first line. */
  readonly watermark: Instant | null;
}

export class LogReader {
  readonly #options: ReaderOptions;
  readonly #scanner = new LineScanner();
  readonly #clients: Clients;
  readonly #paths: Paths;
  readonly #fold: Fold;
  #newest: Instant;
  /** By number of the stream: when it was seen last. */
  #streamSeen = new Float64Array(64).fill(Number.NEGATIVE_INFINITY);
  #reports: StreamReport[] = [];

  #bytes = 0;
  #lines = 0;
  #audience = 0;
  #cut = 0;
  #late = 0;
  #future = 0;
  readonly #faults = { Address: 0, Time: 0, Request: 0, Numbers: 0, Agent: 0 };
  readonly #requestsOf = new Float64Array(1000);
  readonly #bytesOf = new Float64Array(1000);
  readonly #told = new Map<string, number>();

  constructor(options: ReaderOptions) {
    const { seed, from } = options;
    this.#options = options;
    this.#clients = new Clients(options.playbackId, seed);
    this.#paths = new Paths(from?.numbered ?? [], seed);
    this.#fold = new Fold(options.gap, seed);
    this.#newest = from?.newest ?? Number.NEGATIVE_INFINITY;
  }

  /** How many presences the next cut will have, at most. */
  get size(): number {
    return this.#fold.size;
  }

  /** "Everything up to then has been read"; null before the first line. */
  get watermark(): Instant | null {
    return Number.isFinite(this.#newest) ? this.#settled : null;
  }

  get mark(): ReaderMark {
    return { newest: Number.isFinite(this.#newest) ? this.#newest : null, numbered: this.#paths.numbered };
  }

  /**
   * Reads a block of whole lines; only the very last one may lack its end.
   *
   * A line that is older than the newest one by more than the lateness is moved up to that bound, one from after
   * `latest` down to it: a clock that steps to and fro makes no sessions in the past or the future.
   */
  take(block: Uint8Array, latest: Instant): void {
    const scanner = this.#scanner;
    const { lateness } = this.#options;
    this.#bytes += block.length;
    scanner.load(block);
    for (let verdict = scanner.next(); verdict !== END; verdict = scanner.next()) {
      this.#lines++;
      if (verdict !== GOOD) {
        this.#faults[scanner.fault]++;
        continue;
      }
      const { status } = scanner;
      if (scanner.isCut) this.#cut++;
      this.#requestsOf[status]!++;
      this.#bytesOf[status]! += scanner.sent;
      let { time } = scanner;
      if (time > latest) {
        time = latest;
        this.#future++;
      }
      if (time > this.#newest) {
        this.#newest = time;
      } else if (time < this.#newest - lateness) {
        time = this.#newest - lateness;
        this.#late++;
      }
      if (scanner.isGet && AUDIENCE[status] === 1) this.#request(time);
    }
  }

  /** What was read since the last cut. */
  cut(): ReaderBatch {
    const names = { clients: this.#clients.facts, streams: this.#paths.streams, qualities: this.#paths.qualities };
    const presences = this.#fold.cut(this.#settled, names);
    const observations: Observation[] = [...this.#reports, ...presences];
    this.#reports = [];
    this.#clients.trim();
    if (this.#paths.trim()) this.#streamSeen = new Float64Array(64).fill(Number.NEGATIVE_INFINITY);
    this.#count();
    return { observations, watermark: this.watermark };
  }

  tally(): LogTally {
    const statuses: Record<string, { requests: number; bytes: number }> = {};
    for (let status = 0; status < 1000; status++) {
      const requests = this.#requestsOf[status]!;
      if (requests > 0) statuses[String(status).padStart(3, '0')] = { requests, bytes: this.#bytesOf[status]! };
    }
    return { bytes: this.#bytes, lines: this.#lines, unreadable: this.#unreadable, statuses };
  }

  #request(time: Instant): void {
    const path = this.#paths.find(this.#scanner);
    if (path === -1) return;
    const stream = this.#paths.streamOf[path]!;
    if (stream === -1) return;
    this.#audience++;
    this.#sawStream(stream, time);
    const client = this.#clients.find(this.#scanner);
    const quality = this.#paths.qualityOf[path]!;
    const { sent } = this.#scanner;
    this.#fold.add({ client, stream, time, sent, quality }, this.#paths.qualities, this.#settled);
  }

  #sawStream(stream: number, time: Instant): void {
    while (stream >= this.#streamSeen.length) {
      const known = this.#streamSeen.length;
      this.#streamSeen = doubled(this.#streamSeen, stream + 1).fill(Number.NEGATIVE_INFINITY, known);
    }
    const seen = this.#streamSeen[stream]!;
    if (time <= seen) return;
    this.#streamSeen[stream] = time;
    if (time - seen <= REPORT_AFTER) return;
    this.#reports.push({ kind: 'report', stream: this.#paths.streams[stream]!, at: time, status: 'up' });
  }

  /** No line that is still to come counts as older. */
  get #settled(): Instant {
    return this.#newest - this.#options.lateness;
  }

  get #unreadable(): number {
    return Object.values(this.#faults).reduce((sum, count) => sum + count, 0);
  }

  #count(): void {
    this.#tell('bytes', this.#bytes);
    this.#tell('lines', this.#lines);
    this.#tell('requests', this.#audience);
    this.#tell('rejected', this.#unreadable);
    for (const [fault, count] of Object.entries(this.#faults)) this.#tell(`rejected${fault}`, count);
    this.#tell('cutLines', this.#cut);
    this.#tell('late', this.#late);
    this.#tell('future', this.#future);
    this.#tell('forgottenClients', this.#clients.forgotten);
    this.#tell('forgottenPaths', this.#paths.forgotten);
    this.#tell('unlearnedStreams', this.#paths.unlearned);
    this.#tell('cutUserAgents', this.#clients.cut);
  }

  /** Counters outlive a reader: they are told what has been added since. */
  #tell(name: string, total: number): void {
    const told = this.#told.get(name) ?? 0;
    if (total === told) return;
    this.#options.counters.add(name, total - told);
    this.#told.set(name, total);
  }
}
