/**
 * The sources that run: starts what is configured, and on a reload stops, starts or leaves alone, by name. A source whose
 * configuration has not changed does not notice.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Messages } from '../core/messages.ts';
import type { SourceTraits } from '../core/tracker.ts';
import type { Clock } from '../lib/clock.ts';
import type { Inboxes } from '../lib/inboxes.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import type { RecentLines } from '../telemetry/recent-lines.ts';
import type { Batch, CommonOptions, SourceKind } from './source.ts';
import { type SourceHealth, type Supervisor, supervise } from './supervisor.ts';

/** A source as the configuration describes it. */
export interface SourceSetting {
  readonly kind: SourceKind;
  readonly common: CommonOptions;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface RunningSource {
  readonly setting: SourceSetting;
  readonly health: SourceHealth;
  readonly counters: Readonly<Record<string, number>>;
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
}

export function traitsOf({ kind, common }: SourceSetting): SourceTraits {
  const { departures, provisional } = kind.traits;
  return { name: common.name, audience: common.audience, gap: common.gap, departures, provisional };
}

export class RunningSources {
  readonly #options: RunningOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: RunningOptions) {
    this.#options = options;
  }

  list(): RunningSource[] {
    return [...this.#entries.values()].map(({ setting, supervisor }) => ({
      setting,
      health: supervisor.health(),
      counters: this.#options.counters.scope(setting.common.name).read(),
      recent: supervisor.recent,
    }));
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
    await Promise.all([...this.#entries.values()].map(({ supervisor }) => supervisor.stop()));
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
    this.#entries.set(name, { setting, supervisor });
  }
}

function isSame(a: SourceSetting, b: SourceSetting): boolean {
  return a.kind === b.kind && isDeepStrictEqual(a.common, b.common) && isDeepStrictEqual(a.options, b.options);
}
