/**
 * What sinks have asked to be told of that takes time to tell: statuses that hold, and audiences beyond limits. What has
 * been told is kept with the commit in which it was, so that a restart tells nothing twice and forgets nothing.
 */

import { type AudienceEvent, type AudienceLimit, isSameLimit, type StreamCount } from '../core/event.ts';
import type { Instant, Milliseconds } from '../core/observation.ts';
import type { StreamState, Streams } from '../core/streams.ts';
import { AudienceLimits, type AudienceReading, type LimitState } from './audience-limits.ts';
import { type HeldState, HeldStatuses } from './held-statuses.ts';

export interface AlarmsOptions {
  readonly holds: readonly Milliseconds[];
  readonly limits: readonly AudienceLimit[];
  readonly streams: Streams;
  count(source: string, stream: string): StreamCount;
  /** Every stream that has an audience. */
  listened(): readonly { readonly source: string; readonly stream: string }[];
}

type StatusEvent = Extract<AudienceEvent, { type: 'stream.status' }>;
type LimitEvent = Extract<AudienceEvent, { limit: unknown }>;
export type Alarm = Omit<StatusEvent, 'id'> | Omit<LimitEvent, 'id'>;

interface Kept {
  readonly held: readonly { readonly held: Milliseconds; readonly state: HeldState }[];
  readonly limits: readonly { readonly limit: AudienceLimit; readonly state: LimitState }[];
}

const READ_EVERY = 10_000;

export class Alarms {
  readonly #options: AlarmsOptions;
  readonly #holds: readonly HeldStatuses[];
  readonly #limits: readonly AudienceLimits[];
  /** What has been kept, by the same places. */
  #kept: Kept = { held: [], limits: [] };
  #lastReading = Number.NEGATIVE_INFINITY;

  constructor(options: AlarmsOptions) {
    this.#options = options;
    this.#holds = options.holds.map((held) => new HeldStatuses(held, options.streams));
    this.#limits = options.limits.map((limit) => new AudienceLimits(limit));
  }

  statusChanged(state: StreamState, at: Instant): void {
    for (const each of this.#holds) each.changed(state, at);
  }

  /**
   * What there is to tell by now. A source that is not current says nothing of who listens now: it is being read from long
   * ago, or cannot be reached.
   */
  due(now: Instant, isCurrent: (source: string) => boolean): Alarm[] {
    const statuses = this.#holds.flatMap((holds) =>
      holds.due(now).map(({ state, at }): Alarm => {
        const count = this.#options.count(state.source, state.stream);
        return { type: 'stream.status', at, stream: state.stream, state, count: plain(count), held: holds.held };
      }),
    );
    return [...statuses, ...this.#crossings(now, isCurrent)];
  }

  restore(kept: unknown): void {
    // Written by `cut` alone.
    const { held, limits } = (kept ?? this.#kept) as Kept;
    for (const each of this.#holds) each.restore(held.find((other) => other.held === each.held)?.state ?? []);
    for (const each of this.#limits) {
      each.restore(limits.find((other) => isSameLimit(other.limit, each.limit))?.state ?? []);
    }
    this.#kept = this.#cutAll((_, before) => before, { held, limits });
  }

  /** What is to be kept with the next commit; null if that is still the same. */
  cut(): unknown {
    let isChanged = false;
    const kept = this.#cutAll((now, before) => {
      if (now !== null) isChanged = true;
      return now ?? before;
    }, this.#kept);
    this.#kept = kept;
    return isChanged ? kept : null;
  }

  #cutAll(choose: <State>(now: State | null, before: State) => State, before: Kept): Kept {
    return {
      held: this.#holds.map((each) => {
        const known = before.held.find(({ held }) => held === each.held)?.state ?? [];
        return { held: each.held, state: choose<HeldState>(each.cut(), known) };
      }),
      limits: this.#limits.map((each) => {
        const known = before.limits.find(({ limit }) => isSameLimit(limit, each.limit))?.state ?? [];
        return { limit: each.limit, state: choose<LimitState>(each.cut(), known) };
      }),
    };
  }

  #crossings(now: Instant, isCurrent: (source: string) => boolean): Alarm[] {
    if (this.#limits.length === 0 || (now >= this.#lastReading && now - this.#lastReading < READ_EVERY)) return [];
    this.#lastReading = now;
    const { streams, count } = this.#options;
    const readings = this.#readings();
    const sources = new Map<string, boolean>();
    const isKnown = (source: string) => {
      const known = sources.get(source) ?? isCurrent(source);
      sources.set(source, known);
      return known;
    };
    return this.#limits.flatMap((limits) =>
      limits.read(readings, isKnown).map(({ type, source, stream }): Alarm => {
        const state = streams.get(source, stream) ?? streams.unspoken(source, stream);
        return { type, at: now, stream, state, count: plain(count(source, stream)), limit: limits.limit };
      }),
    );
  }

  #readings(): AudienceReading[] {
    const { streams, count, listened } = this.#options;
    const readings = new Map<string, AudienceReading>();
    for (const { source, stream } of listened()) {
      const id = streams.idOf(source, stream);
      readings.set(id, { id, source, stream, listeners: count(source, stream).sessions });
    }
    for (const { id, source, stream, countOnly, reportedListeners } of streams.list()) {
      if (countOnly) readings.set(id, { id, source, stream, listeners: reportedListeners ?? 0 });
    }
    return [...readings.values()];
  }
}

function plain({ sessions, bots }: StreamCount): StreamCount {
  return { sessions, bots };
}
