/**
 * From blocks of lines to batches of observations: which lines are audience, whose they are, and what time it is. The
 * result is a function of the lines alone, however they are split into blocks.
 *
 * Where the lines come from, how far reading has come and when to go on is index.ts.
 */

import {
  type Instant,
  type Milliseconds,
  type Observation,
  type Presence,
  presence,
  type StreamReport,
} from '../../core/observation.ts';
import { joined, type Names, PACKED_RUN, type PackedRuns, presencesOf } from '../../core/packed-runs.ts';
import type { Cidr } from '../../lib/ip.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { LineFile, LineFileState } from '../../transports/line-step.ts';
import { doubled } from './byte-table.ts';
import { Clients } from './clients.ts';
import { Fold } from './fold.ts';
import { QUOTE, SPACE } from './formats/bytes.ts';
import { createFormat, type FormatMark, type FormatOptions, markOf } from './formats/index.ts';
import { type GapOptions, Gaps, type GapsMark } from './gaps.ts';
import { END, GOOD, HAS, type Line, type LineFormat, OTHER, type Verdict } from './line.ts';
import { Measures } from './measures.ts';
import type { NumbersBatch } from './packed.ts';
import { LineScanner } from './parse.ts';
import { Paths, PLAIN } from './paths.ts';
import { compilePattern, type PatternOption } from './patterns.ts';
import { Rejected } from './rejected.ts';
import { Rows, type RowsMark } from './rows.ts';
import { textOf } from './text.ts';
import { NO_AUDIENCE, REPORT_AFTER, STREAM_BITS, UNKNOWN } from './wasm/fold.ts';
import { LATEST, MOST_NAMES } from './wasm/quick-fold.ts';
import { QuickLines } from './wasm/quick-lines.ts';
import { MARKED, QUERIES, RECORD, RECORD_BYTES } from './wasm/scan.ts';

/** What counts: answered in whole, in part, or "you have it". */
const AUDIENCE = new Uint8Array(1000);
for (const status of [200, 206, 304]) AUDIENCE[status] = 1;

/** Smaller blocks are not worth a fast lane. */
const QUICK_FROM = 128 * 1024;
const QUICK_RECORD = RECORD_BYTES / 4;
/** So many lines that are not usual are no sign of anything. */
const MANY_MARKED = 64;

/** Nobody has listened for longer in one go; whoever writes logs by hand may say so. */
const LONGEST_ANSWER: Milliseconds = 366 * 86_400_000;

export interface ReaderOptions extends FormatOptions, GapOptions {
  /** Lines may be so much older than the newest one: see `LogReader.take`. */
  readonly lateness: Milliseconds;
  /** Query parameters and cookies that hold a playback id. */
  readonly playbackId: readonly string[];
  /** The server issues and checks these ids. */
  readonly isIssued: boolean;
  /** Read what players say of themselves by CMCD. */
  readonly cmcd: boolean;
  readonly trustedProxies: readonly Cidr[];
  /** What paths mean, before the default rules. */
  readonly rules: readonly PatternOption[];
  readonly counters: ScopedCounters;
  /** A whole number that nobody outside can guess, for hash tables. */
  readonly seed: number;
  /** Goes on from there. */
  readonly from?: ReaderMark | null;
  /** Of the qualities of a presence only the last is asked for: then the fast lane folds by itself, as long as it can. */
  readonly isBrief?: boolean;
  /** Blocks of at least so many bytes take the fast lane (wasm/), if they can. For tests. */
  readonly quickFrom?: number;
}

/** What a reader must know of the lines before those that it is given. Plain JSON. */
export interface ReaderMark {
  /** The newest time of a line; null before the first one. Of several logs the least of these. */
  readonly newest: Instant | null;
  /** Of each log by its path, where there are several. */
  readonly files?: readonly FileMark[] | undefined;
  /** Streams whose name ends in a digit: see rules.ts. */
  readonly numbered: readonly string[];
  /** Absent, as in cursors of old versions, where there is nothing to remember. */
  readonly format?: FormatMark | undefined;
  readonly rows?: RowsMark | undefined;
  readonly gaps?: GapsMark | undefined;
}

export interface FileMark {
  readonly path: string;
  readonly newest: Instant | null;
  readonly format: FormatMark;
}

/** A log that is being read: it has its own order of time, and is written in its own way. */
interface FileState {
  readonly path: string;
  newest: Instant;
  readonly format: LineFormat;
}

/** Where there is just one log, and nobody says which. */
const ONLY: LineFile = { id: 0, path: '' };

/** What a part of a log tells of itself, to whoever puts parts together (parts.ts). */
export interface PartAccount {
  /** Of the lines as they are written; not finite if there were none. */
  readonly oldest: Instant;
  readonly newest: Instant;
  readonly format: FormatMark;
  /** How many streams have names that end in a digit. */
  readonly numbered: number;
  /** There were finished rows, of which equal ones are counted. */
  readonly hasRows: boolean;
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
  readonly #scanner: LineScanner;
  readonly #clients: Clients;
  readonly #paths: Paths;
  readonly #fold: Fold;
  readonly #rows: Rows;
  readonly #gaps: Gaps;
  readonly #measures = new Measures();
  /** Whole connections, and long answers. */
  #spans: Presence[] = [];
  /** The logs that are being read, by id. */
  readonly #files = new Map<number, FileState>();
  /** The newest line of the one that lines come from now. */
  #newest: Instant = Number.NEGATIVE_INFINITY;
  /** No line of any log that is still to come counts as older. */
  #settled: Instant = Number.NEGATIVE_INFINITY;
  /** By number of the stream: when it was seen last. */
  #streamSeen = new Float64Array(64).fill(Number.NEGATIVE_INFINITY);
  /** By number of the stream: its gap. */
  #gapOf = new Float64Array(64);
  #reports: StreamReport[] = [];
  /** How many names have been told of with numbers. */
  #toldNames = { clients: 0, streams: 0, qualities: 0 };
  /** Undefined until it is of use; null if it cannot be had. */
  #quick: QuickLines | null | undefined;
  readonly #quickFrom: number;
  #pathsGeneration = 0;
  /** Lines that nobody has looked at are folded there; what of it was cut before the rest; how many of its clients are known. */
  #foldsQuickly: boolean;
  #cutBefore: PackedRuns[] = [];
  #met = 0;
  /** The number of the client who was found last. */
  #client = -1;
  /** There is just one log, and later than this no line can be. */
  #isAlone = true;
  #latest: Instant = Number.POSITIVE_INFINITY;
  /** The oldest time that a line of this part has, as it is written. */
  #oldest = Number.POSITIVE_INFINITY;
  #hasRows = false;

  #bytes = 0;
  #lines = 0;
  #audience = 0;
  #cut = 0;
  #late = 0;
  #future = 0;
  #others = 0;
  #publishing = 0;
  readonly #rejected = new Rejected();
  readonly #requestsOf = new Float64Array(1000);
  readonly #bytesOf = new Float64Array(1000);
  readonly #told = new Map<string, number>();

  constructor(options: ReaderOptions) {
    const { seed, from } = options;
    this.#options = options;
    this.#quickFrom = options.quickFrom ?? QUICK_FROM;
    this.#foldsQuickly = options.isBrief === true;
    this.#scanner = new LineScanner();
    this.#clients = new Clients(options);
    this.#paths = new Paths(options.rules.map(compilePattern), from?.numbered ?? [], seed);
    this.#fold = new Fold(seed);
    this.#rows = new Rows(from?.rows);
    this.#gaps = new Gaps(options, from?.gaps);
  }

  /** How many presences the next cut will have, at most. */
  get size(): number {
    const cut = this.#cutBefore.reduce((sum, { runs }) => sum + runs.length / PACKED_RUN, 0);
    return this.#fold.size + (this.#quick?.fold.size ?? 0) + cut + this.#spans.length + this.#measures.size;
  }

  /**
   * "Everything up to then has been read"; null if there is no saying. What is read to its end holds nobody up; if all logs
   * are, the newest line counts. Without `files` there is one log, with something left to read.
   */
  watermark(files: readonly LineFileState[] = []): Instant | null {
    const areAllRead = files.length > 0 && files.every(({ isAtEnd }) => isAtEnd);
    const known = [...this.#files].filter(([id]) => {
      const state = files.find((each) => each.id === id);
      return areAllRead || state === undefined || !state.isAtEnd;
    });
    const isSilent = files.some(({ id, isAtEnd }) => !isAtEnd && !this.#files.has(id));
    const newest = known.map(([, file]) => file.newest).filter(Number.isFinite);
    if (newest.length === 0 || isSilent) return null;
    return (areAllRead ? Math.max(...newest) : Math.min(...newest)) - this.#options.lateness;
  }

  get mark(): ReaderMark {
    const newest = [...this.#files.values()].map((file) => file.newest).filter(Number.isFinite);
    const [first] = this.#files.values();
    const files = [...this.#files.values()].map(({ path, newest: own, format }) => ({
      path,
      newest: Number.isFinite(own) ? own : null,
      format: markOf(format),
    }));
    return {
      newest: newest.length === 0 ? null : Math.min(...newest),
      numbered: this.#paths.numbered,
      ...(first === undefined ? {} : { format: markOf(first.format) }),
      ...(files.length > 1 || files.some(({ path }) => path !== '') ? { files } : {}),
      rows: this.#rows.mark,
      gaps: this.#gaps.mark,
    };
  }

  /** The newest line of a log; null if there was none. */
  newestOf({ id }: LineFile): Instant | null {
    const newest = this.#files.get(id)?.newest ?? Number.NEGATIVE_INFINITY;
    return Number.isFinite(newest) ? newest : null;
  }

  /** These are the logs that are followed now: what is known of them from before counts, the others are forgotten. */
  follow(files: readonly LineFile[]): void {
    for (const id of this.#files.keys()) if (!files.some((each) => each.id === id)) this.#files.delete(id);
    for (const file of files) this.#use(file);
  }

  #use({ id, path }: LineFile): FileState {
    let file = this.#files.get(id);
    if (file === undefined) {
      const { from } = this.#options;
      const own = from?.files?.find((each) => each.path === path);
      const known = own ?? (from?.files === undefined ? from : null);
      const format = createFormat(this.#options, known?.format ?? null);
      file = { path, newest: known?.newest ?? Number.NEGATIVE_INFINITY, format };
      this.#files.set(id, file);
    }
    this.#scanner.format = file.format;
    this.#newest = file.newest;
    this.#settled = this.#leastOfOthers(file);
    return file;
  }

  /** What logs other than this one, and this one as it stands, leave open. */
  #leastOfOthers(file: FileState): Instant {
    if (this.#files.size === 1) return file.newest - this.#options.lateness;
    const newest = [...this.#files.values()].map((each) => each.newest).filter(Number.isFinite);
    return Math.min(...newest, Number.POSITIVE_INFINITY) - this.#options.lateness;
  }

  /**
   * Reads a block of whole lines; only the very last one may lack its end.
   *
   * A line that is older than the newest one by more than the lateness is moved up to that bound, one from after
   * `latest` down to it: a clock that steps to and fro makes no sessions in the past or the future.
   */
  take(block: Uint8Array, latest: Instant, from: LineFile = ONLY): void {
    const file = this.#use(from);
    this.#isAlone = this.#files.size === 1;
    this.#latest = latest;
    this.#bytes += block.length;
    const quick = this.#quickFor(block);
    if (quick === null) {
      this.#scanner.load(block);
      this.#readLines();
    } else {
      this.#readQuickly(quick);
    }
    file.newest = this.#newest;
    if (!this.#isAlone) this.#settled = this.#leastOfOthers(file);
  }

  /** The lines that are left of the block. */
  #readLines(): void {
    const scanner = this.#scanner;
    for (let verdict = scanner.next(); verdict !== END; verdict = scanner.next()) this.#readLine(verdict);
  }

  #readLine(verdict: Verdict): void {
    const { line } = this.#scanner;
    this.#lines++;
    if (verdict !== GOOD) {
      if (verdict === OTHER) this.#others++;
      else this.#rejected.add(line, this.#scanner.format.name);
      return;
    }
    const { status } = line;
    if (line.isCut) this.#cut++;
    this.#requestsOf[status]!++;
    this.#bytesOf[status]! += line.sent;
    const time = this.#inOrder(line.time);
    if ((line.isGet || (line.has & HAS.publish) !== 0) && AUDIENCE[status] === 1) this.#request(time);
  }

  /** When a line of this time counts as written. */
  #inOrder(time: Instant): Instant {
    const { lateness } = this.#options;
    if (time < this.#oldest) this.#oldest = time;
    let at = time;
    if (at > this.#latest) {
      at = this.#latest;
      this.#future++;
    }
    if (at > this.#newest) {
      this.#newest = at;
      if (this.#isAlone) this.#settled = at - lateness;
    } else if (at < this.#newest - lateness) {
      at = this.#newest - lateness;
      this.#late++;
    }
    return at;
  }

  // The fast lane

  /** Memory in which to put a block that is to be read, so that it need not be copied; undefined if there is none. */
  get room(): Buffer<ArrayBuffer> | undefined {
    this.#quick ??= this.#openQuick();
    return this.#quick?.room;
  }

  #openQuick(): QuickLines | null {
    const { isAuto, seed, playbackId, cmcd } = this.#options;
    if (isAuto) return null;
    const queries = playbackId.length > 0 ? QUERIES.all : cmcd ? QUERIES.cmcd : QUERIES.none;
    try {
      const quick = new QuickLines(seed, queries, PLAIN);
      quick.fold.setUp(AUDIENCE, this.#options.lateness);
      return quick;
    } catch {
      // There is no such memory: then without it.
      return null;
    }
  }

  #quickFor(block: Uint8Array): QuickLines | null {
    if (this.#scanner.format.name !== 'combined' || block.length < this.#quickFrom) return null;
    this.#quick ??= this.#openQuick();
    return this.#quick?.load(block) === true ? this.#quick : null;
  }

  #readQuickly(quick: QuickLines): void {
    const scanner = this.#scanner;
    scanner.load(quick.block);
    while (quick.next(() => this.#forgetQuickly())) {
      const isBounded = this.#latest !== Number.POSITIVE_INFINITY || quick.minute < 0 || quick.minute > LATEST;
      const isFolded = this.#foldsQuickly && !isBounded;
      let marked = isFolded ? this.#foldRecords(quick) : this.#takeRecords(quick, 0, quick.count * QUICK_RECORD);
      if (marked !== -1 && quick.isStuck) {
        scanner.position = quick.position;
        const verdict = scanner.next();
        if (verdict !== END) this.#readLine(verdict);
        quick.position = scanner.position;
        marked++;
      }
      const isOther = scanner.format.name !== 'combined';
      // Where nothing is usual it is no faster.
      if (!isOther && marked * 2 <= quick.count + MANY_MARKED) continue;
      if (!isOther) scanner.position = quick.position;
      this.#readLines();
      return;
    }
  }

  /** As `#takeRecords`, which takes only what is not usual. */
  #foldRecords(quick: QuickLines): number {
    const { fold, count, clients, minute } = quick;
    const end = count * QUICK_RECORD;
    this.#meetAll(quick, end);
    if (!fold.hasRoom(count, clients.size)) {
      this.#cutQuickly();
      fold.hasRoom(count, clients.size);
    }
    let marked = 0;
    for (let at = 0; at < end; at += QUICK_RECORD) {
      if (!this.#foldsQuickly || this.#newest > LATEST) return this.#takeRecords(quick, at, end, marked);
      fold.rankQualities(this.#paths.qualities);
      fold.newest = this.#newest;
      const stopped = fold.take(at, end, minute);
      this.#lines += (stopped - at) / QUICK_RECORD;
      this.#newest = Math.max(this.#newest, fold.newest);
      this.#oldest = Math.min(this.#oldest, fold.takeOldest());
      this.#settled = this.#newest - this.#options.lateness;
      if (stopped === end) break;
      marked = this.#takeRecords(quick, stopped, stopped + QUICK_RECORD, marked);
      if (marked === -1) return -1;
      at = stopped;
    }
    return marked;
  }

  /** Finds out who the clients are that have come last. */
  #meetAll(quick: QuickLines, last: number): void {
    const { records, clients } = quick;
    for (let at = 0; at < last && this.#met < clients.size; at += QUICK_RECORD) {
      if (records[at + RECORD.client] !== this.#met) continue;
      clients.meaning[this.#met++] = this.#clients.addPlain(this.#usualLine(quick, at));
    }
  }

  #cutQuickly(): void {
    const quick = this.#quick;
    if (quick === null || quick === undefined || quick.fold.size === 0) return;
    this.#cutBefore.push(quick.fold.cut(quick.clients.meaning));
  }

  /** The fast lane is about to forget all that it has numbered. */
  #forgetQuickly(): void {
    this.#cutQuickly();
    this.#met = 0;
  }

  /** Somebody says who he is, so that what comes without that may be his: core/tracker.ts decides. */
  #stopFoldingQuickly(): void {
    this.#cutQuickly();
    this.#countQuickly();
    this.#foldsQuickly = false;
    this.#quick?.clients.forgetMeanings();
  }

  /**
   * Answers how many lines were only marked, and were so `before`; -1 if the log goes on in another format, from where the
   * scanner is.
   */
  #takeRecords(quick: QuickLines, from: number, end: number, before = 0): number {
    const { records, clients, paths, minute } = quick;
    const scanner = this.#scanner;
    const { qualities } = this.#paths;
    let marked = before;
    for (let at = from; at < end; at += QUICK_RECORD) {
      const who = records[at + RECORD.client]!;
      if (who === MARKED) {
        marked++;
        scanner.position = quick.startOf(at);
        const verdict = scanner.next();
        if (verdict !== END) this.#readLine(verdict);
        if (scanner.format.name !== 'combined') return -1;
        this.#checkPaths(quick);
        continue;
      }
      const status = records[at + RECORD.status]!;
      const sent = records[at + RECORD.sent]!;
      this.#lines++;
      this.#requestsOf[status]!++;
      this.#bytesOf[status]! += sent;
      const time = this.#inOrder(minute + records[at + RECORD.seconds]! * 1000);
      if (AUDIENCE[status] !== 1) continue;
      const meaning = paths.meaning[records[at + RECORD.path]!]!;
      if (meaning === NO_AUDIENCE) continue;
      if (meaning === UNKNOWN) {
        this.#learn(quick, at, time);
        continue;
      }
      let client = clients.meaning[who]!;
      if (client === UNKNOWN) {
        client = this.#clients.find(this.#usualLine(quick, at));
        clients.meaning[who] = client;
      }
      const stream = meaning >> STREAM_BITS;
      this.#audience++;
      this.#sawStream(stream, time);
      const gap = this.#gapOf[stream]!;
      this.#fold.add(client, stream, time, sent, (meaning & 0x7fff) - 1, gap, qualities, this.#settled);
    }
    return marked;
  }

  /** The line of a record, as far as its client goes: one who has nothing but an address and a user agent. */
  #usualLine(quick: QuickLines, at: number): Line {
    const { line } = this.#scanner;
    const { block } = line;
    line.bytes = block;
    line.view = line.blockView;
    line.has = 0;
    line.userStart = line.userEnd = line.queryStart = line.queryEnd = 0;
    line.addressStart = quick.startOf(at);
    line.addressEnd = block.indexOf(SPACE, line.addressStart);
    line.agentStart = quick.agentOf(at);
    line.agentEnd = block.indexOf(QUOTE, line.agentStart);
    return line;
  }

  /** Reads a line in full, and remembers what its numbers mean. */
  #learn(quick: QuickLines, at: number, time: Instant): void {
    const scanner = this.#scanner;
    scanner.position = quick.startOf(at);
    scanner.next();
    const before = this.#audience;
    this.#request(time);
    const isAudience = this.#audience > before;
    this.#checkPaths(quick);
    const { stream, quality, isOfFolder } = this.#paths;
    const { records, clients, paths } = quick;
    if (isAudience) clients.meaning[records[at + RECORD.client]!] = this.#client;
    // What a folder does not tell must be looked at every time.
    if (isOfFolder !== (records[at + RECORD.folder] === 1)) return;
    const isFew = stream < MOST_NAMES && quality < MOST_NAMES;
    const meaning = isAudience ? (stream << STREAM_BITS) | (quality + 1) : NO_AUDIENCE;
    if (isFew) paths.meaning[records[at + RECORD.path]!] = meaning;
  }

  #checkPaths(quick: QuickLines): void {
    if (this.#paths.generation === this.#pathsGeneration) return;
    this.#pathsGeneration = this.#paths.generation;
    quick.paths.forgetMeanings();
  }

  /** What was read since the last cut. */
  cut(files: readonly LineFileState[] = []): ReaderBatch {
    const names = { clients: this.#clients.facts, streams: this.#paths.streams, qualities: this.#paths.qualities };
    const presences = presencesOf(this.#cutRuns(), names);
    const observations = [...this.#reports, ...presences, ...this.#othersOf(names)];
    this.#tidy();
    return { observations, watermark: this.watermark(files) };
  }

  #cutRuns(): PackedRuns {
    this.#cutQuickly();
    const runs = this.#fold.cut(this.#settled);
    if (this.#cutBefore.length === 0) return runs;
    const all = joined([...this.#cutBefore, runs]);
    this.#cutBefore = [];
    return all;
  }

  /** The same in numbers, with the names that are new. */
  cutNumbers(): NumbersBatch {
    const { facts } = this.#clients;
    const { streams, qualities } = this.#paths;
    const told = this.#toldNames;
    const batch: NumbersBatch = {
      runs: this.#cutRuns(),
      clients: { first: told.clients, names: facts.slice(told.clients) },
      streams: { first: told.streams, names: streams.slice(told.streams) },
      qualities: { first: told.qualities, names: qualities.slice(told.qualities) },
      reports: this.#reports,
      observations: this.#othersOf({ clients: facts, streams }),
    };
    this.#toldNames = { clients: facts.length, streams: streams.length, qualities: qualities.length };
    this.#tidy();
    return batch;
  }

  /**
   * Begins a part of a log of which it is not known what was read before it: as if nothing was. What makes a difference is
   * in `account`.
   */
  beginPart(): void {
    this.#use(ONLY).newest = Number.NEGATIVE_INFINITY;
    this.#newest = Number.NEGATIVE_INFINITY;
    this.#settled = Number.NEGATIVE_INFINITY;
    this.#oldest = Number.POSITIVE_INFINITY;
    this.#hasRows = false;
  }

  get account(): PartAccount {
    return {
      oldest: this.#oldest,
      newest: this.#newest,
      format: markOf(this.#use(ONLY).format),
      numbered: this.#paths.numbered.length,
      hasRows: this.#hasRows,
    };
  }

  /** Connections, long answers, and what CMCD says. */
  #othersOf(names: Pick<Names, 'clients' | 'streams'>): Presence[] {
    return [...this.#spans, ...this.#measures.cut(names.clients, names.streams)];
  }

  #tidy(): void {
    this.#reports = [];
    this.#spans = [];
    this.#rows.forget(this.#settled);
    if (this.#clients.trim()) {
      this.#toldNames = { ...this.#toldNames, clients: 0 };
      this.#quick?.clients.clear();
      this.#met = 0;
    }
    if (this.#paths.trim()) {
      this.#toldNames = { ...this.#toldNames, streams: 0, qualities: 0 };
      this.#streamSeen.fill(Number.NEGATIVE_INFINITY);
      this.#quick?.fold.forgetNames();
    }
    if (this.#quick !== null && this.#quick !== undefined) this.#checkPaths(this.#quick);
    this.#count();
  }

  tally(): LogTally {
    this.#countQuickly();
    const statuses: Record<string, { requests: number; bytes: number }> = {};
    for (let status = 0; status < 1000; status++) {
      const requests = this.#requestsOf[status]!;
      if (requests > 0) statuses[String(status).padStart(3, '0')] = { requests, bytes: this.#bytesOf[status]! };
    }
    return { bytes: this.#bytes, lines: this.#lines, unreadable: this.#rejected.total, statuses };
  }

  #request(time: Instant): void {
    const { line } = this.#scanner;
    if ((line.has & HAS.publish) !== 0) this.#publishing++;
    const isMount = (line.has & HAS.mount) !== 0;
    const isAudience = isMount ? this.#paths.findMount(line) : this.#paths.find(line);
    if (!isAudience) return;
    const { stream } = this.#paths;
    this.#audience++;
    this.#sawStream(stream, time);
    const isLong = line.has !== 0 && (line.has & HAS.duration) !== 0 && this.#paths.isProgressive;
    if (isLong) this.#span(stream, time);
    else this.#shortRequest(stream, time);
  }

  #shortRequest(stream: number, time: Instant): void {
    const { line } = this.#scanner;
    const client = this.#clients.find(line);
    this.#client = client;
    const { quality } = this.#paths;
    const gap = this.#gapOf[stream]!;
    const isNew = this.#fold.add(client, stream, time, line.sent, quality, gap, this.#paths.qualities, this.#settled);
    // From here on what comes without an id may be this one's: core/tracker.ts decides.
    if (isNew && this.#clients.plain !== -1) {
      if (this.#foldsQuickly) this.#stopFoldingQuickly();
      this.#fold.split(this.#clients.plain, stream, time);
    }
    const { cmcd } = this.#clients;
    if (cmcd !== null) this.#measures.add(cmcd, client, stream, time, gap);
    if (this.#options.isAuto && quality === -1) this.#learnGap(stream, time);
  }

  /** It is known how long it was: a whole connection, or the stream in one answer. */
  #span(stream: number, time: Instant): void {
    const { line } = this.#scanner;
    const name = this.#paths.streams[stream]!;
    const client = this.#clients.facts[this.#clients.find(line)]!;
    if ((line.has & HAS.over) !== 0) {
      this.#hasRows = true;
      this.#spans.push(this.#rows.read(line, name, client, time));
      return;
    }
    const from = time - Math.min(line.duration, LONGEST_ANSWER);
    this.#spans.push(presence({ stream: name, client, from, to: time, bytes: line.sent, requests: 1 }));
  }

  #sawStream(stream: number, time: Instant): void {
    while (stream >= this.#streamSeen.length) {
      const known = this.#streamSeen.length;
      this.#streamSeen = doubled(this.#streamSeen, stream + 1).fill(Number.NEGATIVE_INFINITY, known);
      this.#gapOf = doubled(this.#gapOf, stream + 1);
    }
    const quick = this.#foldsQuickly ? this.#quick?.fold : undefined;
    const seen = Math.max(this.#streamSeen[stream]!, quick?.seenAt(stream) ?? Number.NEGATIVE_INFINITY);
    if (time <= seen) return;
    this.#streamSeen[stream] = time;
    if (time - seen > REPORT_AFTER * 1000) this.#report(stream, time);
    quick?.see(stream, time, this.#gapOf[stream]!);
  }

  #report(stream: number, at: Instant): void {
    const name = this.#paths.streams[stream]!;
    this.#gapOf[stream] = this.#gaps.of(name);
    const gap = this.#gaps.told(name);
    this.#reports.push({ kind: 'report', stream: name, at, status: 'up', ...(gap === null ? {} : { gap }) });
  }

  #learnGap(stream: number, time: Instant): void {
    const { line } = this.#scanner;
    const name = this.#paths.streams[stream]!;
    if (!this.#gaps.isOpen(name)) return;
    if (this.#gaps.see(name, textOf(line.bytes, line.pathStart, line.pathEnd), time)) this.#report(stream, time);
  }

  #countQuickly(): void {
    if (this.#foldsQuickly) this.#audience += this.#quick?.fold.count(this.#requestsOf, this.#bytesOf) ?? 0;
  }

  #count(): void {
    this.#countQuickly();
    this.#tell('bytes', this.#bytes);
    this.#tell('lines', this.#lines);
    this.#tell('requests', this.#audience);
    this.#tell('rejected', this.#rejected.total);
    for (const [fault, count] of Object.entries(this.#rejected.counts)) this.#tell(`rejected${fault}`, count);
    this.#rejected.tellExamples(this.#options.counters);
    this.#tell('otherLines', this.#others);
    this.#tell('publishing', this.#publishing);
    this.#tell('unknownBehindProxy', this.#clients.unknownBehindProxy);
    this.#tell('forgottenRows', this.#rows.forgotten);
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
