/**
 * What is worth telling others as it happens. Events are plain values, as of when they happened: they are stored with
 * the sessions that they are about, and told later (sinks/).
 */

import type { Instant, Milliseconds, StreamStatus } from './observation.ts';
import type { SessionRecord } from './session.ts';
import type { StreamState } from './streams.ts';

/**
 * `audience.above` and `audience.below`: the audience of a stream has gone beyond a limit, and has come back. `listener.new`:
 * the first session of a listener that the history knows. `session.superseded`: the session with this id is part of, or
 * replaced by, another one, or open again (then `by` is its own id, and `session.opened` follows). `sharing.found`: an
 * account looks as if several people use it, by something that was not known before. `stream.status`: a stream is up,
 * down, unreachable or unknown, and was not before.
 */
export const EVENT_TYPES = [
  'audience.above',
  'audience.below',
  'listener.new',
  'session.closed',
  'session.opened',
  'session.superseded',
  'sharing.found',
  'stream.status',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What all events have. */
interface Happening {
  /** Never moves, however often the event is told; no other event has it. */
  readonly id: string;
  /** When it happened, by the time of the source. */
  readonly at: Instant;
  /** Of the stream that it is about; null if that is no longer known. */
  readonly stream: string | null;
}

export type AudienceEvent =
  | (Happening & {
      readonly type: 'listener.new' | 'session.opened' | 'session.closed';
      readonly session: SessionRecord;
    })
  | (Happening & { readonly type: 'session.superseded'; readonly sessionId: string; readonly by: string })
  | (Happening & {
      readonly type: 'stream.status';
      readonly state: StreamState;
      readonly count: StreamCount;
      /** It was so for this long before it was told. Absent is 0: it was told at once. */
      readonly held?: Milliseconds;
    })
  | (Happening & {
      readonly type: 'audience.above' | 'audience.below';
      readonly state: StreamState;
      readonly count: StreamCount;
      readonly limit: AudienceLimit;
    })
  | SharingFound;

/** Evidence of insights/sharing, without the networks of its places. `id` is that of the finding; `stream` is null. */
export interface SharingFound extends Happening {
  readonly type: 'sharing.found';
  /** The listener token of the account, by which the event can be erased. */
  readonly listener: string;
  readonly account: { readonly id: string; readonly source: string; readonly user: string; readonly score: number };
  readonly finding: {
    readonly kind: 'simultaneous' | 'travel' | 'households' | 'new-devices' | 'resale';
    readonly points: number;
    /** Ids of sessions; devices and places are theirs, in the same order. */
    readonly plays: readonly string[];
    readonly devices: readonly string[];
    readonly places: readonly ({
      readonly city: string | null;
      readonly region: string | null;
      readonly country: string | null;
    } | null)[];
    readonly distanceKm: number | null;
    readonly gapSeconds: number | null;
    /** In words. */
    readonly why: string;
    readonly whyNotSuppressed: string;
  };
}

/** Open sessions of a stream. */
export interface StreamCount {
  readonly sessions: number;
  readonly bots: number;
}

/**
 * The audience is above once so many readings one after the other were greater than `above`, and no longer above once so
 * many were less than `below`, which is `above` at most: what lies between the two changes nothing.
 */
export interface AudienceLimit {
  readonly above: number;
  readonly below: number;
  readonly readings: number;
}

export function isSameLimit(a: AudienceLimit, b: AudienceLimit): boolean {
  return a.above === b.above && a.below === b.below && a.readings === b.readings;
}

/** What tells whether anybody wants an event, before it is made. */
export interface EventSketch {
  readonly type: EventType;
  /** The source, or the audience that it shares; null if it is not known. */
  readonly source: string | null;
  readonly stream: string | null;
  /** Of `stream.status`. */
  readonly status?: StreamStatus;
  readonly held?: Milliseconds;
  /** Of `audience.above` and `audience.below`. */
  readonly limit?: AudienceLimit;
}

export function sketchOf(event: AudienceEvent): EventSketch {
  const { type, stream } = event;
  if ('session' in event) return { type, stream, source: event.session.source };
  if (!('state' in event)) return { type, stream, source: null };
  const { source, status } = event.state;
  if ('limit' in event) return { type, stream, source, limit: event.limit };
  return { type, stream, source, status, held: event.held ?? 0 };
}
