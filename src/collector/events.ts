/**
 * What has happened since the last commit, for the outbox. It goes into the same commit as the sessions that it is about:
 * what is told has been kept, and what has been kept is told. Only what some sink wants is written.
 */

import { type AudienceEvent, type EventSketch, type SharingFound, type StreamCount, sketchOf } from '../core/event.ts';
import type { Hash } from '../core/identity.ts';
import type { Changes } from '../core/news.ts';
import type { Instant, StreamStatus } from '../core/observation.ts';
import type { Session, SessionRecord } from '../core/session.ts';
import { Streams } from '../core/streams.ts';
import type { StoredReport } from '../store/store.ts';
import type { Alarms } from './alarms.ts';

export interface EventsOptions {
  /** Keyed, so that ids of two installations differ. */
  readonly hash: Hash;
  /** Does any sink want to be told? */
  wants(event: EventSketch): boolean;
  /** An open session, as it was before the newest changes. */
  find(id: string): Session | undefined;
  describe(session: Session): SessionRecord;
  readonly streams: Streams;
  count(source: string, stream: string): StreamCount;
  readonly alarms: Alarms;
}

/** What a commit takes of events, as of one moment. */
export interface EventsCut {
  readonly events: readonly AudienceEvent[];
  /** Sessions of listeners who may be new, one of each: `newcomers` says which are, by what the history knows of them. */
  readonly candidates: readonly SessionRecord[];
  /** What the alarms want kept; null if that is still the same. */
  readonly kept: unknown;
}

/** An event that has no id yet: it gets one with its place in a commit. */
type Unnamed<E> = E extends Exclude<AudienceEvent, SharingFound> ? Omit<E, 'id'> & { readonly subject: string } : never;

/** Streams whose status is remembered. */
const MAX_STREAMS = 10_000;

export class Events {
  readonly #options: EventsOptions;
  #waiting: Unnamed<AudienceEvent>[] = [];
  /** These have ids of their own. */
  #found: SharingFound[] = [];
  /** The status that was told last, by stream. */
  readonly #statuses = new Map<string, StreamStatus>();
  /** The first session of each listener since the last commit. */
  #candidates = new Map<string, SessionRecord>();

  constructor(options: EventsOptions) {
    this.#options = options;
  }

  /**
   * What is known of streams from before: after a restart the same status is no news. `kept` is what `cut` wanted kept; null
   * is nothing.
   */
  resume(reports: readonly StoredReport[], spaceOf: (source: string) => string, kept: unknown): void {
    this.#options.alarms.restore(kept);
    const before = new Streams(this.#options.hash);
    for (const { source, report } of reports) before.apply(spaceOf(source), source, report);
    for (const { id, status } of before.list()) this.#remember(id, status);
  }

  /** Before the audience has them. */
  take(changes: Changes): void {
    this.#takeSuperseded(changes);
    for (const session of changes.opened) {
      this.#takeSession('session.opened', session, session.start);
      this.#takeNewcomer(session);
    }
    for (const session of changes.closed) this.#takeSession('session.closed', session, session.end ?? session.seen);
  }

  /** Something of the stream has changed: is it the status? */
  streamChanged(source: string, stream: string, at: Instant): void {
    const { streams, wants, count, alarms } = this.#options;
    const state = streams.get(source, stream);
    if (state === null || this.#statuses.get(state.id) === state.status) return;
    this.#remember(state.id, state.status);
    alarms.statusChanged(state, at);
    if (!wants({ type: 'stream.status', source, stream, status: state.status })) return;
    const { sessions, bots } = count(source, stream);
    this.#waiting.push({ type: 'stream.status', subject: state.id, at, stream, state, count: { sessions, bots } });
  }

  /** Time has passed: what is due is told. Some times a minute. */
  tick(now: Instant, isCurrent: (source: string) => boolean): void {
    for (const alarm of this.#options.alarms.due(now, isCurrent)) {
      const { type, stream, state } = alarm;
      const what = 'limit' in alarm ? { limit: alarm.limit } : { status: state.status, held: alarm.held ?? 0 };
      if (!this.#options.wants({ type, source: state.source, stream, ...what })) continue;
      this.#waiting.push({ ...alarm, subject: `${state.id}|${JSON.stringify(what)}` } as Unnamed<AudienceEvent>);
    }
  }

  /** An insight has found something. Answers whether any of it is wanted: then it is in the next commit. */
  addFound(events: readonly SharingFound[]): boolean {
    const wanted = events.filter((event) => this.#options.wants(sketchOf(event)));
    this.#found.push(...wanted);
    return wanted.length > 0;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#candidates.size === 0 && this.#found.length === 0;
  }

  /** Everything so far, for the commit with this number; afterwards nothing is waiting. */
  cut(sequence: number): EventsCut {
    const events = [...this.#waiting.map((event, place) => this.#named(event, sequence, place)), ...this.#found];
    const candidates = [...this.#candidates.values()];
    this.#waiting = [];
    this.#found = [];
    this.#candidates = new Map();
    return { events, candidates, kept: this.#options.alarms.cut() };
  }

  /** The events of those candidates of a commit whom the history did not know before it; they go behind its others. */
  newcomers(sequence: number, { events, candidates }: EventsCut, known: ReadonlySet<string>): AudienceEvent[] {
    return candidates
      .filter(({ listener }) => !known.has(listener))
      .map((session, i) => {
        const { id: subject, stream, startedAt: at } = session;
        return this.#named({ type: 'listener.new', subject, at, stream, session }, sequence, events.length + i);
      });
  }

  #named({ subject, ...event }: Unnamed<AudienceEvent>, sequence: number, place: number): AudienceEvent {
    const id = this.#options.hash(`event|${sequence}|${place}|${event.type}|${subject}`);
    return { id, ...event } as AudienceEvent;
  }

  #takeSuperseded({ superseded, opened, updated, closed }: Changes): void {
    if (superseded.length === 0) return;
    const heirs = new Map([...opened, ...updated, ...closed].map((session) => [session.id, session]));
    for (const { id, by } of superseded) {
      const session = this.#options.find(id) ?? heirs.get(by);
      const stream = session?.stream ?? null;
      if (!this.#options.wants({ type: 'session.superseded', source: session?.source ?? null, stream })) continue;
      const at = session?.seen ?? 0;
      this.#waiting.push({ type: 'session.superseded', subject: id, at, stream, sessionId: id, by });
    }
  }

  #takeSession(type: 'session.opened' | 'session.closed', session: Session, at: Instant): void {
    const { id, source, stream } = session;
    if (!this.#options.wants({ type, source, stream })) return;
    this.#waiting.push({ type, subject: id, at, stream, session: this.#options.describe(session) });
  }

  /** A bot is nobody. */
  #takeNewcomer(session: Session): void {
    const { source, stream, listener, bot } = session;
    if (bot || this.#candidates.has(listener)) return;
    if (!this.#options.wants({ type: 'listener.new', source, stream })) return;
    this.#candidates.set(listener, this.#options.describe(session));
  }

  #remember(id: string, status: StreamStatus): void {
    // Moved to the end: the first one is the one that has not changed for longest.
    this.#statuses.delete(id);
    this.#statuses.set(id, status);
    if (this.#statuses.size > MAX_STREAMS) this.#statuses.delete(this.#statuses.keys().next().value!);
  }
}
