/**
 * Keeps a picture up to date: the live events as they come, and beside them what they do not tell, asked as often as it
 * is worth. It connects again by itself.
 */

import { setTimeout as wait } from 'node:timers/promises';
import type {
  AudienceWire,
  LiveAudience,
  SourcesWire,
  StatusWire,
  StreamsWire,
  StreamWire,
  TimelineWire,
} from '../../http/contract.ts';
import { Backoff } from '../../lib/backoff.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Api } from './api.ts';
import type { LiveEvent } from './events.ts';
import { emptyPicture, type Picture, peakOf, TEN_MINUTES, withAudience, withStream } from './picture.ts';
import { askSessions, Rates, type SessionQuestion } from './session-window.ts';

export interface WatchOptions {
  readonly api: Api;
  readonly signal: AbortSignal;
  onChange(): void;
}

/** How often what is asked, in milliseconds; more seldom where the answer takes long. */
const EVERY = { sessions: 2000, sources: 5000, streams: 30_000, peak: 60_000 };
/** Whoever is asked does nothing else at most for this part of the time. */
const BUSY_SHARE = 10;
/** Of the timeline before we came. */
const STEP_SECONDS = 10;
const PEAK_STEP_SECONDS = 300;

export class Watch {
  readonly #options: WatchOptions;
  readonly #rates = new Rates();
  #picture: Picture;
  #question: SessionQuestion;
  /** Ends the pause before the next sessions are asked for. */
  #hurry: (() => void) | null = null;

  constructor(options: WatchOptions, question: SessionQuestion) {
    this.#options = options;
    this.#question = question;
    this.#picture = emptyPicture(options.api.name);
  }

  get picture(): Picture {
    return this.#picture;
  }

  /** Asks for other sessions from now on. */
  look(question: SessionQuestion): void {
    if (JSON.stringify(question) === JSON.stringify(this.#question)) return;
    this.#question = question;
    this.#hurry?.();
  }

  /**
   * The whole picture once, all of it asked for anew. Rejects as `Api.get` does; only what the history has to say may be
   * missing.
   */
  async once(): Promise<Picture> {
    const { api, signal } = this.#options;
    const [status, { at, total }] = await Promise.all([
      api.get<StatusWire>('status', signal),
      api.get<AudienceWire>('audience', signal),
      this.#askStreams(),
      this.#askSources(),
      this.#askSessions(),
      this.#askPeak().catch(() => {}),
      this.#askBefore().catch(() => {}),
    ]);
    const audience = { at, ...total, stalled: status.stalled !== null };
    this.#change({ status, audience, heardAt: Date.now() });
    return this.#picture;
  }

  /** Until the signal. */
  async run(): Promise<void> {
    await Promise.all([
      this.#stayConnected(),
      this.#repeat(EVERY.sessions, () => this.#askSessions()),
      this.#repeat(EVERY.sources, () => this.#askSources()),
      this.#repeat(EVERY.streams, () => this.#askStreams()),
      this.#repeat(EVERY.peak, () => this.#askPeak()),
    ]);
  }

  async #stayConnected(): Promise<void> {
    const { api, signal } = this.#options;
    const backoff = new Backoff({ first: 1000, most: 15_000, random: Math.random });
    let isReturn = false;
    const take = (event: LiveEvent) => {
      this.#take(event);
      backoff.reset();
      if (isReturn && event.event === 'audience') {
        isReturn = false;
        // What happened meanwhile was told to nobody.
        void this.once().catch(() => {});
      }
    };
    while (!signal.aborted) {
      const why = await api.follow(take, signal).then(
        () => 'The connection broke off.',
        (error: unknown) => messageOf(error),
      );
      if (signal.aborted) return;
      isReturn = true;
      const pause = backoff.next();
      const { phase } = this.#picture;
      const since = phase.name === 'lost' ? phase.since : Date.now();
      this.#change({ phase: { name: 'lost', since, retryAt: Date.now() + pause, why } });
      await wait(pause, null, { signal }).catch(() => {});
    }
  }

  #take({ event, data }: LiveEvent): void {
    if (event === 'audience') this.#show(withAudience(this.#picture, data as LiveAudience, Date.now()));
    if (event === 'stream') this.#show(withStream(this.#picture, data as StreamWire));
  }

  /** What fails is asked again; that the connection is lost is told by the live events. */
  async #repeat(every: number, ask: () => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    let pause = every;
    while (!signal.aborted) {
      await this.#pause(pause, every === EVERY.sessions);
      if (signal.aborted || this.#picture.phase.name === 'lost') continue;
      const began = performance.now();
      await ask().catch((error: unknown) => {
        if (!signal.aborted && this.#picture.phase.name === 'live') this.#change({ failure: messageOf(error) });
      });
      pause = Math.max(every, (performance.now() - began) * BUSY_SHARE);
    }
  }

  async #pause(milliseconds: number, canHurry: boolean): Promise<void> {
    const hurried = new AbortController();
    if (canHurry) this.#hurry = () => hurried.abort();
    const signal = AbortSignal.any([this.#options.signal, hurried.signal]);
    await wait(milliseconds, null, { signal }).catch(() => {});
  }

  async #askSessions(): Promise<void> {
    const { api, signal } = this.#options;
    let question: SessionQuestion;
    do {
      question = this.#question;
      const window = await askSessions(api, question, signal);
      // What was asked for meanwhile is not to wait for the next time.
      if (question === this.#question) {
        this.#change({ sessions: this.#rates.read(window, performance.now()), failure: null });
      }
    } while (question !== this.#question);
  }

  async #askStreams(): Promise<void> {
    const { items } = await this.#options.api.get<StreamsWire>('streams', this.#options.signal);
    this.#change({ streams: items });
  }

  async #askSources(): Promise<void> {
    const { items } = await this.#options.api.get<SourcesWire>('sources', this.#options.signal);
    this.#change({ sources: items });
  }

  async #askPeak(): Promise<void> {
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    this.#change({ peak: peakOf(await this.#timeline(midnight, PEAK_STEP_SECONDS)) });
  }

  async #askBefore(): Promise<void> {
    const { steps, series } = await this.#timeline(new Date(Date.now() - TEN_MINUTES), STEP_SECONDS);
    const counts = series[0]?.peak ?? [];
    this.#change({ before: steps.map((step, i) => ({ at: Date.parse(step), sessions: counts[i] ?? 0 })) });
  }

  #timeline(from: Date, step: number): Promise<TimelineWire> {
    const query = new URLSearchParams({ from: from.toISOString(), step: String(step) });
    return this.#options.api.get(`timeline?${query}`, this.#options.signal);
  }

  #change(change: Partial<Picture>): void {
    this.#show({ ...this.#picture, ...change });
  }

  #show(picture: Picture): void {
    this.#picture = picture;
    this.#options.onChange();
  }
}
