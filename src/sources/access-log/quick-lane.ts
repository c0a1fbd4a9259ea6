/**
 * The fast lane of a reader: lines that `wasm/` has read, of which only what is not usual is looked at line by line. Where just sums are
 * asked for, `wasm/fold.ts` folds them, too.
 */

import type { Instant } from '../../core/observation.ts';
import { joined, PACKED_RUN, type PackedRuns } from '../../core/packed-runs.ts';
import { LF, QUOTE, SPACE } from './formats/bytes.ts';
import { END, type Line } from './line.ts';
import { PLAIN } from './paths.ts';
import type { ReaderOptions } from './reading.ts';
import { AUDIENCE, type Requests } from './requests.ts';
import { NO_AUDIENCE, STREAM_BITS, UNKNOWN } from './wasm/fold.ts';
import { LATEST, MOST_NAMES } from './wasm/quick-fold.ts';
import { QuickLines } from './wasm/quick-lines.ts';
import { MARKED, QUERIES, RECORD, RECORD_BYTES } from './wasm/scan.ts';

/** Smaller blocks are not worth a fast lane, nor are those that begin with a longer line. */
const QUICK_FROM = 128 * 1024;
const LONG_LINE = 32 * 1024;
const QUICK_RECORD = RECORD_BYTES / 4;
/** So many lines that are not usual are no sign of anything. */
const MANY_MARKED = 64;

export class QuickLane {
  readonly #options: ReaderOptions;
  readonly #requests: Requests;
  readonly #quickFrom: number;
  /** Undefined until it is of use; null if it cannot be had. */
  #quick: QuickLines | null | undefined;
  #pathsGeneration = 0;
  /** Lines that nobody has looked at are folded there; what of it was cut before the rest; how many of its clients are known. */
  #foldsQuickly: boolean;
  #cutBefore: PackedRuns[] = [];
  #met = 0;

  constructor(options: ReaderOptions, requests: Requests) {
    this.#options = options;
    this.#requests = requests;
    this.#quickFrom = options.quickFrom ?? QUICK_FROM;
    this.#foldsQuickly = options.isBrief === true;
  }

  /** Memory in which to put a block that is to be read, so that it need not be copied; undefined if there is none. */
  get room(): Buffer<ArrayBuffer> | undefined {
    this.#quick ??= this.#open();
    return this.#quick?.room;
  }

  /** How many presences it has that are not cut, at most. */
  get size(): number {
    const cut = this.#cutBefore.reduce((sum, { runs }) => sum + runs.length / PACKED_RUN, 0);
    return (this.#quick?.fold.size ?? 0) + cut;
  }

  /** Reads a block of whole lines. False, and nothing is read, if it does not take this lane. */
  take(block: Uint8Array): boolean {
    const { scanner } = this.#requests;
    if (scanner.format.name !== 'combined' || block.length < this.#quickFrom) return false;
    if (block.length > LONG_LINE && !block.subarray(0, LONG_LINE).includes(LF)) return false;
    this.#quick ??= this.#open();
    if (this.#quick === null || !this.#quick.load(block)) return false;
    scanner.load(this.#quick.block);
    this.#read(this.#quick);
    return true;
  }

  #open(): QuickLines | null {
    const { isAuto, seed, playbackId, cmcd } = this.#options;
    if (isAuto) return null;
    const queries = playbackId.length > 0 ? QUERIES.all : cmcd ? QUERIES.cmcd : QUERIES.none;
    try {
      const quick = new QuickLines(seed, queries, PLAIN);
      quick.fold.setUp(AUDIENCE, this.#options.lateness);
      if (this.#foldsQuickly) this.#requests.beside = quick.fold;
      return quick;
    } catch {
      // There is no such memory: then without it.
      return null;
    }
  }

  #read(quick: QuickLines): void {
    const requests = this.#requests;
    const { scanner } = requests;
    while (quick.next(() => this.#forget())) {
      const isBounded = requests.latest !== Number.POSITIVE_INFINITY || quick.minute < 0 || quick.minute > LATEST;
      const isFolded = this.#goesOnFolding(quick) && !isBounded;
      let marked = isFolded ? this.#foldRecords(quick) : this.#takeRecords(quick, 0, quick.count * QUICK_RECORD);
      if (marked !== -1 && quick.isStuck) {
        scanner.position = quick.position;
        const verdict = scanner.next();
        if (verdict !== END) requests.readLine(verdict);
        quick.position = scanner.position;
        marked++;
      }
      const isOther = scanner.format.name !== 'combined';
      // Where nothing is usual it is no faster.
      if (!isOther && marked * 2 <= quick.count + MANY_MARKED) continue;
      if (!isOther) scanner.position = quick.position;
      requests.readLines();
      return;
    }
  }

  /** As `#takeRecords`, which takes only what is not usual. */
  #foldRecords(quick: QuickLines): number {
    const requests = this.#requests;
    const { fold, count, clients, minute } = quick;
    const end = count * QUICK_RECORD;
    this.#meetAll(quick, end);
    if (!fold.hasRoom(count, clients.size)) {
      this.#cut();
      fold.hasRoom(count, clients.size);
    }
    let marked = 0;
    for (let at = 0; at < end; at += QUICK_RECORD) {
      if (!this.#goesOnFolding(quick) || requests.newest > LATEST) return this.#takeRecords(quick, at, end, marked);
      fold.rankQualities(requests.paths.qualities);
      fold.newest = requests.newest;
      const stopped = fold.take(at, end, minute);
      requests.totals.lines += (stopped - at) / QUICK_RECORD;
      requests.newest = Math.max(requests.newest, fold.newest);
      requests.oldest = Math.min(requests.oldest, fold.takeOldest());
      requests.settled = requests.newest - this.#options.lateness;
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
      clients.meaning[this.#met++] = this.#requests.clients.addPlain(this.#usualLine(quick, at));
    }
  }

  #cut(): void {
    const quick = this.#quick;
    if (quick === null || quick === undefined || quick.fold.size === 0) return;
    this.#cutBefore.push(quick.fold.cut(quick.clients.meaning));
  }

  /** It is about to forget all that it has numbered. */
  #forget(): void {
    this.#cut();
    this.#met = 0;
  }

  /** Not once somebody has said who he is: what comes without that may be his. */
  #goesOnFolding(quick: QuickLines): boolean {
    if (!this.#foldsQuickly || !this.#requests.isAnybodyDeclared) return this.#foldsQuickly;
    this.#cut();
    this.count();
    this.#foldsQuickly = false;
    this.#requests.beside = null;
    quick.clients.forgetMeanings();
    return false;
  }

  /**
   * Answers how many lines were only marked, and were so `before`; -1 if the log goes on in another format, from where the
   * scanner is.
   */
  #takeRecords(quick: QuickLines, from: number, end: number, before = 0): number {
    const { records, clients, paths, minute } = quick;
    const requests = this.#requests;
    const { scanner, fold, totals } = requests;
    const { qualities } = requests.paths;
    let marked = before;
    for (let at = from; at < end; at += QUICK_RECORD) {
      const who = records[at + RECORD.client]!;
      if (who === MARKED) {
        marked++;
        scanner.position = quick.startOf(at);
        const verdict = scanner.next();
        if (verdict !== END) requests.readLine(verdict);
        if (scanner.format.name !== 'combined') return -1;
        this.#checkPaths(quick);
        continue;
      }
      const status = records[at + RECORD.status]!;
      const sent = records[at + RECORD.sent]!;
      totals.lines++;
      totals.requestsOf[status]!++;
      totals.bytesOf[status]! += sent;
      const time = requests.inOrder(minute + records[at + RECORD.seconds]! * 1000);
      if (AUDIENCE[status] !== 1) continue;
      const meaning = paths.meaning[records[at + RECORD.path]!]!;
      if (meaning === NO_AUDIENCE) continue;
      if (meaning === UNKNOWN) {
        this.#learn(quick, at, time);
        continue;
      }
      let client = clients.meaning[who]!;
      if (client === UNKNOWN) {
        client = requests.clients.find(this.#usualLine(quick, at));
        clients.meaning[who] = client;
      }
      const stream = meaning >> STREAM_BITS;
      totals.audience++;
      requests.sawStream(stream, time);
      const gap = requests.gapOf(stream);
      fold.add(client, stream, time, sent, (meaning & 0x7fff) - 1, gap, qualities, requests.settled);
    }
    return marked;
  }

  /** The line of a record, as far as its client goes: one who has nothing but an address and a user agent. */
  #usualLine(quick: QuickLines, at: number): Line {
    const { line } = this.#requests.scanner;
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
    const requests = this.#requests;
    const { scanner, totals } = requests;
    scanner.position = quick.startOf(at);
    scanner.next();
    const before = totals.audience;
    requests.request(time);
    const isAudience = totals.audience > before;
    this.#checkPaths(quick);
    const { stream, quality, isOfFolder } = requests.paths;
    const { records, clients, paths } = quick;
    if (isAudience) clients.meaning[records[at + RECORD.client]!] = requests.client;
    // What a folder does not tell must be looked at every time.
    if (isOfFolder !== (records[at + RECORD.folder] === 1)) return;
    const isFew = stream < MOST_NAMES && quality < MOST_NAMES;
    const meaning = isAudience ? (stream << STREAM_BITS) | (quality + 1) : NO_AUDIENCE;
    if (isFew) paths.meaning[records[at + RECORD.path]!] = meaning;
  }

  #checkPaths(quick: QuickLines): void {
    const { generation } = this.#requests.paths;
    if (generation === this.#pathsGeneration) return;
    this.#pathsGeneration = generation;
    quick.paths.forgetMeanings();
  }

  /** What it has folded since the last time, with what others have. */
  cutWith(runs: PackedRuns): PackedRuns {
    this.#cut();
    if (this.#cutBefore.length === 0) return runs;
    const all = joined([...this.#cutBefore, runs]);
    this.#cutBefore = [];
    return all;
  }

  /** To be called after a cut that has made clients forgotten: they have other numbers. */
  forgetClients(): void {
    this.#quick?.clients.clear();
    this.#met = 0;
  }

  /** The same of streams and qualities. */
  forgetNames(): void {
    this.#quick?.fold.forgetNames();
  }

  /** After each cut. */
  tidy(): void {
    if (this.#quick !== null && this.#quick !== undefined) this.#checkPaths(this.#quick);
  }

  /** Adds what was counted here to the totals. */
  count(): void {
    if (!this.#foldsQuickly || this.#quick === null || this.#quick === undefined) return;
    const { totals } = this.#requests;
    totals.audience += this.#quick.fold.count(totals.requestsOf, totals.bytesOf);
  }
}
