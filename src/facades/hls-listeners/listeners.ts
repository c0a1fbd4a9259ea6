/**
 * Who is listening, in the words of the Simple HLS listeners monitor (gAlleb/Simple-HLS-listeners-Monitor: format v1 up to
 * commit 0b6802d, v2 at fdc4da9). Times are whole seconds since 1970.
 *
 * Its listener is an address with a user agent, per stream: sessions that have both in common are one entry, which began
 * with the first of them. Who is no longer told begins from zero when he comes back.
 */

import type { Audience } from '../../core/audience.ts';
import type { Session, SessionRecord } from '../../core/session.ts';
import { indentedJson } from './indented-json.ts';
import { locationOf } from './location.ts';

export interface ListenersOptions {
  readonly streams: readonly string[];
  readonly format: 'v1' | 'v2';
  /** Empty is all. */
  readonly sources: readonly string[];
  readonly bots: boolean;
  /** Milliseconds. */
  readonly window: number;
  readonly every: number;
}

export interface ListenersContext {
  readonly audience: Audience;
  describe(session: Session): SessionRecord;
}

interface Listener {
  /** By the order of coming. */
  readonly startedAt: number;
  readonly lastSeenAt: number;
  /** The newest of the sessions, which says what it plays now. */
  readonly session: Session;
  readonly quality: string | null;
}

/** How many passes an entry has been told in, by stream and listener. */
type Passes = ReadonlyMap<string, number>;

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #context: ListenersContext;
  #passes: Passes = new Map();

  constructor(options: ListenersOptions, context: ListenersContext) {
    this.#options = { ...options, streams: [...new Set(options.streams)] };
    this.#context = context;
  }

  /** One pass: what listeners.json says from now on. */
  pass(now: number): string {
    const { streams } = this.#options;
    const second = Math.floor(now / 1000);
    const found = this.#find(second);
    const before = this.#passes;
    const passes = new Map<string, number>();
    const lists = streams.map((stream): [string, unknown[]] => {
      const entries = [...found.get(stream)!].sort(([, a], [, b]) => a.startedAt - b.startedAt || compareIds(a, b));
      return [
        stream,
        entries.map(([key, listener]) => {
          const pass = (before.get(key) ?? 0) + 1;
          passes.set(key, pass);
          return this.#entry(listener, second, pass);
        }),
      ];
    });
    this.#passes = passes;
    const totals = new Map(lists.map(([stream, entries]) => [stream, entries.length]));
    return indentedJson(new Map<string, unknown>([['total_listeners', totals], ...lists]));
  }

  /** By stream and key. */
  #find(second: number): Map<string, Map<string, Listener>> {
    const { streams, sources, bots, window } = this.#options;
    const found = new Map(streams.map((stream) => [stream, new Map<string, Listener>()]));
    for (const session of this.#context.audience.sessions.values()) {
      const listeners = found.get(session.stream);
      if (listeners === undefined || (session.bot && !bots)) continue;
      if (sources.length > 0 && !sources.includes(session.source)) continue;
      const lastSeenAt = this.#lastSeen(session);
      if (second - Math.floor(lastSeenAt / 1000) > window / 1000) continue;
      const key = `${session.client.agent} ${session.stream}`;
      const listener = { startedAt: session.start, lastSeenAt, session, quality: session.quality };
      const other = listeners.get(key);
      listeners.set(key, other === undefined ? listener : together(other, listener));
    }
    return found;
  }

  /** A lease reaches as far as its source has told; a record of less than a second says a whole one. */
  #lastSeen(session: Session): number {
    if (session.rare?.lease == null) return session.seen;
    return Math.max(session.seen, this.#context.describe(session).lastSeenAt);
  }

  #entry({ session, startedAt, quality }: Listener, second: number, pass: number): Record<string, unknown> {
    const { format, every } = this.#options;
    const { address, place } = session;
    // nginx writes a dash for a client that names none, and so does the original.
    const who = { ip_address: address, user_agent: session.client.userAgent ?? '-' };
    const geo = locationOf(address, place);
    if (format === 'v1') {
      const duration = Math.round((pass * every) / 1000);
      return { ...who, duration, is_active: true, quality_level: quality, geo };
    }
    const on = Math.min(Math.floor(startedAt / 1000), second);
    return {
      ...who,
      connected_on: on,
      connected_until: second,
      connected_time: second - on,
      is_active: true,
      mount_name: quality === null ? null : `HLS: ${quality}`,
      location: geo,
      type: 'hls',
    };
  }
}

function together(a: Listener, b: Listener): Listener {
  const [older, newer] = a.lastSeenAt <= b.lastSeenAt ? [a, b] : [b, a];
  return {
    startedAt: Math.min(a.startedAt, b.startedAt),
    lastSeenAt: newer.lastSeenAt,
    session: newer.session,
    quality: newer.quality ?? older.quality,
  };
}

function compareIds(a: Listener, b: Listener): number {
  return a.session.id < b.session.id ? -1 : 1;
}
