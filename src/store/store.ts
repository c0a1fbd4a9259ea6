/**
 * The contract of a store: every session there ever was. `suite.ts` is the same contract as tests; every store passes it.
 *
 * A commit is atomic and durable: after `kill -9` at any moment, `resume()` answers with exactly the last commit that
 * was acknowledged, or one that was under way, never a part of one. A commit that is tried again with the same
 * `sequence` has no effect if it had already succeeded.
 *
 * Text is kept as text.ts says, whole numbers up to 2^53. A session is open when its `endedAt` is null; one that has
 * ended but may still change lies among the open rows and is found as closed. Every method rejects with code
 * `STORE_CLOSED` after `close`, with `STORE_BUSY` when too many questions wait, and questions with `BAD_QUERY` or
 * `STORE_TOO_MUCH` when they ask for more than can be answered.
 */

import type { AudienceEvent } from '../core/event.ts';
import type { Instant, StreamReport } from '../core/observation.ts';
import type {
  HistoryGroup,
  HistoryQuery,
  InstantGroup,
  InstantPlaces,
  InstantQuery,
  Listening,
  ListeningQuery,
  SessionFilter,
  SessionPage,
  SessionQuery,
  SessionStateFilter,
  TallyGroup,
  TallyQuery,
  Timeline,
  TimelineQuery,
} from '../core/query.ts';
import type { SessionRecord } from '../core/session.ts';
import type { OpenSession, OpenSessions } from '../core/snapshot.ts';
import type { Residue } from '../core/tracker.ts';

/** A change of what is known of a stream, with its time: kept for ever, within retention. */
export interface StoredReport {
  readonly source: string;
  readonly report: StreamReport;
}

/** So many samples are answered at once. */
export const SAMPLES_AT_ONCE = 100_000;

/** One measurement of what is only a count or a rate. */
export interface Sample {
  readonly source: string;
  readonly stream: string;
  readonly at: Instant;
  /** `listeners`, `bitrate`, … */
  readonly metric: string;
  readonly value: number;
}

export interface Commit {
  /** One more than that of the commit before. */
  readonly sequence: number;
  /** Ids whose rows go first: closed or open. A closed session that is open again has to be named here. */
  readonly superseded: readonly string[];
  /** Rows that are new or replace the row of the same id; they leave the open ones. */
  readonly closed: readonly SessionRecord[];
  /** Open sessions that have changed: new, or replacing those of the same id. One that has `moved` is named once. */
  readonly open: OpenSessions;
  readonly reports: readonly StoredReport[];
  readonly samples: readonly Sample[];
  /** Cursors that have changed, by source; null removes one. */
  readonly cursors: Readonly<Record<string, unknown>>;
  /** Replaces the one before. */
  readonly residue: Residue;
  /** For the outbox, in their order. Absent is none. */
  readonly events?: readonly AudienceEvent[];
}

export interface Resumed {
  /** That of the last commit; 0 in a new store. */
  readonly sequence: number;
  readonly open: readonly OpenSession[];
  readonly cursors: Readonly<Record<string, unknown>>;
  readonly residue: Residue;
  /** The newest reports of every stream, oldest first: at most 100 each, and 200,000 in all, the newest of each first. */
  readonly reports: readonly StoredReport[];
}

/** A place in the outbox: the commit, and the event's place in it. Places are ordered. */
export interface OutboxPlace {
  readonly sequence: number;
  readonly place: number;
}

export interface QueuedEvent {
  readonly at: OutboxPlace;
  readonly event: AudienceEvent;
}

/**
 * What has been committed and not yet told to every sink. A sink has a place in it, which is durable; an event that all
 * sinks have passed is gone. Rejects as the store does; after a rejection nothing has changed.
 */
export interface Outbox {
  /**
   * These are the sinks from now on. A new one begins behind everything that has been committed; the place of one that
   * is no longer there is forgotten.
   */
  open(sinks: readonly string[]): Promise<void>;
  /** The first events behind the sink's place, in order. A sink that is not there has none. */
  waiting(sink: string, limit: number): Promise<QueuedEvent[]>;
  /** The sink is done with everything up to and including this place; places only move forward. */
  advance(sink: string, to: OutboxPlace): Promise<void>;
  /** Gives up the oldest of what waits for the sink, until no more than `most` wait; answers how many those were. */
  trim(sink: string, most: number): Promise<number>;
  /** How many events wait for the sink. */
  count(sink: string): Promise<number>;
}

/** How long what is kept, in milliseconds; null is for ever. */
export interface Retention {
  /**
   * After this addresses, ports, user agents, users and devices of closed sessions are erased. The rest stays, also the
   * listener token, a keyed hash, lest the unique listeners of old periods change. Events of the outbox that are about a
   * client are deleted.
   */
  readonly addresses: number | null;
  /** After this closed sessions are deleted. */
  readonly sessions: number | null;
  /** After this samples and reports are deleted, but never the newest report of a stream. */
  readonly samples: number | null;
}

/** Which sessions are visited. */
export interface VisitQuery {
  readonly filter: SessionFilter;
  /** Sessions that overlap `[from, to)`. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Absent is all. */
  readonly state?: SessionStateFilter;
  /** Absent: the closed ones in the order in which they were kept, then those that may still change. */
  readonly order?: SessionOrder;
}

/** That of `SessionQuery`: unknown last, of equal ones by id. */
export type SessionOrder = Pick<SessionQuery, 'sort' | 'descending'>;

/** Takes some hundreds of sessions; `total` is how many there are in all. The next come when this has resolved. */
export type Visit = (sessions: readonly SessionRecord[], total: number) => Promise<void>;

export interface Store {
  /** What to go on with. Call it once, before the first commit. */
  resume(): Promise<Resumed>;
  /**
   * Rejects with `HeadcountError` code `STORE_FULL` when there is no room: nothing has been written, and the same commit
   * may be tried again; any other rejection means that the store is beyond use.
   */
  commit(commit: Commit): Promise<void>;

  /** One closed or open session, as of the last commit; null if there is none. */
  session(id: string): Promise<SessionRecord | null>;
  /** Closed and open sessions as of the last commit. Rejects with code `BAD_CURSOR` for a cursor it did not make. */
  sessions(query: SessionQuery): Promise<SessionPage>;
  /**
   * Every session that fits, once, in the order that is asked for, all as of one commit. Memory does not grow with how
   * many there are. Where nothing fits, `visit` is not called. Rejects
   * with what `visit` rejects with, which ends it; with `STORE_BUSY` while five others are under way or wait.
   */
  visit(query: VisitQuery, visit: Visit): Promise<void>;
  /**
   * Groups by listening time, greatest first, of equal ones by value. At most 10,000. Open sessions count as they stood
   * at the last commit. An undivided question always has its one group.
   */
  aggregate(query: HistoryQuery): Promise<HistoryGroup[]>;
  /**
   * Groups by their number of sessions, greatest first, of equal ones by value, unknown last. At most 10,000. Open
   * sessions count as they stood at the last commit. A question by nothing always has its one group.
   */
  tally(query: TallyQuery): Promise<TallyGroup[]>;
  /**
   * Groups by their sessions of people, greatest first, of equal ones by bots, then by value, unknown last. At most
   * 10,000. Open sessions reach to their last sight. A question by nothing always has its one group.
   */
  countsAt(query: InstantQuery): Promise<InstantGroup[]>;
  /** The greatest places first, at most 10,000. Open sessions reach to their last sight. */
  placesAt(query: Pick<InstantQuery, 'at' | 'filter'>): Promise<InstantPlaces>;
  /**
   * Concurrency; at most 10,000 steps, and a million points in all series: else it rejects with code `BAD_QUERY`. Series
   * are ordered as groups are, `OTHERS` last. Sessions that are open reach to their last sight. The last step may be
   * shorter than the others. An undivided question always has its one series.
   */
  timeline(query: TimelineQuery): Promise<Timeline>;
  /**
   * What listening metrics are made of; at most 10,000 steps, whose edges are as the query says: else it rejects with code
   * `BAD_QUERY`. Open sessions are as they stood at the last commit: they reach to their last sight.
   */
  listening(query: ListeningQuery): Promise<Listening>;
  /** Those of these listener tokens that a session has, closed or open, as of the last commit. */
  knownListeners(listeners: readonly string[]): Promise<ReadonlySet<string>>;
  /** Reports of one stream, newest first: at most 1000; those of before a time, if one is given. */
  reports(source: string, stream: string, limit: number, before?: Instant): Promise<StoredReport[]>;
  /** The newest reports of every stream up to and including then, oldest first: at most 20 each, and 200,000 in all. */
  reportsAt(at: Instant): Promise<StoredReport[]>;
  /** Samples in `[from, to)` in order of time, at most the first `SAMPLES_AT_ONCE`: go on from the last one. */
  samples(source: string, stream: string, metric: string, from: Instant, to: Instant): Promise<Sample[]>;

  /**
   * Erases who it was: every closed session of the listener token, or with exactly this stored address or user, loses
   * address, port, user agent, user, device and listener token, which becomes the empty string: all who are erased count
   * as one listener from then on. Answers how many sessions were touched. Open sessions are left to the tracker. Events
   * of the outbox that are about them, open or closed, are deleted.
   */
  forget(who: { readonly listener?: string; readonly address?: string; readonly user?: string }): Promise<number>;
  readonly outbox: Outbox;

  /** Applies retention, as of `now`; answers how many rows were deleted or erased. */
  retain(retention: Retention, now: Instant): Promise<number>;
  /** Bytes on disk; sessions kept. */
  size(): Promise<{ readonly bytes: number; readonly sessions: number }>;
  /** Waits for what is under way; then nothing is left open. */
  close(): Promise<void>;
}
