/**
 * The POST of listeners.json to an API, with HTTP Basic from two files. It goes beside the passes and never holds one up:
 * what has not been taken when the next pass comes is given up for the newer one.
 */

import { readFile } from 'node:fs/promises';
import { Backoff } from '../../lib/backoff.ts';
import { messageOf } from '../../lib/errors.ts';
import { peerOf } from '../../lib/outgoing.ts';
import { postJson } from '../../lib/post.ts';
import type { FacadeContext } from '../facade.ts';

export interface PushOptions {
  readonly url: string;
  readonly usernameFile: string;
  readonly passwordFile: string;
  /** Milliseconds, of one attempt. */
  readonly timeout: number;
  readonly retries: number;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

type PushContext = Pick<FacadeContext, 'clock' | 'counters' | 'random' | 'log'>;

export class Push {
  readonly #options: PushOptions;
  readonly #context: PushContext;
  #current = new AbortController();
  #sending: Promise<void> = Promise.resolve();
  #trouble: string | null = null;
  readonly #missing = new Set<string>();

  constructor(options: PushOptions, context: PushContext) {
    this.#options = options;
    this.#context = context;
  }

  /** Never rejects, and does not wait. */
  send(text: string, signal: AbortSignal): void {
    this.#current.abort();
    this.#current = new AbortController();
    const either = AbortSignal.any([signal, this.#current.signal]);
    this.#sending = this.#sending.then(() => this.#deliver(text, either));
  }

  /** Resolves when nothing is under way. */
  async ended(): Promise<void> {
    await this.#sending;
  }

  async #deliver(text: string, signal: AbortSignal): Promise<void> {
    const { clock, counters, random, log } = this.#context;
    const backoff = new Backoff({ first: FIRST_WAIT, most: LONGEST_WAIT, random });
    for (let left = this.#options.retries; ; left--) {
      const trouble = await this.#attempt(text, signal);
      if (trouble === null) {
        counters.add('pushed');
        if (this.#trouble !== null) log.info('the API takes it again');
        this.#trouble = null;
        return;
      }
      if (!signal.aborted) {
        counters.add('pushesFailed');
        if (this.#trouble !== trouble) log.warn(`the API was not told: ${trouble}`);
        this.#trouble = trouble;
      }
      if (left > 0) await clock.sleep(backoff.next(), signal);
      if (left <= 0 || signal.aborted) {
        counters.add('pushesGivenUp');
        return;
      }
    }
  }

  /** Null, or what went wrong. */
  async #attempt(body: string, signal: AbortSignal): Promise<string | null> {
    const url = new URL(this.#options.url);
    try {
      const auth = await this.#credentials();
      const { status } = await postJson(url, { body, auth, timeoutMs: this.#options.timeout, signal });
      return status >= 200 && status < 300 ? null : `${peerOf(url)} answered with HTTP ${status}`;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Read each time: secrets may be changed, or come late. */
  async #credentials(): Promise<{ user: string; password: string } | null> {
    const { usernameFile, passwordFile } = this.#options;
    const [user, password] = await Promise.all([this.#secret(usernameFile), this.#secret(passwordFile)]);
    return user === null || password === null ? null : { user, password };
  }

  async #secret(path: string): Promise<string | null> {
    try {
      const secret = (await readFile(path, 'utf8')).trim();
      this.#missing.delete(path);
      return secret;
    } catch {
      if (!this.#missing.has(path)) {
        this.#context.log.warn(`Secret file not found: ${path}: it is POSTed without an Authorization header`);
      }
      this.#missing.add(path);
      return null;
    }
  }
}
