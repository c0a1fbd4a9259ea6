/**
 * Questions about sessions: the dimensions they are counted by, the filters that choose them, and how one live session
 * is tested against a filter. Stores translate the same types into their own language (store/store.ts).
 */

import type { StreamPattern } from './access.ts';
import type { Place, Player } from './identity.ts';
import type { Instant, Milliseconds } from './observation.ts';
import type { SessionRecord } from './session.ts';

/** What sessions can be counted by. */
export const DIMENSIONS = [
  'stream',
  'source',
  'country',
  'city',
  'player',
  'platform',
  'quality',
  'asn',
  'user',
  'identity',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Each set of values is "one of these"; null in it is "unknown". An absent filter lets everything pass. */
export interface SessionFilter {
  readonly stream?: readonly (string | null)[];
  readonly source?: readonly (string | null)[];
  /** ISO 3166-1 alpha-2. */
  readonly country?: readonly (string | null)[];
  readonly city?: readonly (string | null)[];
  readonly player?: readonly (string | null)[];
  readonly platform?: readonly (string | null)[];
  readonly quality?: readonly (string | null)[];
  /** Autonomous system numbers, as decimal text. */
  readonly asn?: readonly (string | null)[];
  readonly user?: readonly (string | null)[];
  readonly identity?: readonly (string | null)[];
  /** The address as it is stored: masked where `privacy` says so. */
  readonly ip?: readonly string[];
  readonly listener?: readonly string[];
  /** Only on streams that fit one of these: those of a programme. */
  readonly streamPatterns?: readonly StreamPattern[];
  /** Only bots, only people; absent is both. */
  readonly bot?: boolean;
  /** Only streams that fit one of these: what whoever asks may see. An empty list lets nothing pass. */
  readonly within?: readonly StreamPattern[];
}

export const SESSION_STATES = ['open', 'closed', 'all'] as const;
export type SessionStateFilter = (typeof SESSION_STATES)[number];

export const SESSION_SORTS = ['startedAt', 'duration', 'bytes', 'stream', 'country', 'city', 'player', 'user'] as const;
export type SessionSort = (typeof SESSION_SORTS)[number];

/** Which sessions, in which order, from where. */
export interface SessionQuery {
  readonly state: SessionStateFilter;
  readonly filter: SessionFilter;
  /** Sessions that overlap `[from, to)`. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly sort: SessionSort;
  readonly descending: boolean;
  /** 1 … 1000. */
  readonly limit: number;
  /** Opaque: the `nextCursor` of the page before. */
  readonly cursor: string | null;
  /** So many of those that match are left out in front. Default 0; not together with a cursor. */
  readonly offset?: number;
}

export interface SessionPage {
  readonly items: readonly SessionRecord[];
  readonly nextCursor: string | null;
  /** How many sessions the query matches in all. */
  readonly total: number;
}

/** Counts over a period, one row a value of the dimension. Sessions are clipped to the period. */
export interface HistoryQuery {
  readonly from: Instant;
  readonly to: Instant;
  /** Null is one group for all. */
  readonly by: Dimension | null;
  readonly filter: SessionFilter;
  readonly limit: number;
}

export interface HistoryGroup {
  /** Null is "unknown", and the one group of an undivided query. */
  readonly value: string | null;
  /** Sessions that were there in the period. */
  readonly sessions: number;
  /** Distinct listeners among them. */
  readonly uniqueClients: number;
  /** Time that these sessions were there within the period. */
  readonly listeningSeconds: number;
  /** All bytes of these sessions, also those sent outside the period. */
  readonly bytes: number;
}

/** What sessions have in common; `country` is an ISO 3166-1 alpha-2 code, `city` a name without its country. */
export const TALLIED = ['stream', 'country', 'city', 'address', 'latitude', 'longitude'] as const;
export type Tallied = (typeof TALLIED)[number];

/** All sessions there ever were, whole, in groups that have all of these in common. */
export interface TallyQuery {
  readonly by: readonly Tallied[];
  readonly filter: SessionFilter;
  readonly limit: number;
}

export interface TallyGroup {
  /** In the order of `by`; degrees are numbers, null is unknown. */
  readonly values: readonly (string | number | null)[];
  /** Open and closed ones. */
  readonly sessions: number;
  readonly closed: number;
  /** Of the closed ones together. */
  readonly closedSeconds: number;
}

/** Concurrency over a period. */
export interface TimelineQuery {
  readonly from: Instant;
  readonly to: Instant;
  readonly step: Milliseconds;
  /** Null is one series. */
  readonly by: Dimension | null;
  readonly filter: SessionFilter;
  /** How many series; the rest are summed up in one whose value is `OTHERS`. */
  readonly limit: number;
}

export const OTHERS = '(others)';

export interface TimelineSeries {
  readonly value: string | null;
  /** One a step: the time-weighted average, and the exact greatest number of sessions at once. */
  readonly average: readonly number[];
  readonly peak: readonly number[];
}

export interface Timeline {
  /** The start of every step. */
  readonly steps: readonly Instant[];
  readonly series: readonly TimelineSeries[];
}

/** A count that a server gives and that does not change is kept again after so long. */
export const GAUGE_EVERY: Milliseconds = 300_000;

/** What listening metrics are made of: counts over steps that follow upon each other, and over all of them together. */
export interface ListeningQuery {
  /**
   * The starts of the steps, in order, and the end of the last one. All but the first and the last lie on a clock
   * quarter-hour of UTC.
   */
  readonly edges: readonly Instant[];
  readonly filter: SessionFilter;
  /** Sessions that last shorter than this, in all, are counted as gross sessions and nowhere else. */
  readonly minSession: Milliseconds;
  readonly cumeRule: CumeRule;
}

/**
 * Who is a listener of a period: whoever has a session that is there in it and long enough, or whoever has listened for
 * five minutes of a clock quarter-hour that lies in it as a whole.
 */
export const CUME_RULES = ['session', 'quarter-hour'] as const;
export type CumeRule = (typeof CUME_RULES)[number];

/** Since 1980 the clocks of all time zones have shown the quarter-hours of UTC. */
export const QUARTER_HOUR: Milliseconds = 900_000;
/** Who listens for so long of a clock quarter-hour is a listener of it. */
export const QUARTER_HOUR_LISTENING: Milliseconds = 300_000;

/** Of the sessions that are there in a period, clipped to it; one without length is never there. */
export interface ListeningCount {
  /** All, however short. The others count only those that are long enough. */
  readonly grossSessions: number;
  readonly activeSessions: number;
  /** Those of them that began in the period. */
  readonly startedSessions: number;
  readonly listeningSeconds: number;
  /** Distinct listeners by the rule that was asked for; null if it needs a whole quarter-hour and there is none. */
  readonly listeners: number | null;
  /** Clock quarter-hours that lie in the period as a whole. */
  readonly quarterHours: number;
  /** The listeners of each of these, added up. Who has several sessions at once listens once. */
  readonly quarterHourListeners: number;
  /** The greatest number of sessions at once, and when it was first reached; `at` is null without a session. */
  readonly peak: { readonly count: number; readonly at: Instant | null };
}

export interface Listening {
  readonly whole: ListeningCount;
  readonly steps: readonly ListeningCount[];
}

/** What sessions, live or stored, are filtered and counted by. */
export interface Facets {
  readonly stream: string;
  readonly source: string;
  readonly identity: string;
  readonly listener: string;
  readonly address: string | null;
  readonly user: string | null;
  readonly quality: string | null;
  readonly player: Player | null;
  readonly place: Place | null;
  readonly bot: boolean;
}

/** What a session counts under in a dimension; null is unknown. */
export function facetOf(session: Facets, dimension: Dimension): string | null {
  switch (dimension) {
    case 'country':
      return session.place?.geo?.countryCode ?? null;
    case 'city':
      return cityOf(session.place);
    case 'asn':
      return session.place?.asn?.toString() ?? null;
    case 'player':
      return session.player?.name ?? null;
    case 'platform':
      return session.player?.platform ?? null;
    default:
      return session[dimension];
  }
}

/** `London, GB`: there are many cities of one name. */
export function cityOf(place: Place | null): string | null {
  const { city = null, countryCode = null } = place?.geo ?? {};
  return city === null || countryCode === null ? city : `${city}, ${countryCode}`;
}
