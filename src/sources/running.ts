/**
 * The sources that run: starts what is configured, and on a reload stops, starts or leaves alone, by name. A source whose
 * configuration has not changed does not notice.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Messages } from '../core/messages.ts';
import type { SourceTraits } from '../core/spaces.ts';
import type { Clock } from '../lib/clock.ts';
import type { Inboxes } from '../lib/inboxes.ts';
import type { Counters, ScopedCounters } from '../telemetry/counters.ts';
import type { Example } from '../telemetry/examples.ts';
import type { Log } from '../telemetry/log.ts';
import { type Rate, Rates, SAMPLE_EVERY } from '../telemetry/rates.ts';
import type { RecentLines } from '../telemetry/recent-lines.ts';
import type { Batch, CommonOptions, KindCounts, SourceKind } from './source.ts';
import { type SourceHealth, type Supervisor, supervise } from './supervisor.ts';

/** A source as the configuration describes it. */
export interface SourceSetting {
  readonly kind: SourceKind;
  readonly common: CommonOptions;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Something that came and could not be used. */
export interface Reject {
  readonly counter: string;
  readonly count: number;
  /** Of so many; null where nothing counts those. */
  readonly of: number | null;
  readonly example: Example | null;
}

export interface RunningSource {
  readonly setting: SourceSetting;
  readonly health: SourceHealth;
  readonly counters: Readonly<Record<string, number>>;
  /** What it has taken in during the last minute, the most telling first; empty before that says anything. */
  readonly rates: readonly Rate[];
  /** Only what there has been. */
  readonly rejects: readonly Reject[];
  /** The newest lines of its program, as it printed them, addresses included; none if it runs none. */
  readonly recent: RecentLines;
}

/** Where what the sources tell goes. */
export interface Collecting {
  attach(traits: SourceTraits): void;
  detach(name: string): void;
  emit(name: string, batch: Batch, signal: AbortSignal): Promise<void>;
  failed(name: string): void;
  finished(name: string): void;
  lose(name: string): void;
}

export interface RunningOptions {
  readonly collecting: Collecting;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly messages?: Messages;
  readonly inboxes: Inboxes;
  readonly random: () => number;
  readonly staleAfterMs: number;
}

interface Entry {
  readonly setting: SourceSetting;
  readonly supervisor: Supervisor;
  readonly rates: Rates;
}

export function traitsOf({ kind, common }: SourceSetting): SourceTraits {
  const { departures, provisional } = kind.traits;
  return { name: common.name, audience: common.audience, gap: common.gap, departures, provisional };
}

export class RunningSources {
  readonly #options: RunningOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #stopping = new AbortController();
  readonly #sampling: Promise<void>;

  constructor(options: RunningOptions) {
    this.#options = options;
    this.#sampling = this.#sampleRates();
  }

  list(): RunningSource[] {
    const { counters, clock } = this.#options;
    return [...this.#entries.values()].map(({ setting, supervisor, rates }) => {
      const own = counters.scope(setting.common.name);
      return {
        setting,
        health: supervisor.health(),
        counters: own.read(),
        rates: rates.read(clock.elapsed(), (name) => own.get(name)),
        rejects: rejectsOf(setting.kind.counts, own),
        recent: supervisor.recent,
      };
    });
  }

  /** Starts them; they must have been attached. */
  start(settings: readonly SourceSetting[], cursors: Readonly<Record<string, unknown>>): void {
    for (const setting of settings) this.#start(setting, cursors[setting.common.name] ?? null);
  }

  /** Brings what runs in line with the new settings; a source that has changed goes on from its cursor. */
  async change(settings: readonly SourceSetting[], cursorOf: (name: string) => unknown): Promise<void> {
    const { collecting, counters } = this.#options;
    for (const [name, entry] of this.#entries) {
      const now = settings.find(({ common }) => common.name === name);
      if (now !== undefined && isSame(now, entry.setting)) continue;
      await entry.supervisor.stop();
      this.#entries.delete(name);
      if (now === undefined || now.common.audience !== entry.setting.common.audience) {
        collecting.detach(name);
        counters.forget(name);
      }
    }
    for (const setting of settings) {
      if (this.#entries.has(setting.common.name)) continue;
      collecting.attach(traitsOf(setting));
      this.#start(setting, cursorOf(setting.common.name));
    }
  }

  /** Resolves when all have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#sampling, ...[...this.#entries.values()].map(({ supervisor }) => supervisor.stop())]);
  }

  async #sampleRates(): Promise<void> {
    const { clock, counters } = this.#options;
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(SAMPLE_EVERY, this.#stopping.signal);
      for (const [name, { rates }] of this.#entries) {
        const own = counters.scope(name);
        rates.sample(clock.elapsed(), (counter) => own.get(counter));
      }
    }
  }

  #start(setting: SourceSetting, cursor: unknown): void {
    const { collecting, clock, log, counters, inboxes, random, staleAfterMs, messages } = this.#options;
    const { kind, common, options } = setting;
    const { name } = common;
    const supervisor = supervise({
      source: kind.create(options as never, common),
      cursor: cursor ?? null,
      clock,
      log: log.scoped(name),
      counters: counters.scope(name),
      ...(messages === undefined ? {} : { messages: messages.of(name) }),
      inboxes,
      random,
      staleAfterMs,
      emit: (batch, signal) => collecting.emit(name, batch, signal),
      onFailed: () => collecting.failed(name),
      onFinished: () => collecting.finished(name),
      onSilent: () => collecting.lose(name),
    });
    const rates = new Rates(kind.counts.work);
    rates.sample(clock.elapsed(), (counter) => counters.scope(name).get(counter));
    this.#entries.set(name, { setting, supervisor, rates });
  }
}

function rejectsOf({ rejects }: KindCounts, counters: ScopedCounters): Reject[] {
  return Object.entries(rejects)
    .map(([counter, all]) => ({
      counter,
      count: counters.get(counter),
      of: all === null ? null : counters.get(all),
      example: counters.exampleOf(counter),
    }))
    .filter(({ count }) => count > 0);
}

function isSame(a: SourceSetting, b: SourceSetting): boolean {
  return a.kind === b.kind && isDeepStrictEqual(a.common, b.common) && isDeepStrictEqual(a.options, b.options);
}
