/**
 * The queue in front of the thread that finds out players' names (worker.ts). The thread is started when it is first
 * needed and started again when it dies; a user agent on which it dies, or about which it broods for too long, is
 * given up, and a thread that keeps dying too. What the answers are kept in is index.ts.
 */

import { Worker } from 'node:worker_threads';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Finding } from './finding.ts';

export interface DetectionOptions {
  /** The module that the thread runs. */
  readonly worker: URL;
  /** How many user agents may wait; further ones are refused. */
  readonly most: number;
  /** Milliseconds without an answer after which the thread is ended. */
  readonly patience: number;
  readonly log: Log;
  /** Counts `playersRefused`, `playersGivenUp` and `playerThreadsDied`. */
  readonly counters: ScopedCounters;
}

/** Null is "nothing can be found out". */
export type TakeFinding = (finding: Finding | null) => void;

/** So many are with the thread at a time, so that it need not wait for the next one. */
const WINDOW = 8;
/** So often in a row the thread may die, with fewer than `HEALTHY` answers in between. */
const MAX_DEATHS = 5;
const HEALTHY = 100;

interface Job {
  readonly userAgent: string;
  readonly takers: TakeFinding[];
}

export class Detection {
  readonly #options: DetectionOptions;
  /** All that are not answered, by user agent. */
  readonly #jobs = new Map<string, Job>();
  /** Those that wait, and those that are with the thread: the first one is what it works on. */
  #waiting: Job[] = [];
  #sent: Job[] = [];
  #thread: Worker | null = null;
  #patience: NodeJS.Timeout | undefined;
  #answers = 0;
  #deaths = 0;
  #isOver = false;
  #whenSettled: (() => void)[] = [];

  constructor(options: DetectionOptions) {
    this.#options = options;
  }

  /** Calls `take` later, never at once; answers false, and never calls it, if there is no room. */
  ask(userAgent: string, take: TakeFinding): boolean {
    const known = this.#jobs.get(userAgent);
    if (known !== undefined) {
      known.takers.push(take);
      return true;
    }
    if (this.#isOver || this.#jobs.size >= this.#options.most) {
      this.#options.counters.add('playersRefused');
      return false;
    }
    const job: Job = { userAgent, takers: [take] };
    this.#jobs.set(userAgent, job);
    this.#waiting.push(job);
    this.#send();
    return true;
  }

  /** Resolves when nobody waits for an answer any more. */
  settled(): Promise<void> {
    if (this.#jobs.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenSettled.push(resolve));
  }

  /** Nobody is answered any more; when it resolves, the thread has ended. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#jobs.clear();
    this.#waiting = [];
    this.#sent = [];
    this.#rest();
    const thread = this.#thread;
    this.#thread = null;
    await thread?.terminate();
  }

  #send(): void {
    if (this.#waiting.length === 0 || this.#sent.length >= WINDOW) return;
    const thread = this.#thread ?? this.#start();
    // The process must not end while somebody waits, and may while nobody does.
    if (this.#sent.length === 0) {
      thread.ref();
      this.#wait();
    }
    for (const job of this.#waiting.splice(0, WINDOW - this.#sent.length)) {
      this.#sent.push(job);
      thread.postMessage(job.userAgent);
    }
  }

  #start(): Worker {
    const thread = new Worker(this.#options.worker, {
      name: 'players',
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    let reason = 'it did not answer in time';
    thread.on('message', (finding: Finding) => this.#answered(finding));
    thread.on('error', (error) => {
      reason = error.message;
    });
    thread.on('exit', () => {
      if (this.#thread === thread) this.#died(reason);
    });
    this.#thread = thread;
    return thread;
  }

  #answered(finding: Finding): void {
    const job = this.#sent.shift();
    if (job === undefined) return;
    if (++this.#answers >= HEALTHY) this.#deaths = 0;
    this.#wait();
    this.#finish(job, finding);
    this.#send();
    if (this.#sent.length === 0) this.#rest();
  }

  #died(reason: string): void {
    const { counters, log } = this.#options;
    this.#thread = null;
    counters.add('playerThreadsDied');
    const [guilty, ...innocent] = this.#sent;
    this.#waiting.unshift(...innocent);
    this.#sent = [];
    this.#answers = 0;
    if (++this.#deaths >= MAX_DEATHS) {
      this.#isOver = true;
      log.error(`players are no longer named: the thread that does it died ${this.#deaths} times (${reason})`);
    }
    if (guilty !== undefined) this.#giveUp(guilty);
    if (this.#isOver) for (const job of this.#waiting.splice(0)) this.#giveUp(job);
    this.#send();
    if (this.#sent.length === 0) this.#rest();
  }

  #giveUp(job: Job): void {
    this.#options.counters.add('playersGivenUp');
    this.#finish(job, null);
  }

  #finish(job: Job, finding: Finding | null): void {
    this.#jobs.delete(job.userAgent);
    for (const take of job.takers) take(finding);
  }

  /** Ending the thread is enough when the time is up: what follows is in `#died`. */
  #wait(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => void this.#thread?.terminate(), this.#options.patience);
  }

  #rest(): void {
    clearTimeout(this.#patience);
    this.#thread?.unref();
    for (const resolve of this.#whenSettled.splice(0)) resolve();
  }
}
