/**
 * What has happened since the last commit, for the outbox. It goes into the same commit as the sessions that it is about:
 * what is told has been kept, and what has been kept is told. Only what some sink wants is written.
 */

import type { AudienceEvent, EventType, StreamCount } from '../core/event.ts';
import type { Hash } from '../core/identity.ts';
import type { Instant, StreamStatus } from '../core/observation.ts';
import type { Session, SessionRecord } from '../core/session.ts';
import { Streams } from '../core/streams.ts';
import type { Changes } from '../core/tracker.ts';
import type { StoredReport } from '../store/store.ts';

export interface EventsOptions {
  /** Keyed, so that ids of two installations differ. */
  readonly hash: Hash;
  /** Does any sink want to be told? */
  wants(type: EventType, stream: string | null): boolean;
  /** An open session, as it was before the newest changes. */
  find(id: string): Session | undefined;
  describe(session: Session): SessionRecord;
  readonly streams: Streams;
  count(source: string, stream: string): StreamCount;
}

/** An event that has no id yet: it gets one with its place in a commit. */
type Unnamed<E> = E extends AudienceEvent ? Omit<E, 'id'> & { readonly subject: string } : never;

/** Streams whose status is remembered. */
const MAX_STREAMS = 10_000;

export class Events {
  readonly #options: EventsOptions;
  #waiting: Unnamed<AudienceEvent>[] = [];
  /** The status that was told last, by stream. */
  readonly #statuses = new Map<string, StreamStatus>();

  constructor(options: EventsOptions) {
    this.#options = options;
  }

  /** What is known of streams from before: after a restart the same status is no news. */
  resume(reports: readonly StoredReport[], spaceOf: (source: string) => string): void {
    const before = new Streams(this.#options.hash);
    for (const { source, report } of reports) before.apply(spaceOf(source), source, report);
    for (const { id, status } of before.list()) this.#remember(id, status);
  }

  /** Before the audience has them. */
  take(changes: Changes): void {
    this.#takeSuperseded(changes);
    for (const session of changes.opened) this.#takeSession('session.opened', session, session.start);
    for (const session of changes.closed) this.#takeSession('session.closed', session, session.end ?? session.seen);
  }

  /** Something of the stream has changed: is it the status? */
  streamChanged(source: string, stream: string, at: Instant): void {
    const { streams, wants, count } = this.#options;
    const state = streams.get(source, stream);
    if (state === null || this.#statuses.get(state.id) === state.status) return;
    this.#remember(state.id, state.status);
    if (!wants('stream.status', stream)) return;
    const { sessions, bots } = count(source, stream);
    this.#waiting.push({ type: 'stream.status', subject: state.id, at, stream, state, count: { sessions, bots } });
  }

  /** Everything so far, for the commit with this number; afterwards nothing is waiting. */
  cut(sequence: number): AudienceEvent[] {
    const events = this.#waiting.map(({ subject, ...event }, place) => {
      const id = this.#options.hash(`event|${sequence}|${place}|${event.type}|${subject}`);
      return { id, ...event } as AudienceEvent;
    });
    this.#waiting = [];
    return events;
  }

  #takeSuperseded({ superseded, opened, updated, closed }: Changes): void {
    if (superseded.length === 0) return;
    const heirs = new Map([...opened, ...updated, ...closed].map((session) => [session.id, session]));
    for (const { id, by } of superseded) {
      const session = this.#options.find(id) ?? heirs.get(by);
      const stream = session?.stream ?? null;
      if (!this.#options.wants('session.superseded', stream)) continue;
      const at = session?.seen ?? 0;
      this.#waiting.push({ type: 'session.superseded', subject: id, at, stream, sessionId: id, by });
    }
  }

  #takeSession(type: 'session.opened' | 'session.closed', session: Session, at: Instant): void {
    const { id, stream } = session;
    if (!this.#options.wants(type, stream)) return;
    this.#waiting.push({ type, subject: id, at, stream, session: this.#options.describe(session) });
  }

  #remember(id: string, status: StreamStatus): void {
    // Moved to the end: the first one is the one that has not changed for longest.
    this.#statuses.delete(id);
    this.#statuses.set(id, status);
    if (this.#statuses.size > MAX_STREAMS) this.#statuses.delete(this.#statuses.keys().next().value!);
  }
}
