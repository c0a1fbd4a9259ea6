/**
 * What a source may say. Three observations about clients and one about streams: nothing else crosses from the sources
 * into the core. Every time is the server's own where it has one.
 *
 * The type parameter is the client: sources speak of raw `ClientFacts`; enrichment replaces them by an identified
 * `Client` (identity.ts) before the tracker sees them, so that raw addresses live nowhere but in memory.
 */

/** Whole milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** Whole milliseconds. */
export type Milliseconds = number;

/** The end of a lease that runs until told otherwise. A number, so that it survives JSON. */
export const FOREVER: Instant = Number.MAX_SAFE_INTEGER;

/** A lone request counts this long. */
export const SHORTEST_SESSION: Milliseconds = 1000;

/** What a source reveals of one client. Unknown is `null`, never an empty string. */
export interface ClientFacts {
  /** Textual IPv4 or IPv6 address, or an opaque token where the server hides addresses. */
  readonly address: string | null;
  readonly port: number | null;
  readonly userAgent: string | null;
  /** The login name, if the client has one. */
  readonly user: string | null;
  /** The device id or name, if the source knows devices. */
  readonly device: string | null;
  /** The server's own connection id, unique in the source for ever: it includes the server's boot, since ids restart. */
  readonly connection: string | null;
  /** A playback id; `issued` by the server, or merely declared by the player. */
  readonly playback: { readonly id: string; readonly issued: boolean } | null;
  /** It sends the stream to the server: one of our own, no listener. */
  readonly isPublisher: boolean;
}

/** Packets and payload bytes in one direction. */
export interface Flow {
  readonly packets: number;
  readonly bytes: number;
}

/** Up is from the client, down is towards it. */
export interface Traffic {
  readonly up: Flow;
  readonly down: Flow;
}

/** "At `at` the client was on this quality." */
export interface QualityPoint {
  readonly at: Instant;
  readonly value: string;
}

export type DetailValue = string | number | boolean;

/** Facts that only one kind of source has; their names are in that source's page. */
export type Details = Readonly<Record<string, DetailValue>>;

/** A client was present on a stream from `from` to `to`, both inclusive, `from <= to`. */
export interface Presence<C = ClientFacts> {
  readonly kind: 'presence';
  readonly stream: string;
  readonly client: C;
  readonly from: Instant;
  readonly to: Instant;
  /** The connection claims to have begun then: back-dates its first session, never a second one. */
  readonly since: Instant | null;
  /** A lease: present until then unless told otherwise; `FOREVER` is "until told otherwise"; null is no lease. */
  readonly until: Instant | null;
  /** A finished row: this presence and its departure in one. Its client's `connection` names the row. */
  readonly over: boolean;
  /**
   * What a live view shows before the authoritative finished row exists. A later presence of the same session that is not
   * provisional makes it certain: then no row takes its place.
   */
  readonly provisional: boolean;
  /** Deltas: bytes and requests since the presence before this one. */
  readonly bytes: number;
  readonly requests: number;
  readonly traffic: Traffic | null;
  /** In order of time; the first and the last sight of each stretch of equal quality. */
  readonly qualities: readonly QualityPoint[] | null;
  readonly title: string | null;
  readonly details: Details | null;
}

/** The client left the stream at `at`: a cut, no session spans it. */
export interface Departure<C = ClientFacts> {
  readonly kind: 'departure';
  readonly stream: string;
  readonly client: C;
  readonly at: Instant;
}

/** At `at` exactly these clients were on these streams. */
export interface Roster<C = ClientFacts> {
  readonly kind: 'roster';
  readonly at: Instant;
  /** The streams that were asked; `null` is every stream of the source. */
  readonly streams: readonly string[] | null;
  /** Presences whose `to` is `at`. */
  readonly present: readonly Presence<C>[];
}

export type StreamStatus = 'up' | 'down' | 'unreachable' | 'unknown';

/** `title` began at `at`. */
export interface TitleChange {
  readonly at: Instant;
  readonly title: string;
}

/** What a source says of a stream. Absent fields are not known to this report; `null` is "known to be empty". */
export interface StreamReport {
  readonly kind: 'report';
  readonly stream: string;
  readonly at: Instant;
  readonly status: StreamStatus;
  readonly title?: string | null;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly genre?: string | null;
  readonly contentType?: string | null;
  /** Kilobits per second. */
  readonly bitrate?: number | null;
  readonly startedAt?: Instant | null;
  /** How many listeners the server itself counts: a gauge beside our sessions, never turned into sessions. */
  readonly listeners?: number | null;
  readonly peakListeners?: number | null;
  /** Different listeners by the server's own count, at this moment. */
  readonly uniqueListeners?: number | null;
  /** How many the server lets in; null is no limit that is known. */
  readonly maxListeners?: number | null;
  /** How long its listeners stay, by the server's own reckoning, in seconds. */
  readonly averageSeconds?: number | null;
  /** The source tells how many there are and never who: beside its count there are no sessions to expect of it. */
  readonly countOnly?: boolean;
  /** What has played, where the server remembers it, with the times at which each began; any order, at most 50 count. */
  readonly titles?: readonly TitleChange[];
  /** From now on presences on this stream no further apart than this are one session; null is "as its source has it". */
  readonly gap?: Milliseconds | null;
}

export type Observation<C = ClientFacts> = Presence<C> | Departure<C> | Roster<C> | StreamReport;

type PresenceFields<C> = Pick<Presence<C>, 'stream' | 'client' | 'from'> & Partial<Presence<C>>;

/** A presence with every field in the same place: the tracker's hot path likes objects of one shape. */
export function presence<C>(fields: PresenceFields<C>): Presence<C> {
  return {
    kind: 'presence',
    stream: fields.stream,
    client: fields.client,
    from: fields.from,
    to: fields.to ?? fields.from,
    since: fields.since ?? null,
    until: fields.until ?? null,
    over: fields.over ?? false,
    provisional: fields.provisional ?? false,
    bytes: fields.bytes ?? 0,
    requests: fields.requests ?? 0,
    traffic: fields.traffic ?? null,
    qualities: fields.qualities ?? null,
    title: fields.title ?? null,
    details: fields.details ?? null,
  };
}

/** The same of this client. Written out, since it is done for each that there is: copying them one by one is several times as fast. */
export function presenceOf<C>(told: Presence<unknown>, client: C): Presence<C> {
  return {
    kind: 'presence',
    stream: told.stream,
    client,
    from: told.from,
    to: told.to,
    since: told.since,
    until: told.until,
    over: told.over,
    provisional: told.provisional,
    bytes: told.bytes,
    requests: told.requests,
    traffic: told.traffic,
    qualities: told.qualities,
    title: told.title,
    details: told.details,
  };
}

const NOTHING_KNOWN: ClientFacts = {
  address: null,
  port: null,
  userAgent: null,
  user: null,
  device: null,
  connection: null,
  playback: null,
  isPublisher: false,
};

export function clientFacts(known: Partial<ClientFacts>): ClientFacts {
  return { ...NOTHING_KNOWN, ...known };
}
