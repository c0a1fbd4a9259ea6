/** What the HTTP interface needs of the rest of the process, said on its own side. app.ts provides it. */

import type { LiveNews } from '../core/audience.ts';
import type { AudienceView } from '../core/limited-audience.ts';
import type { Instant } from '../core/observation.ts';
import type { Session, SessionRecord } from '../core/session.ts';
import type { Streams } from '../core/streams.ts';
import type { LiveSharing } from '../insights/sharing/live/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import type { RecentLine } from '../telemetry/recent-lines.ts';
import type { MapWire, TriedWire } from './contract.ts';
import type { TrialPass } from './trial-pass.ts';

export interface RejectInfo {
  readonly counter: string;
  readonly count: number;
  readonly of: number | null;
  readonly example: { readonly text: string; readonly expected: string | null; readonly at: Instant } | null;
}

export interface SourceInfo {
  readonly name: string;
  readonly kind: string;
  readonly audience: string | null;
  /** Its sessions are allocations of a relay. */
  readonly relays?: boolean;
  readonly status: 'starting' | 'running' | 'waiting' | 'finished' | 'stopped';
  readonly statusSince: Instant;
  readonly lastBatchAt: Instant | null;
  readonly watermark: Instant | null;
  readonly gap: number;
  readonly lateness: number;
  readonly restarts: number;
  readonly lastError: { readonly code: string; readonly message: string; readonly at: Instant } | null;
  readonly counters: Readonly<Record<string, number>>;
  /** What it takes in, a second, during the last minute. */
  readonly rates: readonly { readonly counter: string; readonly perSecond: number }[];
  /** What it could not use, of how much that was, and what such a thing looks like, anonymised. */
  readonly rejects: readonly RejectInfo[];
  /** It runs a program, and that has printed something. */
  readonly hasOutput: boolean;
}

/** What is asked of the streams, and of the store. */
export type StreamsView = Pick<Streams, 'idOf' | 'get' | 'unspoken' | 'list' | 'titles'>;
export type StoreView = Pick<
  Store,
  | 'session'
  | 'sessions'
  | 'visit'
  | 'aggregate'
  | 'countsAt'
  | 'placesAt'
  | 'timeline'
  | 'listening'
  | 'reports'
  | 'reportsAt'
  | 'samples'
> & {
  /** Null where it must not be told. */
  size(): Promise<Awaited<ReturnType<Store['size']>> | null>;
};

/** Trying a server before it is watched. */
export interface Trial {
  /** Null where whoever tries has to sign in, or something was watched from the start. */
  readonly pass: TrialPass | null;
  /** So many are being tried. */
  readonly trying: { count: number };
  /** Throws `BAD_URL`. What the server does is in the answer. */
  tryUrl(url: string): Promise<TriedWire>;
}

/** The whole, or what somebody may see of it: visible-service.ts. */
export interface Service {
  readonly version: string;
  readonly startedAt: Instant;
  readonly isDemo: boolean;
  /** The IANA name of that of this machine. */
  readonly timeZone: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly audience: AudienceView;
  readonly streams: StreamsView;
  readonly store: StoreView;
  readonly trial: Trial;
  readonly attribution: readonly { readonly text: string; readonly url: string }[];
  /** What the map is drawn with; null is the base map of the dashboard. A reload changes it. */
  mapTiles(): MapWire | null;
  describe(session: Session): SessionRecord;
  sources(): readonly SourceInfo[];
  /** The newest lines that the program of a source has printed, oldest first. Null if there is no such source. */
  output(source: string): readonly RecentLine[] | null;
  /** Everything that is counted, by scope and name. */
  counters(): Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Set while reading has stopped because the store has no room. */
  stall(): { readonly since: Instant; readonly message: string } | null;
  onNews(listener: (news: LiveNews) => void): () => void;
  /** Are accounts judged at all? */
  readonly judgesSharing: boolean;
  /** Who looks shared. Throws `SHARING_OFF`, and `FORBIDDEN` for whoever may not see everybody whole. */
  sharing(): LiveSharing;
  /** Erases who it was from all closed sessions; answers how many were touched. */
  forget(who: { ip?: string | undefined; user?: string | undefined; session?: string | undefined }): Promise<number>;
}
