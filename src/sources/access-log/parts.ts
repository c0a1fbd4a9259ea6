/**
 * Large logs, read in parts by several threads at once (part-worker.ts), and put together in order: the result is that of reading
 * them from beginning to end.
 *
 * That is so because presences merge in any order. What does depend on the lines before a part is looked at when its turn comes: how
 * late its lines are, how they are written, what streams are called, and which rows are equal. If that makes a difference, it and
 * all that follow are read anew, one after the other.
 */

import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Instant } from '../../core/observation.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { type FilePart, readPart } from '../../transports/tail/part.ts';
import type { PlainFile, ReadOnceContext } from '../source.ts';
import { presencesOf } from './fold.ts';
import { KnownClients, UnpackedNames } from './packed.ts';
import type { Beginning, PartMessage, PartRequest, PartWorkerData } from './part-worker.ts';
import { LogReader, type LogTally, type PartAccount, type ReaderMark, type ReaderOptions } from './reader.ts';

/** Smaller logs are read sooner than threads start. */
export const LEAST_BYTES = 48 * 1024 * 1024;
/** So much is read first, to find out how the log is written. */
const HEAD_BYTES = 1024 * 1024;
/** Every thread has a few parts, so that one is put together while the next are read. Each cuts everybody's presence in two. */
const PARTS_A_THREAD = 3;
const LEAST_PART = 16 * 1024 * 1024;
const GREATEST_PART = 128 * 1024 * 1024;
/** So many presences are handed over at once. */
const MOST_PRESENCES = 50_000;
const MOST_THREADS = 4;

export interface PartsContext {
  readonly files: readonly PlainFile[];
  readonly options: Omit<ReaderOptions, 'from'>;
  emit: ReadOnceContext['emit'];
  /** Called with all that has been read; may throw. */
  check(tally: LogTally): void;
  /** For tests. */
  readonly partBytes?: number;
}

interface Part extends FilePart {
  readonly file: PlainFile;
}

type PartResult = PartMessage & { readonly kind: 'read' };

export async function readParts(context: PartsContext): Promise<LogTally> {
  const { counters: _, ...options } = context.options;
  const [first] = context.files;
  const head: Part = { file: first!, path: first!.path, from: 0, to: Math.min(HEAD_BYTES, first!.size) };
  const parts = partsOf(context.files, head.to, context.partBytes ?? partBytesOf(context.files));
  // They take their time to start: until then the beginning is read.
  const threads = new Threads(options, parts);
  try {
    const assembly = new Assembly(context);
    // For so little a fast lane is not worth its beginning.
    await assembly.readHere([head], Number.POSITIVE_INFINITY);
    const rest = await assembly.readInThreads(parts, threads);
    await threads.close();
    await assembly.readHere(rest);
    return assembly.tally;
  } finally {
    await threads.close();
  }
}

function partBytesOf(files: readonly PlainFile[]): number {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const even = Math.ceil(total / (threadsOf() * PARTS_A_THREAD));
  return Math.min(Math.max(even, LEAST_PART), GREATEST_PART);
}

function threadsOf(): number {
  return Math.min(availableParallelism(), MOST_THREADS);
}

/** All files but the head, in order. Those that are read first are smaller: until then there is nothing to put together. */
function partsOf(files: readonly PlainFile[], headBytes: number, partBytes: number): Part[] {
  const parts: Part[] = [];
  for (const [i, file] of files.entries()) {
    let from = i === 0 ? headBytes : 0;
    while (from < file.size) {
      const isFirst = parts.length < threadsOf();
      const to = Math.min(from + (isFirst ? Math.ceil(partBytes / 3) : partBytes), file.size);
      parts.push({ file, path: file.path, from, to });
      from = to;
    }
  }
  return parts;
}

class Assembly {
  tally: LogTally = { bytes: 0, lines: 0, unreadable: 0, statuses: {} };
  readonly #context: PartsContext;
  /** What has been read up to here. */
  #mark: ReaderMark = { newest: null, numbered: [] };

  constructor(context: PartsContext) {
    this.#context = context;
  }

  /** In this thread, after what has been read already. */
  async readHere(parts: readonly Part[], quickFrom?: number): Promise<void> {
    if (parts.length === 0) return;
    const { options, emit } = this.#context;
    const lane = quickFrom === undefined ? {} : { quickFrom };
    const reader = new LogReader({ ...options, ...lane, from: this.#mark });
    for (const part of parts) {
      let bytes = 0;
      const longLines = reading(part, () =>
        readPart(part, (block) => {
          reader.take(block, Number.POSITIVE_INFINITY);
          bytes += block.length;
        }),
      );
      if (longLines > 0) options.counters.add('longLines', longLines);
      const { observations, watermark } = reader.cut();
      part.file.read(bytes);
      this.#context.check(sum(this.tally, reader.tally()));
      await emit({ observations, ...(watermark === null ? {} : { watermark }) });
    }
    this.#mark = reader.mark;
    this.tally = sum(this.tally, reader.tally());
  }

  /** At once, as far as it makes no difference; answers the parts that are left. */
  async readInThreads(parts: readonly Part[], threads: Threads): Promise<readonly Part[]> {
    const { format, numbered } = this.#mark;
    threads.begin({ format: format!, numbered });
    for (const [i] of parts.entries()) {
      const { result, names } = await threads.result(i);
      if (!this.#goesOn(result.account)) return parts.slice(i);
      await this.#take(result, names);
    }
    return [];
  }

  /** Would it have been read in the same way after what was read before? */
  #goesOn({ oldest, format, numbered, hasRows }: PartAccount): boolean {
    const { lateness } = this.#context.options;
    const { newest, format: known } = this.#mark;
    const isInTime = newest === null || oldest >= newest - lateness;
    const isWrittenAlike = format.name === known?.name && format.state === known.state;
    return isInTime && isWrittenAlike && numbered === this.#mark.numbered.length && !hasRows;
  }

  async #take({ account, batches, tally, counters }: PartResult, names: UnpackedNames): Promise<void> {
    const { emit, options, check } = this.#context;
    for (const [name, count] of Object.entries(counters)) options.counters.add(name, count);
    this.tally = sum(this.tally, tally);
    check(this.tally);
    const newest = Math.max(this.#mark.newest ?? Number.NEGATIVE_INFINITY, account.newest);
    if (Number.isFinite(newest)) this.#mark = { ...this.#mark, newest };
    for (const [i, batch] of batches.entries()) {
      names.add(batch);
      const observations = [...batch.observations, ...presencesOf(batch.runs, names)];
      const isLast = i === batches.length - 1;
      const watermark: Instant | null = isLast && Number.isFinite(newest) ? newest - options.lateness : null;
      await emit({ observations, ...(watermark === null ? {} : { watermark }) });
    }
  }
}

function reading(part: Part, read: () => number): number {
  try {
    return read();
  } catch (error) {
    throw unreadable(part, messageOf(error));
  }
}

function unreadable({ path }: FilePart, why: string): HeadcountError {
  return new HeadcountError('FILE_UNREADABLE', `${path} cannot be read: ${why}`);
}

function sum(a: LogTally, b: LogTally): LogTally {
  const statuses = { ...a.statuses };
  for (const [status, { requests, bytes }] of Object.entries(b.statuses)) {
    const known = statuses[status] ?? { requests: 0, bytes: 0 };
    statuses[status] = { requests: known.requests + requests, bytes: known.bytes + bytes };
  }
  return {
    bytes: a.bytes + b.bytes,
    lines: a.lines + b.lines,
    unreadable: a.unreadable + b.unreadable,
    statuses,
  };
}

interface Thread {
  readonly worker: Worker;
  /** What its numbers mean. */
  readonly names: UnpackedNames;
  /** The part that it is reading. */
  number: number;
}

/** A thread does not share what this one keeps of compiled code, unless it is told where that is. */
const BOOT = `
  const { enableCompileCache } = require('node:module');
  const { cache, module } = require('node:worker_threads').workerData.boot;
  if (cache !== null) enableCompileCache(cache);
  import(module);
`;
const boot = { cache: getCompileCacheDir() ?? null, module: new URL('./part-worker.ts', import.meta.url).href };

/** What it keeps lies in arrays of numbers. */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

interface Outcome {
  readonly result: PartResult;
  readonly names: UnpackedNames;
}

/** The threads, and what they have read that nobody has asked for yet: bounded by how far ahead they may be. */
class Threads {
  readonly #parts: readonly Part[];
  readonly #threads: Thread[];
  readonly #outcomes: PromiseWithResolvers<Outcome>[];
  #next = 0;
  #asked = 0;
  readonly #idle: Thread[] = [];
  readonly #known = new KnownClients();
  #beginning: Beginning | null = null;

  constructor(options: PartWorkerData['options'], parts: readonly Part[]) {
    this.#parts = parts;
    this.#outcomes = parts.map(() => Promise.withResolvers<Outcome>());
    // Whoever asks for it is told; of what nobody asks for nobody need hear.
    for (const { promise } of this.#outcomes) promise.catch(() => {});
    const count = Math.min(threadsOf(), parts.length);
    this.#threads = Array.from({ length: count }, () => this.#start({ options }));
  }

  /** Now they may read. */
  begin(beginning: Beginning): void {
    this.#beginning = beginning;
    for (const thread of this.#threads) this.#give(thread);
  }

  #start(workerData: PartWorkerData): Thread {
    const worker = new Worker(BOOT, { eval: true, workerData: { ...workerData, boot }, resourceLimits: LIMITS });
    const thread: Thread = { worker, names: new UnpackedNames(this.#known), number: 0 };
    worker.on('error', (error) => this.#fail(thread, unreadable(this.#parts[thread.number]!, messageOf(error))));
    worker.on('message', (message: PartMessage) => this.#hear(thread, message));
    return thread;
  }

  /** Of the part with this number. Ask for one after the other. */
  async result(part: number): Promise<Outcome> {
    this.#asked = part;
    for (const thread of this.#idle.splice(0)) this.#give(thread);
    return await this.#outcomes[part]!.promise;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #give(thread: Thread): void {
    const number = this.#next;
    if (number >= this.#parts.length) return;
    if (number > this.#asked + this.#threads.length) {
      this.#idle.push(thread);
      return;
    }
    this.#next++;
    thread.number = number;
    const { path, from, to } = this.#parts[number]!;
    const request: PartRequest = { part: { path, from, to }, most: MOST_PRESENCES, beginning: this.#beginning! };
    thread.worker.postMessage(request);
  }

  #hear(thread: Thread, message: PartMessage): void {
    const part = this.#parts[thread.number]!;
    if (message.kind === 'failed') {
      this.#fail(thread, unreadable(part, message.message));
    } else if (message.kind === 'read') {
      this.#outcomes[thread.number]!.resolve({ result: message, names: thread.names });
      this.#give(thread);
    } else {
      try {
        part.file.read(message.bytes);
      } catch (error) {
        this.#fail(thread, error);
      }
    }
  }

  /** Nothing more can come of this thread. */
  #fail({ number }: Thread, error: unknown): void {
    this.#outcomes[number]!.reject(error);
  }
}
