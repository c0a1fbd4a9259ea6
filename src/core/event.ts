/**
 * What is worth telling others as it happens. Events are plain values, as of when they happened: they are stored with
 * the sessions that they are about, and told later (sinks/).
 */

import type { Instant } from './observation.ts';
import type { SessionRecord } from './session.ts';
import type { StreamState } from './streams.ts';

/**
 * `session.superseded`: the session with this id is part of, or replaced by, another one, or open again (then `by` is its
 * own id, and `session.opened` follows). `stream.status`: a stream is up, down, unreachable or unknown, and was not before.
 */
export const EVENT_TYPES = ['session.closed', 'session.opened', 'session.superseded', 'stream.status'] as const;
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
  | (Happening & { readonly type: 'session.opened' | 'session.closed'; readonly session: SessionRecord })
  | (Happening & { readonly type: 'session.superseded'; readonly sessionId: string; readonly by: string })
  | (Happening & { readonly type: 'stream.status'; readonly state: StreamState; readonly count: StreamCount });

/** Open sessions of a stream. */
export interface StreamCount {
  readonly sessions: number;
  readonly bots: number;
}
