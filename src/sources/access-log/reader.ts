/**
 * From blocks of lines to batches of observations: which lines are audience, whose they are, and what time it is. The
 * result is a function of the lines alone, however they are split into blocks.
 *
 * Where the lines come from, how far reading has come and when to go on is index.ts.
 */

import type { Instant, Presence } from '../../core/observation.ts';
import { type Names, type PackedRuns, presencesOf } from '../../core/packed-runs.ts';
import type { LineFile, LineFileState } from '../../transports/line-step.ts';
import { createFormat, markOf } from './formats/index.ts';
import type { LineFormat } from './line.ts';
import type { NumbersBatch } from './packed.ts';
import { QuickLane } from './quick-lane.ts';
import type { LogTally, PartAccount, ReaderBatch, ReaderMark, ReaderOptions } from './reading.ts';
import { Requests } from './requests.ts';

/** A log that is being read: it has its own order of time, and is written in its own way. */
interface FileState {
  readonly path: string;
  newest: Instant;
  readonly format: LineFormat;
}

/** Where there is just one log, and nobody says which. */
const ONLY: LineFile = { id: 0, path: '' };

export class LogReader {
  readonly #options: ReaderOptions;
  readonly #requests: Requests;
  readonly #lane: QuickLane;
  /** The logs that are being read, by id. */
  readonly #files = new Map<number, FileState>();
  /** How many names have been told of with numbers. */
  #toldNames = { clients: 0, streams: 0, qualities: 0 };
  #bytes = 0;
  readonly #told = new Map<string, number>();

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#requests = new Requests(options);
    this.#lane = new QuickLane(options, this.#requests);
  }

  /** How many presences the next cut will have, at most. */
  get size(): number {
    const { fold, spans, measures } = this.#requests;
    return fold.size + this.#lane.size + spans.length + measures.size;
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
    const { paths, rows, gaps } = this.#requests;
    const newest = [...this.#files.values()].map((file) => file.newest).filter(Number.isFinite);
    const [first] = this.#files.values();
    const files = [...this.#files.values()].map(({ path, newest: own, format }) => ({
      path,
      newest: Number.isFinite(own) ? own : null,
      format: markOf(format),
    }));
    return {
      newest: newest.length === 0 ? null : Math.min(...newest),
      numbered: paths.numbered,
      ...(first === undefined ? {} : { format: markOf(first.format) }),
      ...(files.length > 1 || files.some(({ path }) => path !== '') ? { files } : {}),
      rows: rows.mark,
      gaps: gaps.mark,
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
    const requests = this.#requests;
    requests.scanner.format = file.format;
    requests.newest = file.newest;
    requests.settled = this.#leastOfOthers(file);
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
    const requests = this.#requests;
    const file = this.#use(from);
    requests.isAlone = this.#files.size === 1;
    requests.latest = latest;
    this.#bytes += block.length;
    if (!this.#lane.take(block)) {
      requests.scanner.load(block);
      requests.readLines();
    }
    file.newest = requests.newest;
    if (!requests.isAlone) requests.settled = this.#leastOfOthers(file);
  }

  /** Memory in which to put a block that is to be taken, so that it need not be copied; undefined if there is none. */
  get room(): Buffer<ArrayBuffer> | undefined {
    return this.#lane.room;
  }

  /** What was read since the last cut. */
  cut(files: readonly LineFileState[] = []): ReaderBatch {
    const { clients, paths, reports } = this.#requests;
    const names = { clients: clients.facts, streams: paths.streams, qualities: paths.qualities };
    const presences = presencesOf(this.#cutRuns(), names);
    const observations = [...reports, ...presences, ...this.#cutOthers(names)];
    this.#tidy();
    return { observations, watermark: this.watermark(files) };
  }

  /** The same in numbers, with the names that are new. */
  cutNumbers(): NumbersBatch {
    const { clients, paths, reports } = this.#requests;
    const { facts } = clients;
    const { streams, qualities } = paths;
    const told = this.#toldNames;
    const batch: NumbersBatch = {
      runs: this.#cutRuns(),
      clients: { first: told.clients, names: facts.slice(told.clients) },
      streams: { first: told.streams, names: streams.slice(told.streams) },
      qualities: { first: told.qualities, names: qualities.slice(told.qualities) },
      reports,
      observations: this.#cutOthers({ clients: facts, streams }),
    };
    this.#toldNames = { clients: facts.length, streams: streams.length, qualities: qualities.length };
    this.#tidy();
    return batch;
  }

  #cutRuns(): PackedRuns {
    const { fold, settled } = this.#requests;
    return this.#lane.cutWith(fold.cut(settled));
  }

  /**
   * Begins a part of a log of which it is not known what was read before it: as if nothing was. What makes a difference is
   * in `account`.
   */
  beginPart(): void {
    const requests = this.#requests;
    this.#use(ONLY).newest = Number.NEGATIVE_INFINITY;
    requests.newest = Number.NEGATIVE_INFINITY;
    requests.settled = Number.NEGATIVE_INFINITY;
    requests.oldest = Number.POSITIVE_INFINITY;
    requests.hasRows = false;
  }

  get account(): PartAccount {
    const { oldest, newest, paths, hasRows } = this.#requests;
    return { oldest, newest, format: markOf(this.#use(ONLY).format), numbered: paths.numbered.length, hasRows };
  }

  /** Connections, long answers, and what CMCD says. */
  #cutOthers(names: Pick<Names, 'clients' | 'streams'>): Presence[] {
    const { spans, measures } = this.#requests;
    return [...spans, ...measures.cut(names.clients, names.streams)];
  }

  /** After a cut: nothing of what was cut is needed any more. */
  #tidy(): void {
    const requests = this.#requests;
    requests.reports = [];
    requests.spans = [];
    requests.rows.forget(requests.settled);
    if (requests.clients.trim()) {
      this.#toldNames = { ...this.#toldNames, clients: 0 };
      this.#lane.forgetClients();
    }
    if (requests.paths.trim()) {
      this.#toldNames = { ...this.#toldNames, streams: 0, qualities: 0 };
      requests.forgetStreams();
      this.#lane.forgetNames();
    }
    this.#lane.tidy();
    this.#count();
  }

  tally(): LogTally {
    this.#lane.count();
    const { lines, rejected, requestsOf, bytesOf } = this.#requests.totals;
    const statuses: Record<string, { requests: number; bytes: number }> = {};
    for (const [status, requests] of requestsOf.entries()) {
      if (requests > 0) statuses[String(status).padStart(3, '0')] = { requests, bytes: bytesOf[status]! };
    }
    return { bytes: this.#bytes, lines, unreadable: rejected.total, statuses };
  }

  #count(): void {
    this.#lane.count();
    const { totals, clients, rows, paths } = this.#requests;
    const { rejected } = totals;
    this.#tell('bytes', this.#bytes);
    this.#tell('lines', totals.lines);
    this.#tell('requests', totals.audience);
    this.#tell('rejected', rejected.total);
    for (const [fault, count] of Object.entries(rejected.counts)) this.#tell(`rejected${fault}`, count);
    rejected.tellExamples(this.#options.counters);
    this.#tell('otherLines', totals.others);
    this.#tell('publishing', totals.publishing);
    this.#tell('unknownBehindProxy', clients.unknownBehindProxy);
    this.#tell('forgottenRows', rows.forgotten);
    this.#tell('cutLines', totals.cut);
    this.#tell('late', totals.late);
    this.#tell('future', totals.future);
    this.#tell('forgottenClients', clients.forgotten);
    this.#tell('forgottenPaths', paths.forgotten);
    this.#tell('unlearnedStreams', paths.unlearned);
    this.#tell('cutUserAgents', clients.cut);
  }

  /** Counters outlive a reader: they are told what has been added since. */
  #tell(name: string, total: number): void {
    const told = this.#told.get(name) ?? 0;
    if (total === told) return;
    this.#options.counters.add(name, total - told);
    this.#told.set(name, total);
  }
}
