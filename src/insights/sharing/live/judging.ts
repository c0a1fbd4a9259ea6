/**
 * Judges one account after the other in a thread, so that those who listen and look do not wait for it. The thread begins
 * with the first account.
 */

import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { JudgedPlay } from '../judgement/judgement.ts';
import type { JudgingAnswer, JudgingRequest } from './judging-thread.ts';
import type { Terms, Verdict } from './verdict.ts';

/** A thread does not share what this one keeps of compiled code, unless it is told where that is. */
const BOOT = `
  const { enableCompileCache } = require('node:module');
  const { cache, module } = require('node:worker_threads').workerData.boot;
  if (cache !== null) enableCompileCache(cache);
  import(module);
`;
const boot = { cache: getCompileCacheDir() ?? null, module: new URL('./judging-thread.ts', import.meta.url).href };
const LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };

export type Judged = Extract<JudgingAnswer, { verdict: Verdict }>;

export class Judging {
  #worker: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /**
   * `read` hands over the plays, page by page; it begins when all accounts before are done. Rejects with what `read`
   * rejects with, and if the thread fails.
   */
  judge(
    read: (take: (plays: readonly JudgedPlay[]) => void) => Promise<void>,
    terms: Terms,
    timeline = 0,
  ): Promise<Judged> {
    const turn = this.#last.then(async () => {
      const worker = this.#started();
      const send = (request: JudgingRequest) => worker.postMessage(request);
      try {
        await read((plays) => send({ plays }));
      } catch (error) {
        send({ drop: true });
        throw error;
      }
      if (this.#worker !== worker) throw new Error('the thread has ended');
      return await this.#answer(worker, { terms, timeline });
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** What is under way is cut short. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #started(): Worker {
    if (this.#isClosed) throw new Error('judging has ended');
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(BOOT, { eval: true, workerData: { boot }, resourceLimits: LIMITS });
    const gone = () => {
      if (this.#worker === worker) this.#worker = null;
    };
    // Whoever waits for an answer hears of it as well; nobody may.
    worker.on('error', gone);
    worker.on('exit', gone);
    this.#worker = worker;
    return worker;
  }

  #answer(worker: Worker, request: JudgingRequest): Promise<Judged> {
    const { promise, resolve, reject } = Promise.withResolvers<Judged>();
    const hear = (answer: JudgingAnswer) => ('error' in answer ? reject(new Error(answer.error)) : resolve(answer));
    const fail = (error: Error) => reject(error);
    const end = () => reject(new Error('the thread has ended'));
    worker.once('message', hear).once('error', fail).once('exit', end);
    worker.postMessage(request);
    return promise.finally(() => {
      worker.off('message', hear).off('error', fail).off('exit', end);
    });
  }
}
