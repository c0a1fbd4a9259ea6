/** The sinks that are configured, as one: what they want of the events, and their beginning and end. */

import { type AudienceLimit, type EventSketch, isSameLimit } from '../core/event.ts';
import type { Milliseconds } from '../core/observation.ts';
import type { Clock } from '../lib/clock.ts';
import type { Outbox } from '../store/store.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import { Dispatcher } from './dispatcher.ts';
import type { CommonSinkOptions, LiveView, Sink, SinkKind } from './sink.ts';
import { streamFilter, wantedBy } from './wanted.ts';

/** A sink as the configuration describes it. */
export interface SinkSetting {
  readonly kind: SinkKind;
  readonly common: CommonSinkOptions;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface RunningSinksOptions {
  readonly settings: readonly SinkSetting[];
  readonly outbox: Outbox;
  readonly live: LiveView;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly random: () => number;
}

/** At the end what waits is still told, but no longer than this. */
const FLUSH_WITHIN = 2000;

interface Entry {
  readonly common: CommonSinkOptions;
  readonly isWanted: (event: EventSketch) => boolean;
  readonly sink: Sink;
  readonly dispatcher: Dispatcher | null;
}

export class RunningSinks {
  readonly #options: RunningSinksOptions;
  readonly #entries: readonly Entry[];
  readonly #stopping = new AbortController();
  #schedules: Promise<void>[] = [];

  constructor(options: RunningSinksOptions) {
    this.#options = options;
    this.#entries = options.settings.map((setting) => entryOf(setting, options));
  }

  /** Does any of them want events at all? */
  get takeEvents(): boolean {
    return this.#takers.length > 0;
  }

  wants(event: EventSketch): boolean {
    return this.#takers.some(({ isWanted }) => isWanted(event));
  }

  /** How long statuses of streams have to hold before somebody wants to know, and the limits that somebody has set. */
  get alarms(): { holds: Milliseconds[]; limits: AudienceLimit[] } {
    const all = this.#takers.map(({ common }) => common);
    const limits = all.flatMap(({ thresholds }) => thresholds);
    return {
      holds: [...new Set(all.map(({ statusFor }) => statusFor).filter((held) => held > 0))],
      limits: limits.filter((limit, i) => limits.findIndex((other) => isSameLimit(limit, other)) === i),
    };
  }

  /** Before the first commit: each gets its place in the outbox. */
  async open(): Promise<void> {
    await this.#options.outbox.open(this.#takers.map(({ common }) => common.name));
  }

  start(): void {
    for (const { dispatcher } of this.#entries) dispatcher?.start();
    this.#schedules = this.#entries.map(async ({ sink }) => sink.run?.(this.#stopping.signal));
  }

  /** Events have been committed. */
  wake(): void {
    for (const { dispatcher } of this.#entries) dispatcher?.wake();
  }

  /** After the last commit. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#schedules, ...this.#takers.map(({ dispatcher }) => dispatcher?.stop(FLUSH_WITHIN))]);
  }

  get #takers(): readonly Entry[] {
    return this.#entries.filter(({ dispatcher }) => dispatcher !== null);
  }
}

function entryOf({ kind, common, options }: SinkSetting, more: RunningSinksOptions): Entry {
  const { live, clock, outbox, random } = more;
  const log = more.log.scoped(common.name);
  const counters = more.counters.scope(`sink ${common.name}`);
  const wantsStream = streamFilter(common.streams);
  const sink = kind.create(options as never, { live, wantsStream, clock, log, counters });
  const takesEvents = sink.batch !== null && common.events.length > 0;
  const dispatcher = takesEvents ? new Dispatcher({ sink, common, outbox, clock, log, counters, random }) : null;
  return { common, isWanted: wantedBy(common), sink, dispatcher };
}
