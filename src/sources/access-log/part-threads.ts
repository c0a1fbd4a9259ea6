/**
 * The threads that read parts of logs (part-worker.ts): who reads what, and what they have found that nobody has asked for yet.
 */

import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import type { FilePart } from '../../transports/tail/part.ts';
import type { PlainFile } from '../source.ts';
import { KnownClients, UnpackedNames } from './packed.ts';
import type { PartMessage, PartOptions, PartOrder } from './part-worker.ts';

const MOST_THREADS = 4;
/** So many presences are handed over at once. */
const MOST_PRESENCES = 50_000;
/** So many parts a thread may be read ahead of what is asked for. */
const PARTS_AHEAD = 4;

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
  while (spare.length < threadsOf()) {
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

export type PartResult = PartMessage & { readonly kind: 'read' };

interface Outcome {
  readonly result: PartResult;
  readonly names: UnpackedNames;
}

interface Thread {
  readonly worker: Worker;
  /** What its numbers mean. */
  readonly names: UnpackedNames;
  /** The part that it is reading. */
  number: number;
}

/** What they have read that nobody has asked for yet is bounded by how far ahead they may be. */
export class Threads {
  readonly #parts: readonly Part[];
  readonly #threads: Thread[];
  readonly #outcomes: PromiseWithResolvers<Outcome>[];
  #next = 1;
  #asked = 0;
  readonly #idle: Thread[] = [];
  readonly #known = new KnownClients();

  /** All of them look at the first part, to find out how the log is written; one tells what it says. */
  constructor(options: PartOptions, parts: readonly Part[]) {
    this.#parts = parts;
    this.#outcomes = parts.map(() => Promise.withResolvers<Outcome>());
    // Whoever asks for it is told; of what nobody asks for nobody need hear.
    for (const { promise } of this.#outcomes) promise.catch(() => {});
    const count = Math.max(Math.min(threadsOf(), parts.length - 1), 1);
    this.#threads = Array.from({ length: count }, () => this.#employ());
    for (const [i, thread] of this.#threads.entries()) {
      this.#order(thread, { kind: 'begin', options, head: partOf(parts[0]!), tells: i === 0, most: MOST_PRESENCES });
      if (i > 0) this.#give(thread);
    }
  }

  #employ(): Thread {
    const worker = spare.pop() ?? startWorker();
    worker.ref();
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
    if (number > this.#asked + PARTS_AHEAD * this.#threads.length) {
      this.#idle.push(thread);
      return;
    }
    this.#next++;
    thread.number = number;
    this.#order(thread, { kind: 'read', part: partOf(this.#parts[number]!) });
  }

  #order({ worker }: Thread, order: PartOrder): void {
    worker.postMessage(order);
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

/** What of a part can be told to a thread. */
function partOf({ path, from, to }: Part): FilePart {
  return { path, from, to };
}

export function readableBy<T>(part: Part, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(part, messageOf(error));
  }
}

function unreadable({ path }: FilePart, why: string): HeadcountError {
  return new HeadcountError('FILE_UNREADABLE', `${path} cannot be read: ${why}`);
}
