/**
 * Runs one source as the supervisor would, through a real tracker, and keeps what comes of it: for tests that compare a
 * source with the server that it watches. Nothing is enriched or stored; addresses stay as they are.
 */

import { createHash } from 'node:crypto';
import { type Client, identify } from '../src/core/identity.ts';
import type { ClientFacts, Observation, StreamReport } from '../src/core/observation.ts';
import type { SessionRecord } from '../src/core/session.ts';
import { Tracker } from '../src/core/tracker.ts';
import { systemClock } from '../src/lib/clock.ts';
import { Inboxes } from '../src/lib/inboxes.ts';
import { networkOf } from '../src/lib/ip.ts';
import type { Batch, Cursor, Source, SourceKind } from '../src/sources/source.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';
import { silentLog } from '../src/telemetry/log.ts';

/** What is handed over here comes to the sources that are watched. */
export const INBOXES = new Inboxes();

export interface Watched {
  /** Every session so far, by start: the open ones as they stand, the closed ones as they were told. */
  sessions(): SessionRecord[];
  /** The newest report of every stream. */
  readonly reports: ReadonlyMap<string, StreamReport>;
  readonly batches: readonly Batch[];
  readonly counters: ScopedCounters;
  /** The newest cursor. */
  cursor(): Cursor | null;
  /** Resolves when the source has ended: with what it threw, or null. */
  readonly ended: Promise<unknown>;
  /** Aborts it, and rejects with what it throws. */
  stop(): Promise<void>;
}

export interface WatchOptions {
  readonly cursor?: Cursor;
  /** Goes on with what an earlier run left in its tracker. */
  readonly after?: Watched;
  /** Awaited within every emit: a collector that has no room at once. */
  taking?(): Promise<void>;
}

const trackers = new WeakMap<Watched, { tracker: Tracker; closed: Map<string, SessionRecord> }>();

export function watchSource(kind: SourceKind, options: Record<string, unknown>, more: WatchOptions = {}): Watched {
  const { gap, lateness, departures, provisional } = kind.traits;
  const common = { name: 'watched', audience: null, gap, lateness };
  const source: Source = kind.create(kind.config.parse(options) as never, common);

  const earlier = more.after === undefined ? undefined : trackers.get(more.after);
  const { tracker, closed } = earlier ?? { tracker: new Tracker({ hash: token }), closed: new Map() };
  tracker.attach({ name: common.name, audience: null, gap, departures, provisional });
  const clients = new Map<string, Client>();
  const reports = new Map<string, StreamReport>();
  const batches: Batch[] = [];
  const counters = new ScopedCounters();
  let cursor: Cursor | null = more.cursor ?? null;

  const settle = () => {
    const changes = tracker.changes();
    for (const { id } of changes.superseded) closed.delete(id);
    for (const session of changes.closed) closed.set(session.id, tracker.describe(session));
  };
  const emit = async (batch: Batch) => {
    batches.push(batch);
    for (const observation of batch.observations) {
      if (observation.kind === 'report') reports.set(observation.stream, observation);
      else tracker.observe(common.name, identified(observation, clients));
    }
    if (batch.watermark !== undefined) tracker.advance(common.name, Math.min(batch.watermark, Date.now()));
    if (batch.cursor !== undefined) cursor = JSON.parse(JSON.stringify(batch.cursor)) as Cursor;
    settle();
    await more.taking?.();
  };

  const stopping = new AbortController();
  const ended = source
    .run({
      emit,
      signal: stopping.signal,
      cursor,
      log: silentLog,
      counters,
      clock: { ...systemClock },
      inboxes: INBOXES,
    })
    .then(
      () => null,
      (error: unknown) => error,
    );
  const watched: Watched = {
    sessions: () => {
      settle();
      const tracked = [...tracker.sessions()].filter(({ rare }) => rare === null || rare.replacedBy === null);
      const all = new Map(closed);
      for (const session of tracked) all.set(session.id, tracker.describe(session));
      return [...all.values()].sort((a, b) => a.startedAt - b.startedAt);
    },
    reports,
    batches,
    counters,
    cursor: () => cursor,
    ended,
    stop: async () => {
      stopping.abort();
      const error = await ended;
      if (error !== null) throw error;
    },
  };
  trackers.set(watched, { tracker, closed });
  return watched;
}

function token(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}

function identified(
  observation: Exclude<Observation, StreamReport>,
  clients: Map<string, Client>,
): Observation<Client> {
  if (observation.kind === 'roster') {
    const present = observation.present.map((p) => ({ ...p, client: clientOf(p.client, clients) }));
    return { ...observation, present };
  }
  return { ...observation, client: clientOf(observation.client, clients) };
}

/** The same object for the same facts, as enrichment promises. */
function clientOf(facts: ClientFacts, clients: Map<string, Client>): Client {
  const text = JSON.stringify(facts);
  let client = clients.get(text);
  if (client === undefined) {
    const { address, port, userAgent, user, device } = facts;
    const identity = identify(facts, address === null ? null : networkOf(address), true, token);
    client = {
      ...identity,
      ...{ address, port, userAgent, user, device },
      ...{ place: null, player: null, bot: false, session: null },
    };
    clients.set(text, client);
  }
  return client;
}
