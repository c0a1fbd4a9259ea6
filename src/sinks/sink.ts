/**
 * The contract of a sink: where we push.
 *
 * A kind is declared once, with `defineSink`; from the declaration come the configuration, its JSON Schema, the reference
 * page and the contract tests (contract.test.ts), which run every registered kind through this list:
 *
 * 1. `deliver` gets events in order, one call at a time, and resolves when they are safe with whoever they are for. Until
 *    then they stay in the outbox, and after a crash they come again, each with the id that it had.
 * 2. It rejects with `Refused` if trying again is of no use: then these events are given up, counted and said. After any
 *    other rejection they are tried again, with growing pauses. No retry loops inside.
 * 3. `run`, for what has a schedule of its own, resolves soon after `signal` aborts. So does `deliver`. Nothing is left
 *    behind: no socket, file or timer.
 * 4. It starts no program.
 * 5. No address, name or secret gets into a log or an error.
 */

import type { z } from 'zod';
import type { Audience } from '../core/audience.ts';
import type { AudienceLimit, EventType } from '../core/event.ts';
import type { StreamStatus } from '../core/observation.ts';
import type { Session, SessionRecord } from '../core/session.ts';
import type { Streams } from '../core/streams.ts';
import type { EventWire } from '../http/contract.ts';
import type { Clock } from '../lib/clock.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';

/** An event as it is told. */
export interface Told {
  readonly event: EventWire;
  /** The same, as JSON without line ends. */
  readonly json: string;
}

/** What is here now, for a sink that shows it. */
export interface LiveView {
  readonly audience: Audience;
  readonly streams: Streams;
  describe(session: Session): SessionRecord;
}

export interface SinkContext {
  readonly live: LiveView;
  /** Is it one of the streams that the sink is for? */
  wantsStream(source: string, stream: string): boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ScopedCounters;
}

export interface Sink {
  /** How much one call of `deliver` gets at most: a single event may have more bytes. Null: it wants no events. */
  readonly batch: { readonly events: number; readonly bytes: number } | null;
  deliver(told: readonly Told[], signal: AbortSignal): Promise<void>;
  /** Must not reject. */
  run?(signal: AbortSignal): Promise<void>;
}

/** Options that every sink has: docs/sinks/rules.md. */
export interface CommonSinkOptions {
  /** Its place in the outbox goes by this name. */
  readonly name: string;
  readonly events: readonly EventType[];
  /** `STREAM` or `SOURCE/STREAM`, with `*`. Empty is all. */
  readonly streams: readonly string[];
  /** Which statuses of streams are told, once they have been so for `statusFor` milliseconds. */
  readonly statuses: readonly StreamStatus[];
  readonly statusFor: number;
  /** For `audience.above` and `audience.below`. */
  readonly thresholds: readonly AudienceLimit[];
  /** What happens then is not told. */
  readonly quietHours: readonly QuietHours[];
  /** An IANA name: where the hours are. */
  readonly timeZone: string;
  /** Milliseconds in which the same is not told again of the same stream. */
  readonly cooldown: number;
  /** So many events are told one by one within so many milliseconds; the rest is summed up. 0 is any number. */
  readonly digestAfter: number;
  readonly digestWithin: number;
  /** So many events may wait; then the oldest are given up. */
  readonly queue: number;
  /** Milliseconds: events that could not be told for so long are given up. */
  readonly giveUpAfter: number;
}

/** Minutes since midnight, on the clock of a time zone; it ends on the next day if `to` is not after `from`. */
export interface QuietHours {
  readonly from: number;
  readonly to: number;
}

export interface SinkKind<Schema extends z.ZodObject = z.ZodObject> {
  /** kebab-case, the folder's name. */
  readonly kind: string;
  /** One sentence for lists of kinds. */
  readonly summary: string;
  /** Every option with a default (or required), a `.describe()` sentence, and `.meta({ secret: true })` on secrets. */
  readonly config: Schema;
  /** What it is told of if nobody says otherwise. Absent: everything but who is new. */
  readonly events?: readonly EventType[];
  /** What the sink is called if nobody names it: kind and host or path, never credentials. */
  defaultName(options: z.output<Schema>): string;
  create(options: z.output<Schema>, context: SinkContext): Sink;
}

export function defineSink<Schema extends z.ZodObject>(kind: SinkKind<Schema>): SinkKind<Schema> {
  return kind;
}

/** These events will never be taken: the message says why, in words that a person can act on. */
export class Refused extends Error {}

/** Not now: after so many milliseconds. */
export class Later extends Error {
  readonly afterMs: number;

  constructor(message: string, afterMs: number) {
    super(message);
    this.afterMs = afterMs;
  }
}
