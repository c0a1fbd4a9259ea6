/**
 * What is worth telling others as it happens. Events are plain values, as of when they happened: they are stored with
 * the sessions that they are about, and told later (sinks/).
 */

import type { Instant, Milliseconds } from './observation.ts';
import type { SessionRecord } from './session.ts';
import type { StreamState } from './streams.ts';

/**
 * `audience.above` and `audience.below`: the audience of a stream has gone beyond a limit, and has come back. `listener.new`:
 * the first session of a listener that the history knows. `session.superseded`: the session with this id is part of, or
 * replaced by, another one, or open again (then `by` is its own id, and `session.opened` follows). `stream.status`: a
 * stream is up, down, unreachable or unknown, and was not before.
 */
export const EVENT_TYPES = [
  'audience.above',
  'audience.below',
  'listener.new',
  'session.closed',
  'session.opened',
  'session.superseded',
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
    });

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

/** The source, or the audience that it shares, of the stream that the event is about; null if that is not known. */
export function sourceOf(event: AudienceEvent): string | null {
  if ('session' in event) return event.session.source;
  return 'state' in event ? event.state.source : null;
}
