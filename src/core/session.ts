/**
 * One client's unbroken presence on one stream: the tracked session, how presences fold into it, and the plain record
 * of it that is stored and sent. Which presences belong together is decided by the tracker (tracker.ts).
 *
 * A session is half-open, `[startedAt, endedAt)`. Folding is commutative: the order of arrival does not matter.
 *
 * There may be a million of these, so what few sessions have lives in `Rare`; the fields of a plain one are all that
 * the hot path touches.
 */

import {
  type Attributes,
  attributesOf,
  composeClient,
  type Dated,
  mergeAttributes,
  newer,
  sayTheSame,
} from './attributes.ts';
import type { Client, Place, Player, Rung } from './identity.ts';
import {
  type Details,
  type DetailValue,
  type Instant,
  type Presence,
  type QualityPoint,
  SHORTEST_SESSION,
  type Traffic,
} from './observation.ts';
import { addSight, mergeQualities } from './quality.ts';
import { addTraffic } from './runs.ts';

/** `left`: told or seen to be gone; `expired`: silent for longer than the gap or its lease; `lost`: the source went silent. */
export type EndReason = 'left' | 'expired' | 'lost';

/** A tracked session. Others read it; only the tracker writes it. The fields of the hot path come first, side by side. */
export class Session {
  readonly stream: string;
  /** The name of the source, or the `audience` name that the source shares with others. */
  readonly source: string;
  /** The client as it stands: the greatest (time, value) of each of its attributes. */
  client: Client;
  /** When the earliest presence began. */
  start: Instant;
  /** When the newest presence ended. */
  seen: Instant;
  bytes = 0;
  requests = 0;
  /** Null while open. An ended session stays tracked until the watermark has passed its end. */
  end: Instant | null = null;
  rare: Rare | null = null;

  /** The tracker's: no other session of the same key is tracked at the same time; the next of them. */
  isAlone = true;
  next: Session | null = null;
  /** The tracker's: the source that saw it last. */
  seenBy: string;
  /** The tracker's: the expiry bucket in which it is filed; -1 is none. */
  bucket = -1;
  /** The tracker's: what the next `changes()` has to tell of it. */
  news = 0;
  /** The tracker's: since it was kept last nothing has changed but how far it has come (snapshot.ts), unless in `rare`. */
  hasOnlyMoved = false;
  isTracked = true;
  /** The recorder's: its next commit has something of it. */
  isWaiting = false;

  qualities: QualityPoint[] | null = null;
  /** Pinned: the place of the earliest presence that has one. */
  place: Place | null;
  readonly id: string;
  /** Until a presence that is not provisional says that it is certain. */
  provisional: boolean;
  /** The audience's: under what it is counted, as whose, and where. */
  counted: unknown = null;
  countedListener: string | null = null;
  countedPlace: Place | null = null;
  /** The audience's: its place in the `Arrivals` of its stream; -1 is none. */
  slot = -1;

  constructor(opening: {
    id: string;
    source: string;
    stream: string;
    client: Client;
    start: Instant;
    seen: Instant;
    provisional: boolean;
    seenBy: string;
  }) {
    this.id = opening.id;
    this.source = opening.source;
    this.stream = opening.stream;
    this.provisional = opening.provisional;
    this.client = opening.client;
    this.place = opening.client.place;
    this.start = opening.start;
    this.seen = opening.seen;
    this.seenBy = opening.seenBy;
  }

  /** Does it belong to the live audience? */
  get isLive(): boolean {
    return this.end === null && (this.rare === null || this.rare.replacedBy === null);
  }

  /** Is it there for others, open or not final yet? */
  get isTold(): boolean {
    return this.isTracked && (this.rare === null || this.rare.replacedBy === null);
  }

  get quality(): string | null {
    return newestQuality(this.qualities);
  }

  get identity(): Rung {
    return this.client.identity;
  }

  get listener(): string {
    return this.client.listener;
  }

  get address(): string | null {
    return this.client.address;
  }

  get user(): string | null {
    return this.client.user;
  }

  get player(): Player | null {
    return this.client.player;
  }

  get bot(): boolean {
    return this.client.bot;
  }
}

function newestQuality(qualities: readonly QualityPoint[] | null): string | null {
  return qualities === null ? null : (qualities[qualities.length - 1]?.value ?? null);
}

/** What few sessions have. */
export interface Rare {
  /** Null is `expired`, once it has ended. */
  reason: EndReason | null;
  /** The lease that governs. */
  lease: Lease | null;
  traffic: Traffic | null;
  title: Dated<string> | null;
  details: Map<string, Dated<DetailValue>> | null;
  /** Null while all presences had one client, last seen when the session was. */
  attributes: Attributes | null;
  /** When the presence that gave `place` began; null while all presences had the same place. */
  placeAt: Instant | null;
  /** The watermark under which a late presence came in: the session lives for one gap from there. */
  floor: Instant | null;
  /** The how-manieth session of its connection it is. */
  visit: number;
  /** The last roster that listed it. */
  roster: number;
  /** The listener that a provisional session opened with. */
  openedBy: string | null;
  /** The id of the finished row that has taken this provisional session's place. */
  replacedBy: string | null;
}

export interface Lease {
  readonly until: Instant;
  readonly givenAt: Instant;
}

export function rareOf(session: Session): Rare {
  session.rare ??= {
    reason: null,
    lease: null,
    traffic: null,
    title: null,
    details: null,
    attributes: null,
    placeAt: null,
    floor: null,
    visit: 1,
    roster: 0,
    openedBy: null,
    replacedBy: null,
  };
  return session.rare;
}

/**
 * Folds all of a presence but its times and its lease into the session: call it before those are folded in. Answers
 * whether the session may count under something else from now on.
 */
export function foldFacts(session: Session, p: Presence<Client>, settled: Instant): boolean {
  session.bytes += p.bytes;
  session.requests += p.requests;
  let isRegrouped = false;
  if (p.client !== session.client || (session.rare !== null && session.rare.attributes !== null)) {
    foldClient(session, p.client, p.from, p.to);
    isRegrouped = true;
  }
  if (p.qualities !== null) {
    const { quality } = session;
    foldQualities(session, p.qualities, settled);
    if (session.quality !== quality) isRegrouped = true;
  }
  if (p.traffic !== null) {
    const rare = rareOf(session);
    rare.traffic = addTraffic(rare.traffic, p.traffic);
  }
  if (p.title !== null) {
    const rare = rareOf(session);
    rare.title = newer(rare.title, { at: p.to, value: p.title });
  }
  if (p.details !== null) {
    for (const [name, value] of Object.entries(p.details)) foldDetail(rareOf(session), name, { at: p.to, value });
  }
  return isRegrouped;
}

function foldQualities(session: Session, qualities: readonly QualityPoint[], settled: Instant): void {
  const { qualities: sights } = session;
  session.qualities =
    sights !== null && qualities.length === 1
      ? addSight(sights, qualities[0]!, settled)
      : mergeQualities(sights ?? [], qualities, settled);
}

/** Folds all of another session but its times and its lease into this one: a late presence has joined the two. */
export function foldSession(session: Session, other: Session, settled: Instant): void {
  session.bytes += other.bytes;
  session.requests += other.requests;
  const theirs = other.rare;
  if (other.client !== session.client || theirs?.attributes) {
    foldPlace(session, other.place, theirs?.placeAt ?? other.start);
    foldAttributes(session, theirs?.attributes ?? attributesOf(other.client, other.seen));
  }
  if (other.qualities !== null) session.qualities = mergeQualities(session.qualities ?? [], other.qualities, settled);
  if (theirs === null) return;
  const rare = rareOf(session);
  rare.traffic = addTraffic(rare.traffic, theirs.traffic);
  rare.title = newer(rare.title, theirs.title);
  for (const [name, dated] of theirs.details ?? []) foldDetail(rare, name, dated);
}

function foldClient(session: Session, client: Client, from: Instant, to: Instant): void {
  if ((session.rare === null || session.rare.attributes === null) && sayTheSame(session.client, client)) {
    // The newer object is the one that enrichment still knows. A request without an id keeps its own key, though.
    if (client.key === session.client.key) session.client = client;
  } else {
    foldAttributes(session, attributesOf(client, to));
  }
  foldPlace(session, client.place, from);
}

function foldAttributes(session: Session, attributes: Attributes): void {
  const rare = rareOf(session);
  rare.attributes = mergeAttributes(rare.attributes ?? attributesOf(session.client, session.seen), attributes);
  session.client = composeClient(session.client, rare.attributes);
}

/** The earliest known place stays: a session is not moved by a later address, nor by a newer geo database. */
function foldPlace(session: Session, place: Place | null, at: Instant): void {
  if (place === session.place && session.rare?.placeAt == null) return;
  const rare = rareOf(session);
  rare.placeAt ??= session.start;
  if (place === null) return;
  if (session.place !== null) {
    if (at > rare.placeAt) return;
    if (at === rare.placeAt && JSON.stringify(place) >= JSON.stringify(session.place)) return;
  }
  session.place = place;
  rare.placeAt = at;
}

/** Enrichment has found out what plays. Answers whether the session has this client's user agent. */
export function fillAgent(session: Session, client: Client): boolean {
  if (session.client.userAgent !== client.userAgent) return false;
  const { player, bot } = client;
  session.client.player = player;
  session.client.bot = bot;
  const attributes = session.rare?.attributes;
  if (attributes?.agent) {
    const agent = { at: attributes.agent.at, value: { ...attributes.agent.value, player, bot } };
    rareOf(session).attributes = { ...attributes, agent };
  }
  return true;
}

/**
 * Enrichment has found out where the client is. Answers whether that is where the session is: as long as none of its
 * presences had a place, and if this client's network is the one that it began in, or that it is in now.
 */
export function fillPlace(session: Session, client: Client): boolean {
  if (session.place !== null || client.place === null) return false;
  if (session.client.network !== client.network && session.client.address !== client.address) return false;
  session.place = client.place;
  return true;
}

function foldDetail(rare: Rare, name: string, dated: Dated<DetailValue>): void {
  rare.details ??= new Map();
  rare.details.set(name, newer(rare.details.get(name) ?? null, dated)!);
}

/** When the client was last known to be there: the newest sight, carried along by the watermark while a lease runs. */
export function lastSeen(session: Pick<Session, 'seen' | 'end' | 'rare'>, watermark: Instant): Instant {
  if (session.end !== null) return session.end;
  const lease = session.rare?.lease ?? null;
  return lease === null ? session.seen : Math.max(session.seen, Math.min(lease.until, watermark));
}

/** The session as plain values: what is stored and shown. Unknown is null; traffic is null where nobody counts it. */
export interface SessionRecord {
  readonly id: string;
  readonly source: string;
  readonly stream: string;
  readonly identity: Rung;
  readonly listener: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly userAgent: string | null;
  readonly user: string | null;
  readonly device: string | null;
  readonly player: Player | null;
  readonly place: Place | null;
  readonly bot: boolean;
  readonly provisional: boolean;
  readonly startedAt: Instant;
  /** The end of its newest presence; while a lease runs, the watermark. At least a second after the start. */
  readonly lastSeenAt: Instant;
  /** Null while it is open; else equal to `lastSeenAt`. */
  readonly endedAt: Instant | null;
  readonly reason: EndReason | null;
  readonly bytes: number;
  readonly requests: number;
  readonly traffic: Traffic | null;
  /** The newest. */
  readonly quality: string | null;
  /** First and last sights of its stretches of equal quality: see quality.ts. */
  readonly qualities: readonly QualityPoint[];
  readonly title: string | null;
  readonly details: Details;
}

/** What of a session its record says. */
export type Described = Pick<
  Session,
  | ('id' | 'source' | 'stream' | 'client' | 'provisional' | 'start' | 'seen' | 'end' | 'bytes' | 'requests')
  | ('qualities' | 'place' | 'rare')
>;

export function describe(session: Described, watermark: Instant): SessionRecord {
  const { client, rare } = session;
  const seen = Math.max(lastSeen(session, watermark), session.start + SHORTEST_SESSION);
  return {
    id: session.id,
    source: session.source,
    stream: session.stream,
    identity: client.identity,
    listener: client.listener,
    address: client.address,
    port: client.port,
    userAgent: client.userAgent,
    user: client.user,
    device: client.device,
    player: client.player,
    place: session.place,
    bot: client.bot,
    provisional: session.provisional,
    startedAt: session.start,
    lastSeenAt: seen,
    endedAt: session.end === null ? null : seen,
    reason: session.end === null ? null : (rare?.reason ?? 'expired'),
    bytes: session.bytes,
    requests: session.requests,
    traffic: rare?.traffic ?? null,
    quality: newestQuality(session.qualities),
    // A copy: the session goes on with its own.
    qualities: session.qualities?.slice() ?? [],
    title: rare?.title?.value ?? null,
    details: rare?.details ? Object.fromEntries([...rare.details].map(([name, { value }]) => [name, value])) : {},
  };
}

/** What the tracker must remember of an open session, beside its record, to go on after a restart. Plain JSON. */
export interface SessionState {
  readonly key: string;
  readonly selfDeclared: boolean;
  readonly agent: string;
  readonly network: string;
  readonly listenerRank: number;
  readonly seenBy: string;
  readonly seen: Instant;
  readonly end: Instant | null;
  readonly rare: (Omit<Rare, 'traffic' | 'details'> & { readonly details: [string, Dated<DetailValue>][] }) | null;
}

export function stateOf(session: Pick<Session, 'client' | 'seenBy' | 'seen' | 'end' | 'rare'>): SessionState {
  const { client, rare } = session;
  let kept: SessionState['rare'] = null;
  if (rare !== null) {
    const { traffic: _, details, ...rest } = rare;
    kept = { ...rest, details: [...(details ?? [])] };
  }
  return {
    key: client.key,
    selfDeclared: client.selfDeclared,
    agent: client.agent,
    network: client.network,
    listenerRank: client.listenerRank,
    seenBy: session.seenBy,
    seen: session.seen,
    end: session.end,
    rare: kept,
  };
}

/** The tracked session that `record` and `state` describe. */
export function restoreSession(record: SessionRecord, state: SessionState): Session {
  const client: Client = {
    key: state.key,
    identity: record.identity,
    selfDeclared: state.selfDeclared,
    agent: state.agent,
    network: state.network,
    listener: record.listener,
    listenerRank: state.listenerRank,
    address: record.address,
    port: record.port,
    userAgent: record.userAgent,
    user: record.user,
    device: record.device,
    place: record.place,
    player: record.player,
    bot: record.bot,
    session: null,
  };
  const session = new Session({
    id: record.id,
    source: record.source,
    stream: record.stream,
    client,
    start: record.startedAt,
    seen: state.seen,
    provisional: record.provisional,
    seenBy: state.seenBy,
  });
  session.end = state.end;
  session.bytes = record.bytes;
  session.requests = record.requests;
  session.qualities = record.qualities.length === 0 ? null : record.qualities.slice();
  if (state.rare !== null) {
    const { details, ...rest } = state.rare;
    session.rare = { ...rest, traffic: record.traffic, details: details.length === 0 ? null : new Map(details) };
  }
  return session;
}
