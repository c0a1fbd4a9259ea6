/**
 * What becomes of a line, one after the other: whether it is audience, whose it is, and what time it is. What they come to is
 * kept here until it is cut.
 */

import { type Instant, type Milliseconds, type Presence, presence, type StreamReport } from '../../core/observation.ts';
import { doubled } from './byte-table.ts';
import { Clients } from './clients.ts';
import { Fold } from './fold.ts';
import { Gaps } from './gaps.ts';
import { END, GOOD, HAS, OTHER, type Verdict } from './line.ts';
import { Measures } from './measures.ts';
import { LineScanner } from './parse.ts';
import { Paths } from './paths.ts';
import { compilePattern } from './patterns.ts';
import type { ReaderOptions } from './reading.ts';
import { Rejected } from './rejected.ts';
import { Rows } from './rows.ts';
import { textOf } from './text.ts';
import { REPORT_AFTER } from './wasm/fold.ts';
import type { QuickFold } from './wasm/quick-fold.ts';

/** What counts: answered in whole, in part, or "you have it". By status. */
export const AUDIENCE = new Uint8Array(1000);
for (const status of [200, 206, 304]) AUDIENCE[status] = 1;

/** Nobody has listened for longer in one go; whoever writes logs by hand may say so. */
const LONGEST_ANSWER: Milliseconds = 366 * 86_400_000;

/** What has been counted since the beginning. */
class Totals {
  lines = 0;
  audience = 0;
  /** Lines that were cut, came late, or from the future; of no audience that is known; of whoever publishes. */
  cut = 0;
  late = 0;
  future = 0;
  others = 0;
  publishing = 0;
  readonly rejected = new Rejected();
  /** By status. */
  readonly requestsOf = new Float64Array(1000);
  readonly bytesOf = new Float64Array(1000);
}

export class Requests {
  readonly scanner = new LineScanner();
  readonly clients: Clients;
  readonly paths: Paths;
  readonly fold: Fold;
  readonly rows: Rows;
  readonly gaps: Gaps;
  readonly measures = new Measures();
  /** Whole connections, and long answers. */
  spans: Presence[] = [];
  reports: StreamReport[] = [];
  readonly totals = new Totals();

  /** The newest line of the log that lines come from now. */
  newest: Instant = Number.NEGATIVE_INFINITY;
  /** No line of any log that is still to come counts as older. */
  settled: Instant = Number.NEGATIVE_INFINITY;
  /** There is just one log, and later than this no line can be. */
  isAlone = true;
  latest: Instant = Number.POSITIVE_INFINITY;
  /** The oldest time that a line of this part has, as it is written. */
  oldest = Number.POSITIVE_INFINITY;
  hasRows = false;
  /** Somebody has said who he is, so that what comes without that may be his: core/tracker.ts decides. */
  isAnybodyDeclared = false;
  /** The number of the client who was found last. */
  client = -1;
  /** What folds lines beside this, if anything does. */
  beside: QuickFold | null = null;

  readonly #options: ReaderOptions;
  /** By number of the stream: when it was seen last. */
  #streamSeen = new Float64Array(64).fill(Number.NEGATIVE_INFINITY);
  /** By number of the stream: its gap. */
  #gapOf = new Float64Array(64);

  constructor(options: ReaderOptions) {
    const { seed, from } = options;
    this.#options = options;
    this.clients = new Clients(options);
    this.paths = new Paths(options.rules.map(compilePattern), from?.numbered ?? [], seed);
    this.fold = new Fold(seed);
    this.rows = new Rows(from?.rows);
    this.gaps = new Gaps(options, from?.gaps);
  }

  /** The lines that are left of the block. */
  readLines(): void {
    const scanner = this.scanner;
    for (let verdict = scanner.next(); verdict !== END; verdict = scanner.next()) this.readLine(verdict);
  }

  readLine(verdict: Verdict): void {
    const { totals } = this;
    const { line } = this.scanner;
    totals.lines++;
    if (verdict !== GOOD) {
      if (verdict === OTHER) totals.others++;
      else totals.rejected.add(line, this.scanner.format.name);
      return;
    }
    const { status } = line;
    if (line.isCut) totals.cut++;
    totals.requestsOf[status]!++;
    totals.bytesOf[status]! += line.sent;
    const time = this.inOrder(line.time);
    if ((line.isGet || (line.has & HAS.publish) !== 0) && AUDIENCE[status] === 1) this.request(time);
  }

  /** When a line of this time counts as written. */
  inOrder(time: Instant): Instant {
    const { lateness } = this.#options;
    if (time < this.oldest) this.oldest = time;
    let at = time;
    if (at > this.latest) {
      at = this.latest;
      this.totals.future++;
    }
    if (at > this.newest) {
      this.newest = at;
      if (this.isAlone) this.settled = at - lateness;
    } else if (at < this.newest - lateness) {
      at = this.newest - lateness;
      this.totals.late++;
    }
    return at;
  }

  /** The line that was read last is answered as audience is. */
  request(time: Instant): void {
    const { line } = this.scanner;
    if ((line.has & HAS.publish) !== 0) this.totals.publishing++;
    const isMount = (line.has & HAS.mount) !== 0;
    const isAudience = isMount ? this.paths.findMount(line) : this.paths.find(line);
    if (!isAudience) return;
    const { stream } = this.paths;
    this.totals.audience++;
    this.sawStream(stream, time);
    const isLong = line.has !== 0 && (line.has & HAS.duration) !== 0 && this.paths.isProgressive;
    if (isLong) this.#span(stream, time);
    else this.#shortRequest(stream, time);
  }

  #shortRequest(stream: number, time: Instant): void {
    const { line } = this.scanner;
    const client = this.clients.find(line);
    this.client = client;
    const { quality } = this.paths;
    const gap = this.#gapOf[stream]!;
    const isNew = this.fold.add(client, stream, time, line.sent, quality, gap, this.paths.qualities, this.settled);
    // From here on what comes without an id may be this one's: core/tracker.ts decides.
    if (isNew && this.clients.plain !== -1) {
      this.isAnybodyDeclared = true;
      this.fold.split(this.clients.plain, stream, time);
    }
    const { cmcd } = this.clients;
    if (cmcd !== null) this.measures.add(cmcd, client, stream, time, gap);
    if (this.#options.isAuto && quality === -1) this.#learnGap(stream, time);
  }

  /** It is known how long it was: a whole connection, or the stream in one answer. */
  #span(stream: number, time: Instant): void {
    const { line } = this.scanner;
    const name = this.paths.streams[stream]!;
    const client = this.clients.facts[this.clients.find(line)]!;
    if ((line.has & HAS.over) !== 0) {
      this.hasRows = true;
      this.spans.push(this.rows.read(line, name, client, time));
      return;
    }
    const from = time - Math.min(line.duration, LONGEST_ANSWER);
    this.spans.push(presence({ stream: name, client, from, to: time, bytes: line.sent, requests: 1 }));
  }

  /** Somebody has asked for it. */
  sawStream(stream: number, time: Instant): void {
    while (stream >= this.#streamSeen.length) {
      const known = this.#streamSeen.length;
      this.#streamSeen = doubled(this.#streamSeen, stream + 1).fill(Number.NEGATIVE_INFINITY, known);
      this.#gapOf = doubled(this.#gapOf, stream + 1);
    }
    const { beside } = this;
    const seen = Math.max(this.#streamSeen[stream]!, beside?.seenAt(stream) ?? Number.NEGATIVE_INFINITY);
    if (time <= seen) return;
    this.#streamSeen[stream] = time;
    if (time - seen > REPORT_AFTER * 1000) this.#report(stream, time);
    beside?.see(stream, time, this.#gapOf[stream]!);
  }

  /** Streams are numbered anew. */
  forgetStreams(): void {
    this.#streamSeen.fill(Number.NEGATIVE_INFINITY);
  }

  gapOf(stream: number): Milliseconds {
    return this.#gapOf[stream]!;
  }

  #report(stream: number, at: Instant): void {
    const name = this.paths.streams[stream]!;
    this.#gapOf[stream] = this.gaps.of(name);
    const gap = this.gaps.told(name);
    this.reports.push({ kind: 'report', stream: name, at, status: 'up', ...(gap === null ? {} : { gap }) });
  }

  #learnGap(stream: number, time: Instant): void {
    const { line } = this.scanner;
    const name = this.paths.streams[stream]!;
    if (!this.gaps.isOpen(name)) return;
    if (this.gaps.see(name, textOf(line.bytes, line.pathStart, line.pathEnd), time)) this.#report(stream, time);
  }
}
