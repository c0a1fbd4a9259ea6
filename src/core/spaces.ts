/** What the tracker keeps of sources, of the spaces in which keys are compared, and of the streams there. */

import { ExpiryQueue } from './expiry.ts';
import type { Client } from './identity.ts';
import type { NetworkLimits } from './limits.ts';
import { Newest } from './newest.ts';
import type { Instant, Milliseconds, Observation, Presence } from './observation.ts';
import { RowMatcher } from './provisional.ts';
import { touches } from './reach.ts';
import type { Session } from './session.ts';
import { chain, unchain, visitOf } from './session-chain.ts';

/** Ended connections of one source whose id may come back. */
const MAX_REMEMBERED = 100_000;

/** What a source declares of itself. Shared code reads these, and never the kind. */
export interface SourceTraits {
  /** The name of the source: part of every id, immutable. */
  readonly name: string;
  /** Sources with the same audience name count a client on several of them as one. Immutable. */
  readonly audience: string | null;
  /** Presences no further apart than this are one session. */
  readonly gap: Milliseconds;
  /**
   * Can the source tell that somebody is gone (departures, rosters)? `never`: presences fold as they come, in any
   * order. `inOrder`: it tells everything in the order of time. `outOfOrder`: observations wait until the watermark
   * reaches them, so that a late cut finds its place.
   */
  readonly departures: 'never' | 'inOrder' | 'outOfOrder';
  /** Do finished rows replace provisional sessions here? */
  readonly provisional: boolean;
}

/** What is remembered of an ended connection, so that it is never back-dated over time that it has been given already. */
interface ConnectionMemory {
  readonly accountedTo: Instant;
  readonly visits: number;
}

export interface Source {
  traits: SourceTraits;
  readonly space: Space;
  watermark: Instant;
  /** Silent for too long: it holds no other source of its audience back. */
  isLost: boolean;
  /** Tracked sessions by connection key, oldest first. */
  readonly connections: Map<string, Session>;
  readonly remembered: Newest<string, ConnectionMemory>;
  /** Sessions that ended as `lost`, by connection key: the connection may reopen them. */
  readonly lost: Newest<string, Session>;
  /** The sessions that a roster of this source may end. */
  readonly rostered: Set<Session>;
  rosters: number;
  waiting: Observation<Client>[];
}

export interface Stream {
  /** Tracked sessions by key, oldest first. */
  readonly sessions: Map<string, Session>;
  /** Tracked declared sessions by network + user agent: a request without an id joins the newest. */
  readonly declared: Map<string, Session[]>;
}

export interface Space {
  readonly name: string;
  readonly sources: Source[];
  readonly streams: Map<string, Stream>;
  readonly expiry: ExpiryQueue;
  readonly limits: NetworkLimits;
  readonly rows: RowMatcher;
  /** How many declared sessions are tracked. */
  declared: number;
  gap: Milliseconds;
  /** Streams that have a gap of their own; null if there is none. */
  gaps: Newest<string, Milliseconds> | null;
  watermark: Instant;
}

export function createSource(traits: SourceTraits, space: Space): Source {
  return {
    traits,
    space,
    watermark: Number.NEGATIVE_INFINITY,
    isLost: false,
    connections: new Map(),
    remembered: new Newest(MAX_REMEMBERED),
    lost: new Newest(MAX_REMEMBERED),
    rostered: new Set(),
    rosters: 0,
    waiting: [],
  };
}

export function createSpace(name: string, limits: NetworkLimits): Space {
  return {
    name,
    sources: [],
    streams: new Map(),
    expiry: new ExpiryQueue(),
    limits,
    rows: new RowMatcher(),
    declared: 0,
    gap: 0,
    gaps: null,
    watermark: Number.NEGATIVE_INFINITY,
  };
}

export function watermarkOf(space: Space): Instant {
  const live = space.sources.filter((source) => !source.isLost);
  return live.length === 0 ? space.watermark : Math.min(...live.map((source) => source.watermark));
}

export function streamOf(space: Space, name: string): Stream {
  let stream = space.streams.get(name);
  if (stream === undefined) {
    stream = { sessions: new Map(), declared: new Map() };
    space.streams.set(name, stream);
  }
  return stream;
}

export function gapOf({ gap, gaps }: Space, stream: string): Milliseconds {
  return gaps === null ? gap : (gaps.get(stream) ?? gap);
}

/**
 * A request without an id joins the newest declared session of its network and user agent that had begun by then: so it
 * does not matter in how large pieces requests are told.
 */
export function newestDeclared(stream: Stream, p: Presence<Client>, gap: Milliseconds): Session | null {
  let newest: Session | null = null;
  for (const session of stream.declared.get(p.client.agent) ?? []) {
    if (session.end !== null || session.start > p.from || !touches(session, p, gap)) continue;
    if (newest === null || session.start > newest.start) newest = session;
  }
  return newest;
}

/** From here on; what is open is looked at again when it would have ended. */
export function setGap(space: Space, stream: string, gap: Milliseconds | null): void {
  if (gap === null && space.gaps === null) return;
  space.gaps ??= new Newest(MAX_REMEMBERED);
  if (gap === null) space.gaps.delete(stream);
  else space.gaps.set(stream, gap);
}

/** Keys lead to it from now on. */
export function track(source: Source, session: Session): void {
  const { space } = source;
  const { client } = session;
  if (source.traits.departures !== 'never') source.rostered.add(session);
  if (client.identity === 'connection') {
    chain(source.connections, client.key, session);
    return;
  }
  const stream = streamOf(space, session.stream);
  chain(stream.sessions, client.key, session);
  if (client.selfDeclared) space.limits.add(client);
  if (client.identity === 'declared') {
    space.declared++;
    const siblings = stream.declared.get(client.agent);
    if (siblings === undefined) stream.declared.set(client.agent, [session]);
    else siblings.push(session);
  }
}

/** Keys do not lead to it any more; of a connection it is remembered. */
export function untrack(space: Space, session: Session): void {
  const { client } = session;
  session.isTracked = false;
  for (const source of space.sources) source.rostered.delete(session);
  if (session.provisional) space.rows.remove(session);
  if (client.identity === 'connection') {
    for (const source of space.sources) {
      if (!unchain(source.connections, client.key, session) || session.rare?.reason === 'lost') continue;
      source.remembered.set(client.key, { accountedTo: session.end ?? session.seen, visits: visitOf(session) });
    }
    return;
  }
  const stream = space.streams.get(session.stream)!;
  unchain(stream.sessions, client.key, session);
  if (client.selfDeclared) space.limits.remove(client);
  if (client.identity === 'declared') {
    space.declared--;
    const siblings = stream.declared.get(client.agent)!.filter((each) => each !== session);
    if (siblings.length === 0) stream.declared.delete(client.agent);
    else stream.declared.set(client.agent, siblings);
  }
  if (stream.sessions.size === 0) space.streams.delete(session.stream);
}
