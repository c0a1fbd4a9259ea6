/** Who reads the parts of logs: this thread, and others beside it (part-worker.ts); and what they have found that nobody has asked for yet. */

import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { nextTurn } from '../../lib/turn.ts';
import type { FilePart } from '../../transports/tail/part.ts';
import type { PlainFile } from '../source.ts';
import { KnownClients, type NumbersBatch, type PackedBatch, ToldNames } from './packed.ts';
import { PartQueue } from './part-queue.ts';
import type { PartOptions, PartReader, PartResult } from './part-reader.ts';
import type { PartMessage, PartOrder } from './part-worker.ts';
import type { ReaderMark } from './reading.ts';

const MOST_THREADS = 4;
/** So many parts for each thread may be read ahead of what is asked for. */
const PARTS_AHEAD = 4;

/** How many threads read, this one among them. */
export function threadsOf(): number {
  return Math.min(availableParallelism(), MOST_THREADS);
}

/** A thread does not share what this one keeps of compiled code, unless it is told where that is. */
const BOOT = `
  const { enableCompileCache } = require('node:module');
  const { cache, module } = require('node:worker_threads').workerData;
  if (cache !== null) enableCompileCache(cache);
  import(module);
`;

/** What it keeps lies in arrays of numbers. */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

/** Started, and not yet told what to do. */
const spare: Worker[] = [];

/** Smaller logs are read sooner than threads start. */
export const LEAST_BYTES = 48 * 1024 * 1024;

/** Lets threads start if so many bytes are worth it: that takes as long as reading a hundred megabytes does. */
export function prepareThreads(bytes: number): void {
  if (bytes < LEAST_BYTES) return;
  while (spare.length < threadsOf() - 1) {
    const worker = startWorker();
    // What is never used keeps nobody.
    worker.unref();
    spare.push(worker);
  }
}

function startWorker(): Worker {
  const module = new URL('./part-worker.ts', import.meta.url).href;
  const workerData = { cache: getCompileCacheDir() ?? null, module };
  return new Worker(BOOT, { eval: true, workerData, resourceLimits: LIMITS });
}

export interface Part extends FilePart {
  readonly file: PlainFile;
}

export interface Outcome {
  readonly result: PartResult<NumbersBatch | PackedBatch>;
  /** What its numbers mean, once its batches are added to them. */
  readonly names: ToldNames;
}

interface Thread {
  readonly worker: Worker;
  readonly names: ToldNames;
  isIdle: boolean;
}

/** What of a part has been found. */
interface Awaited extends PromiseWithResolvers<Outcome> {
  isThere: boolean;
}

/** What they have read that nobody has asked for yet is bounded by how far ahead they may be. */
export class Threads {
  readonly #parts: readonly Part[];
  readonly #queue: PartQueue;
  readonly #here: PartReader;
  readonly #threads: Thread[];
  readonly #awaited: Awaited[];
  readonly #known = new KnownClients();
  readonly #names = new ToldNames(this.#known);

  /** `here` has not read anything: it is given the first part, which shows how the log is written. */
  constructor(options: PartOptions, parts: readonly Part[], here: PartReader) {
    this.#parts = parts;
    this.#here = here;
    this.#awaited = parts.map(() => ({ ...Promise.withResolvers<Outcome>(), isThere: false }));
    // Whoever asks for it is told; of what nobody asks for nobody need hear.
    for (const { promise } of this.#awaited) promise.catch(() => {});
    this.#queue = new PartQueue(parts.length);
    this.#readHere(0);
    const { numbered, format } = here.mark;
    const count = Math.min(threadsOf(), parts.length) - 1;
    this.#threads = Array.from({ length: count }, () => this.#employ(options, { newest: null, numbered, format }));
  }

  #employ(options: PartOptions, from: ReaderMark): Thread {
    const worker = spare.pop() ?? startWorker();
    worker.ref();
    const thread: Thread = { worker, names: new ToldNames(this.#known), isIdle: false };
    worker.on('error', (error) => this.#failAll(error));
    worker.on('message', (message: PartMessage) => this.#hear(thread, message));
    const parts = this.#parts.map(({ path, from, to }) => ({ path, from, to }));
    order(thread, { kind: 'begin', options, from, parts, queue: this.#queue.memory });
    return thread;
  }

  /** Of the part with this number. Ask for one after the other. Until it is there others are read here. */
  async result(number: number): Promise<Outcome> {
    this.#queue.limit = number + PARTS_AHEAD * (this.#threads.length + 1);
    for (const thread of this.#threads) this.#wake(thread);
    const awaited = this.#awaited[number]!;
    for (;;) {
      // It may have come meanwhile.
      await nextTurn();
      const own = awaited.isThere ? null : this.#queue.take();
      if (own === null) return await awaited.promise;
      this.#readHere(own);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #readHere(number: number): void {
    const part = this.#parts[number]!;
    try {
      const result = readableBy(part, () => this.#here.read(part, part.file.read));
      this.#settle(number, { result, names: this.#names });
    } catch (error) {
      this.#fail(number, error);
    }
  }

  #wake(thread: Thread): void {
    if (!thread.isIdle || !this.#queue.isOpen) return;
    thread.isIdle = false;
    order(thread, { kind: 'go on' });
  }

  #hear(thread: Thread, message: PartMessage): void {
    if (message.kind === 'idle') {
      thread.isIdle = true;
      this.#wake(thread);
      return;
    }
    const part = this.#parts[message.part]!;
    if (message.kind === 'failed') {
      this.#fail(message.part, unreadable(part, message.message));
    } else if (message.kind === 'read') {
      this.#settle(message.part, { result: message.result, names: thread.names });
    } else {
      try {
        part.file.read(message.bytes);
      } catch (error) {
        this.#fail(message.part, error);
      }
    }
  }

  #settle(number: number, outcome: Outcome): void {
    this.#awaited[number]!.isThere = true;
    this.#awaited[number]!.resolve(outcome);
  }

  #fail(number: number, error: unknown): void {
    this.#awaited[number]!.isThere = true;
    this.#awaited[number]!.reject(error);
  }

  /** A thread has ended that should not have; what it was reading nobody knows. */
  #failAll(error: unknown): void {
    for (const [i, part] of this.#parts.entries()) {
      if (!this.#awaited[i]!.isThere) this.#fail(i, unreadable(part, messageOf(error)));
    }
  }
}

function order({ worker }: Thread, what: PartOrder): void {
  worker.postMessage(what);
}

/** What the system says of a file is told as what it is. */
export function readableBy<T>(part: Part, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof HeadcountError ? error : unreadable(part, messageOf(error));
  }
}

function unreadable({ path }: FilePart, why: string): HeadcountError {
  return new HeadcountError('FILE_UNREADABLE', `${path} cannot be read: ${why}`);
}
