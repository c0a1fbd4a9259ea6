/**
 * The tracker: folds presence intervals into sessions. One rule:
 *
 * > Presence intervals with the same key that are no further apart than `gap` are one session, unless a cut lies
 * > between them.
 *
 * It has no clock but `advance`, does no I/O and asks no source what kind it is: a source declares its traits. Within a
 * source's lateness the result does not depend on the order, the batches or the early merging of presences.
 *
 * A *space* is where keys are compared: one source, or all sources that share an `audience` name. Connection ids are
 * compared within their source only, and there across streams; all other keys within one stream of the space.
 */

import type { Client, Hash } from './identity.ts';
import { NetworkLimits } from './limits.ts';
import { type Changes, CLOSED, News, OPENED, REGROUPED, REOPENED, UPDATED } from './news.ts';
import { type Departure, FOREVER, type Instant, type Observation, type Presence, type Roster } from './observation.ts';
import { belongs, dueOf, later, lease, longer, reachOf, revive, touches } from './reach.ts';
import {
  describe,
  type EndReason,
  fillAgent,
  fillPlace,
  foldFacts,
  foldSession,
  lastSeen,
  rareOf,
  restoreSession,
  Session,
  type SessionRecord,
} from './session.ts';
import { chained, newestOf, visitOf } from './session-chain.ts';
import type { OpenSession, Snapshots } from './snapshot.ts';
import {
  createSource,
  createSpace,
  gapOf,
  newestDeclared,
  type Source,
  type SourceTraits,
  type Space,
  setGap,
  streamOf,
  track,
  untrack,
  watermarkOf,
} from './spaces.ts';
import { byTime, storable, timeOf } from './waiting.ts';

export interface TrackerOptions {
  /** For session ids. */
  readonly hash: Hash;
  /** How many self-declared playback ids, and how many user agents, one network may have open at a time: see limits.ts. */
  readonly maxDeclared?: number;
  readonly maxAgents?: number;
}

export interface TrackerCounters {
  /** Presences that came after the session they belong to was final: they are kept, as sessions of their own. */
  late: number;
  /** Presences that were folded together because their network had too many ids or user agents open. */
  crowded: number;
  /** Departures of clients that nobody knew. */
  strangers: number;
  /** Observations that were applied before their time because too many were waiting. */
  hurried: number;
}

/** What the tracker remembers beside the open sessions; plain JSON. */
export interface Residue {
  readonly watermarks: Readonly<Record<string, Instant>>;
  readonly waiting: readonly { readonly source: string; readonly observations: readonly Observation<Client>[] }[];
}

/** Observations of one source that wait for its watermark. */
const MAX_WAITING = 200_000;

export class Tracker {
  readonly #hash: Hash;
  readonly #maxDeclared: number | undefined;
  readonly #maxAgents: number | undefined;
  readonly #sources = new Map<string, Source>();
  readonly #spaces = new Map<string, Space>();
  readonly counters: TrackerCounters = { late: 0, crowded: 0, strangers: 0, hurried: 0 };
  readonly #news = new News();

  constructor(options: TrackerOptions) {
    this.#hash = options.hash;
    this.#maxDeclared = options.maxDeclared;
    this.#maxAgents = options.maxAgents;
  }

  /** Every session that is not final: the open ones, and those that have ended but may still change. */
  *sessions(): Generator<Session> {
    for (const space of this.#spaces.values()) {
      for (const { connections } of space.sources) yield* chained(connections);
      for (const { sessions } of space.streams.values()) yield* chained(sessions);
    }
  }

  /** Makes a source known, or changes its traits. */
  attach(traits: SourceTraits): void {
    const known = this.#sources.get(traits.name);
    if (known !== undefined) {
      known.traits = traits;
      known.space.gap = Math.max(...known.space.sources.map((each) => each.traits.gap));
      return;
    }
    const space = this.#space(traits.audience ?? traits.name);
    const source = createSource(traits, space);
    space.sources.push(source);
    space.gap = Math.max(space.gap, traits.gap);
    this.#sources.set(traits.name, source);
  }

  /** Ends what the source still holds open, as `lost`, and forgets the source. */
  detach(name: string): void {
    const source = this.#source(name);
    this.lose(name);
    const { space } = source;
    this.#sources.delete(name);
    space.sources.splice(space.sources.indexOf(source), 1);
    if (space.sources.length === 0) this.#spaces.delete(space.name);
    else this.#advanceSpace(space);
  }

  watermarkOf(name: string): Instant {
    return this.#source(name).watermark;
  }

  /** Folds one observation in. Of stream reports only the gap is about sessions. */
  observe(name: string, observation: Observation<Client>): void {
    const source = this.#source(name);
    source.isLost = false;
    if (observation.kind === 'report') {
      if (observation.gap !== undefined) setGap(source.space, observation.stream, observation.gap);
    } else if (source.traits.departures === 'outOfOrder') this.#wait(source, observation);
    else this.#apply(source, observation);
  }

  /** "I have told everything up to `watermark`": what expires by then is final. A watermark never goes back. */
  advance(name: string, watermark: Instant): void {
    const source = this.#source(name);
    source.isLost = false;
    if (watermark > source.watermark) source.watermark = watermark;
    if (source.waiting.length > 0) this.#applyWaiting(source, source.watermark);
    this.#advanceSpace(source.space);
  }

  /** The source has been silent for too long: its sessions end at their last sight. It may come back. */
  lose(name: string): void {
    const source = this.#source(name);
    if (source.waiting.length > 0) this.#applyWaiting(source, Number.POSITIVE_INFINITY);
    source.isLost = true;
    for (const session of [...this.sessions()]) {
      if (session.seenBy !== name) continue;
      if (session.end === null) {
        this.#end(source.space, session, lastSeen(session, source.watermark), 'lost');
        if (session.client.identity === 'connection') source.lost.set(session.client.key, session);
      }
      this.#close(source.space, session);
    }
    this.#advanceSpace(source.space);
  }

  /** Enrichment has found out more about a client of this source: its sessions have changed. */
  touch(name: string, client: Client): void {
    const source = this.#sources.get(name);
    if (source === undefined) return;
    const heads =
      client.identity === 'connection'
        ? [source.connections.get(client.key)]
        : [...source.space.streams.values()].map((stream) => stream.sessions.get(client.key));
    for (const head of heads) {
      for (let session = head ?? null; session !== null; session = session.next) {
        const isNamed = fillAgent(session, client);
        const isPlaced = fillPlace(session, client);
        if (isNamed || isPlaced) this.#news.tell(session, REGROUPED);
      }
    }
  }

  /** What has changed since the last call. */
  changes(): Changes {
    return this.#news.take();
  }

  describe(session: Session): SessionRecord {
    return describe(session, this.#watermarkOf(session));
  }

  /** Adds the session as it must be stored to go on with it after a restart, and takes it for stored from now on. */
  keep(session: Session, snapshots: Snapshots): void {
    snapshots.add(session, this.#watermarkOf(session));
    session.hasOnlyMoved = true;
  }

  #watermarkOf({ seenBy }: Session): Instant {
    return this.#sources.get(seenBy)?.watermark ?? Number.NEGATIVE_INFINITY;
  }

  residue(): Residue {
    const sources = [...this.#sources.values()];
    return {
      watermarks: Object.fromEntries(
        sources.filter(({ watermark }) => Number.isFinite(watermark)).map((each) => [each.traits.name, each.watermark]),
      ),
      waiting: sources
        .filter(({ waiting }) => waiting.length > 0)
        .map(({ traits, waiting }) => ({ source: traits.name, observations: waiting.map(storable) })),
    };
  }

  /** Goes on from what was stored: call it after `attach` and before the first observation. */
  restore(open: readonly OpenSession[], residue: Residue): void {
    for (const [name, watermark] of Object.entries(residue.watermarks)) {
      const source = this.#sources.get(name);
      if (source !== undefined) source.watermark = watermark;
    }
    for (const { record, state } of open) {
      const session = restoreSession(record, state);
      // Rosters are counted anew.
      if (session.rare !== null) session.rare.roster = 0;
      const source = this.#sources.get(state.seenBy);
      if (source !== undefined) {
        track(source, session);
        this.#file(source.space, session);
        if (session.provisional) source.space.rows.addProvisional(session);
        continue;
      }
      // Its source is no longer configured: what it held open ended when it was last looked at.
      session.end = record.lastSeenAt;
      rareOf(session).reason = 'lost';
      session.isTracked = false;
      this.#news.tell(session, CLOSED);
    }
    for (const { source: name, observations } of residue.waiting)
      this.#sources.get(name)?.waiting.push(...observations);
    for (const space of this.#spaces.values()) space.watermark = watermarkOf(space);
  }

  // Order: observations of sources whose cuts may come late wait for the watermark and are applied in order of time.

  #wait(source: Source, observation: Observation<Client>): void {
    source.waiting.push(observation);
    if (source.waiting.length <= MAX_WAITING) return;
    source.waiting.sort(byTime);
    const hurried = source.waiting.splice(0, MAX_WAITING / 2);
    this.counters.hurried += hurried.length;
    for (const each of hurried) this.#apply(source, each);
  }

  #applyWaiting(source: Source, watermark: Instant): void {
    const due = source.waiting.filter((each) => timeOf(each) <= watermark);
    if (due.length === 0) return;
    source.waiting = source.waiting.filter((each) => timeOf(each) > watermark);
    for (const observation of due.sort(byTime)) this.#apply(source, observation);
  }

  #apply(source: Source, observation: Observation<Client>): void {
    switch (observation.kind) {
      case 'presence':
        if (observation.over) this.#finishedRow(source, observation);
        else this.#presence(source, observation);
        break;
      case 'departure':
        this.#departure(source, observation);
        break;
      case 'roster':
        this.#roster(source, observation);
        break;
    }
  }

  // Presences

  #presence(source: Source, p: Presence<Client>): Session {
    return p.client.identity === 'connection' ? this.#onConnection(source, p) : this.#onStream(source, p);
  }

  #onStream(source: Source, p: Presence<Client>): Session {
    const { space } = source;
    const { client } = p;
    // By far the most frequent case: the client's one session, open, and the presence belongs to it.
    const last = client.session;
    if (last !== null && last.stream === p.stream && last.isTracked && last.source === space.name) {
      const isOnly = last.isAlone && (client.identity !== 'inferred' || space.declared === 0);
      const isSame = last.client === client || last.client.key === client.key;
      if (isOnly && isSame && last.end === null && touches(last, p, gapOf(space, p.stream)))
        return this.#extend(source, last, p);
    }
    const session = this.#findOnStream(source, p);
    client.session = session;
    return session;
  }

  #findOnStream(source: Source, p: Presence<Client>): Session {
    const { space } = source;
    const { client } = p;
    const stream = streamOf(space, p.stream);
    if (client.identity === 'inferred' && stream.declared.size > 0) {
      const newest = newestDeclared(stream, p, gapOf(space, p.stream));
      if (newest !== null) return this.#extend(source, newest, p);
    }
    const head = stream.sessions.get(client.key);
    if (head !== undefined) return this.#fold(source, head, p);
    if (!client.selfDeclared || space.limits.admits(client)) return this.#open(source, p, null);
    this.counters.crowded++;
    return this.#findOnStream(source, { ...p, client: space.limits.crowdOf(client) });
  }

  #onConnection(source: Source, p: Presence<Client>): Session {
    const head = source.connections.get(p.client.key);
    if (head === undefined) {
      const lost = source.lost.get(p.client.key);
      return lost?.stream === p.stream ? this.#reopen(source, lost, p) : this.#open(source, p, null);
    }
    const newest = newestOf(head);
    if (newest.stream === p.stream || p.from < newest.start) return this.#fold(source, head, p);
    // Seen on another stream: the session ends there and begins here.
    if (newest.end === null) this.#end(source.space, newest, Math.max(newest.seen, p.from), 'left');
    return this.#open(source, p, newest);
  }

  /** Folds a presence into the sessions of its key; if it bridges several, they become one. */
  #fold(source: Source, head: Session, p: Presence<Client>): Session {
    const { space } = source;
    let into: Session | null = null;
    for (let each: Session | null = head; each !== null; ) {
      const { next }: Session = each;
      if (each.stream === p.stream && belongs(each, p, gapOf(space, p.stream))) {
        if (into === null) into = each;
        else this.#join(space, into, each);
      }
      each = next;
    }
    if (into === null) return this.#open(source, p, newestOf(head));
    if (into.end !== null && p.to > into.end) {
      revive(into);
      this.#news.tell(into, REGROUPED);
    }
    return this.#extend(source, into, p);
  }

  #extend(source: Source, session: Session, p: Presence<Client>): Session {
    const { space } = source;
    const { end } = session;
    let isRegrouped = foldFacts(session, p, space.watermark);
    // What is newer than all cannot begin before it: the start need not be looked at.
    if (p.from < session.seen && p.from < session.start) moveStart(session, p.from);
    if (p.to > session.seen) session.seen = p.to;
    if (p.since !== null && p.since < session.start && visitOf(session) === 1) moveStart(session, p.since);
    if (p.until !== null) lease(session, p);
    if (session.end !== null && session.seen > session.end) session.end = session.seen;
    if (session.end !== end) isRegrouped = true;
    if (session.seen + gapOf(space, session.stream) < space.watermark) this.#noteLate(space, session);
    if (session.seenBy !== source.traits.name) this.#handOver(source, session);
    if (session.provisional && !p.provisional) this.#confirm(source, session);
    if (session.bucket === -1 || p.until !== null) this.#file(space, session);
    this.#news.tell(session, isRegrouped ? REGROUPED : UPDATED);
    return session;
  }

  /** A presence came whose session would have been final: it stays for one more gap, so that its like finds company. */
  #noteLate(space: Space, session: Session): void {
    if (session.end !== null || reachOf(session) + gapOf(space, session.stream) >= space.watermark) return;
    this.counters.late++;
    rareOf(session).floor = space.watermark;
  }

  /** `before` is the newest session of the same key that is still tracked. */
  #open(source: Source, p: Presence<Client>, before: Session | null): Session {
    const { space } = source;
    const { client } = p;
    let start = p.since === null ? p.from : Math.min(p.from, p.since);
    const memory = source.remembered.get(client.key);
    const visit = ((before === null ? null : visitOf(before)) ?? memory?.visits ?? 0) + 1;
    if (client.identity === 'connection') {
      // Never back-dated over time that the connection has been given already.
      const accountedTo = before === null ? (memory?.accountedTo ?? start) : lastSeen(before, source.watermark);
      start = Math.min(p.from, Math.max(start, accountedTo));
    }
    const isLate = Math.max(p.to, p.until ?? p.to) + gapOf(space, p.stream) < space.watermark;
    const session = new Session({
      id: this.#idOf(source, p, start, visit, before?.start === start, isLate),
      source: space.name,
      stream: p.stream,
      client,
      start,
      seen: p.to,
      provisional: p.provisional,
      seenBy: source.traits.name,
    });
    if (visit > 1) rareOf(session).visit = visit;
    if (p.until !== null) lease(session, p);
    if (isLate) this.#noteLate(space, session);
    foldFacts(session, p, space.watermark);
    track(source, session);
    this.#file(space, session);
    this.#news.tell(session, OPENED);
    if (session.provisional) {
      rareOf(session).openedBy = session.listener;
      space.rows.addProvisional(session);
      this.#rematch(source, session);
    }
    return session;
  }

  /**
   * The first session of a connection on a stream is named by the connection alone, so that it has the same id when it
   * is met again after a restart without memory. Sessions of one key that begin alike (a return within the same
   * millisecond, a late presence beside a final session) are told apart by what they come after.
   */
  #idOf(source: Source, p: Presence<Client>, start: Instant, visit: number, isTwin: boolean, isLate: boolean): string {
    const { identity, key } = p.client;
    if (identity === 'connection' && visit === 1)
      return this.#hash(JSON.stringify([source.traits.name, key, p.stream]));
    const owner = identity === 'connection' ? source.traits.name : source.space.name;
    const parts: (string | number)[] = [owner, p.stream, key, start];
    if (isTwin) parts.push('twin', visit);
    if (isLate) parts.push('late', source.space.watermark);
    return this.#hash(JSON.stringify(parts));
  }

  /** A late presence has joined two sessions: the earlier id stays. */
  #join(space: Space, into: Session, other: Session): void {
    foldSession(into, other, space.watermark);
    into.start = Math.min(into.start, other.start);
    into.seen = Math.max(into.seen, other.seen);
    into.end = other.end;
    if (other.rare !== null) {
      const rare = rareOf(into);
      rare.floor = later(rare.floor, other.rare.floor);
      rare.reason = other.rare.reason;
      if (other.rare.lease !== null) rare.lease = longer(rare.lease, other.rare.lease);
    }
    untrack(space, other);
    this.#news.retract(other, into.id);
    this.#news.tell(into, REGROUPED);
  }

  #reopen(source: Source, session: Session, p: Presence<Client>): Session {
    source.lost.delete(p.client.key);
    revive(session);
    session.isTracked = true;
    session.bucket = -1;
    track(source, session);
    this.#news.tell(session, OPENED | REOPENED);
    if (session.provisional) source.space.rows.addProvisional(session);
    return this.#extend(source, session, p);
  }

  /** Another source of the audience has seen the session: from now on it is that one's to end. */
  #handOver(source: Source, session: Session): void {
    for (const each of source.space.sources) each.rostered.delete(session);
    session.seenBy = source.traits.name;
    session.hasOnlyMoved = false;
    if (source.traits.departures !== 'never') source.rostered.add(session);
  }

  // Cuts

  #departure(source: Source, { stream, client, at }: Departure<Client>): void {
    const isConnection = client.identity === 'connection';
    const heads = isConnection ? source.connections : source.space.streams.get(stream)?.sessions;
    let isKnown = false;
    for (let each = heads?.get(client.key) ?? null; each !== null; each = each.next) {
      if (each.start > at) continue;
      isKnown = true;
      // A presence that strictly covers the cut outweighs it.
      if (each.end !== null || each.seen > at) continue;
      this.#end(source.space, each, lastSeen(each, at), 'left');
    }
    if (!isKnown) this.counters.strangers++;
  }

  #roster(source: Source, { at, streams, present }: Roster<Client>): void {
    const roster = ++source.rosters;
    for (const p of present) rareOf(this.#presence(source, p)).roster = roster;
    const asked = streams === null ? null : new Set(streams);
    for (const session of source.rostered) {
      if (session.rare?.roster === roster || session.end !== null || session.seen >= at) continue;
      if (asked !== null && !asked.has(session.stream)) continue;
      // Nobody says when it left: it ends where it was last known to be.
      this.#end(source.space, session, Math.min(lastSeen(session, source.watermark), at), 'left');
    }
  }

  #end(space: Space, session: Session, at: Instant, reason: EndReason): void {
    session.end = at;
    rareOf(session).reason = reason;
    this.#file(space, session);
    this.#news.tell(session, REGROUPED);
  }

  // Finished rows

  #finishedRow(source: Source, p: Presence<Client>): void {
    const { space } = source;
    const row = new Session({
      id: this.#hash(JSON.stringify([source.traits.name, 'row', p.client.key])),
      source: space.name,
      stream: p.stream,
      client: p.client,
      start: p.from,
      seen: p.to,
      provisional: false,
      seenBy: source.traits.name,
    });
    row.end = p.to;
    rareOf(row).reason = 'left';
    row.isTracked = false;
    foldFacts(row, p, Number.POSITIVE_INFINITY);
    this.#news.tell(row, CLOSED);
    if (source.traits.provisional && space.rows.addRow(row, space.watermark)) this.#rematch(source, row);
  }

  /** It is known for certain now: no row takes its place, and one that did was about somebody else. */
  #confirm(source: Source, session: Session): void {
    const { rows } = source.space;
    rows.remove(session);
    session.provisional = false;
    session.hasOnlyMoved = false;
    if (session.rare === null || session.rare.replacedBy === null) return;
    session.rare.replacedBy = null;
    this.#news.tell(session, OPENED);
    this.#rematch(source, session);
  }

  #rematch(source: Source, session: Session): void {
    source.space.rows.rematch(session, source.watermark, (provisional, row) => {
      rareOf(provisional).replacedBy = row?.id ?? null;
      if (row !== null) this.#news.retract(provisional, row.id);
      else this.#news.tell(provisional, OPENED);
    });
  }

  // Time

  #advanceSpace(space: Space): void {
    space.watermark = Math.max(watermarkOf(space), space.watermark);
    space.expiry.advance(
      space.watermark,
      (session) => dueOf(session, gapOf(space, session.stream)),
      (session) => {
        session.end ??= reachOf(session);
        this.#close(space, session);
      },
    );
    space.rows.forget(space.watermark);
  }

  #file(space: Space, session: Session): void {
    const due = dueOf(session, gapOf(space, session.stream));
    if (due < FOREVER) space.expiry.file(session, due);
  }

  // Bookkeeping

  #source(name: string): Source {
    const source = this.#sources.get(name);
    if (source === undefined) throw new Error(`The tracker does not know a source "${name}".`);
    return source;
  }

  #space(name: string): Space {
    let space = this.#spaces.get(name);
    if (space === undefined) {
      space = createSpace(name, new NetworkLimits(this.#maxDeclared, this.#maxAgents));
      this.#spaces.set(name, space);
    }
    return space;
  }

  #close(space: Space, session: Session): void {
    untrack(space, session);
    this.#news.tell(session, CLOSED);
  }
}

function moveStart(session: Session, start: Instant): void {
  session.start = start;
  session.hasOnlyMoved = false;
}
