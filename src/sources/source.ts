/**
 * The contract of a source: how one server's bytes become observations.
 *
 * A kind is declared once, with `defineSource`; from the declaration come the config union, its JSON Schema, the
 * reference page, the CLI's list of kinds and the contract tests (contract.test.ts), which run every registered kind
 * through this list:
 *
 * 1. `run` resolves soon after `signal` aborts, and leaves no socket, file, timer or child behind.
 * 2. It emits observations with the server's own time where there is one; it never invents clients and never decides
 *    sessions.
 * 3. It throws to say "I cannot go on": a `HeadcountError` with a sentence that a person can act on. The supervisor logs
 *    once, backs off with jitter and starts it again. No retry loops inside.
 * 4. A bad line, packet or field is counted and skipped; never fatal, never logged one by one.
 * 5. Memory is bounded, and `await emit(batch)` is the back-pressure: the promise resolves when the batch has been
 *    taken in and there is room for more.
 * 6. A source that can resume hands over a cursor with each batch and gets the last committed one back.
 */

import type { z } from 'zod';
import type { MessageSink } from '../core/messages.ts';
import type { Observation, StreamReport } from '../core/observation.ts';
import type { Names, PackedRuns } from '../core/packed-runs.ts';
import type { SourceTraits } from '../core/spaces.ts';
import type { Clock } from '../lib/clock.ts';
import type { Inboxes } from '../lib/inboxes.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import type { RecentLines } from '../telemetry/recent-lines.ts';

/** Milliseconds: what is told so far behind the clock is a backlog. */
export const BACKLOG = 60_000;

/** Plain JSON, at most a few hundred kilobytes: it is stored with every commit in which it has changed. */
export type Cursor = unknown;

export interface Batch {
  readonly observations: readonly Observation[];
  /** "I have told everything up to then": already less the source's lateness. Absent leaves it where it is. */
  readonly watermark?: number;
  /** Where to go on after this batch. Absent leaves it where it is. */
  readonly cursor?: Cursor;
}

export interface SourceContext {
  emit(batch: Batch): Promise<void>;
  readonly signal: AbortSignal;
  /** The cursor of the last committed batch; null at the first start. Of an older version it may have another shape. */
  readonly cursor: Cursor | null;
  readonly log: Log;
  readonly counters: ScopedCounters;
  readonly clock: Clock;
  /** For whoever shows what was read on the wire as it was; absent is nobody. */
  readonly messages?: MessageSink;
  /** For what a program of it prints, to be shown to the operator. */
  readonly recent?: RecentLines;
  /** For what is sent to Headcount itself, and meant for a source. */
  readonly inboxes: Pick<Inboxes, 'open'>;
}

export interface Source {
  run(context: SourceContext): Promise<void>;
}

/** Options that every source has. Durations are milliseconds here; in YAML and URLs they are written `40s`. */
export interface CommonOptions {
  /** Part of every id: immutable. */
  readonly name: string;
  readonly audience: string | null;
  readonly gap: number;
  readonly lateness: number;
  /** The source finds out the gaps of its streams; `gap` is for those of which it cannot. */
  readonly autoGap?: boolean;
}

/** What a kind says of itself; defaults for the options that it shares with all others. */
export interface KindTraits extends Pick<SourceTraits, 'departures' | 'provisional'> {
  readonly gap: number;
  readonly lateness: number;
  /** Can it go on exactly where it stopped? */
  readonly resumes: boolean;
  /** Its sessions are allocations of a relay (TURN): they have traffic, peers and a relayed address instead of a programme. */
  readonly relays?: boolean;
  /** May its gap be `auto`? */
  readonly findsGaps?: boolean;
}

/** What the counters of a kind are about: shared code shows them as rates and shares. */
export interface KindCounts {
  /** What it takes in, the most telling first: they only ever grow. */
  readonly work: readonly string[];
  /** What came and could not be used, and the counter of all that came of it; null where nothing counts those. */
  readonly rejects: Readonly<Record<string, string | null>>;
}

export interface SourceKind<Schema extends z.ZodObject = z.ZodObject> {
  /** kebab-case, the folder's name. */
  readonly kind: string;
  /** URL schemes, the first being the one that is shown: `icecast`, `icecasts`. */
  readonly schemes: readonly string[];
  /** Plain paths that are this kind's without a scheme: `capture.pcap`. Null is none. The first kind that claims one gets it. */
  readonly claims: RegExp | null;
  /** One sentence for lists of kinds. */
  readonly summary: string;
  /** How the URL is written, for help and reference: `icecast://USER:PASSWORD@HOST:PORT`. */
  readonly usage: string;
  /** Every option with a default (or required), a `.describe()` sentence, and `.meta({ secret: true })` on secrets. */
  readonly config: Schema;
  readonly traits: KindTraits;
  readonly counts: KindCounts;
  /** The options that a URL says, as input for `config`; its query has been taken off and is merged in by the caller. */
  fromUrl(url: URL | string): Record<string, unknown>;
  /** What the source is called if nobody names it: kind + host or path, never credentials. */
  defaultName(config: z.output<Schema>): string;
  create(config: z.output<Schema>, common: CommonOptions): Source;
  /**
   * It may be tried from a page, before it is configured: running it does nothing but GET from the host of its URL, by
   * `fetchText`. Absent: it may not.
   */
  readonly trial?: {
    /** Options that may be written behind the URL then: none that names a path here, or a program. */
    readonly options: readonly string[];
  };
  /** Reads bytes once from beginning to end, for `headcount analyze`; absent if nothing could be read so. */
  readonly readOnce?: ReadOnce<z.output<Schema>>;
}

/**
 * Reads the bytes of every file as if one went on where the one before it ended, as rotated logs do. Hands over batch by
 * batch, in order; sessions that are open at the end are the caller's. Rejects with a
 * `HeadcountError` if the bytes are not of this kind at all.
 */
export type ReadOnce<Options> = (
  files: Iterable<ReadableBytes>,
  options: Options,
  context: ReadOnceContext,
) => Promise<ReadTally>;

/** Bytes from beginning to end. */
export interface ReadableBytes extends AsyncIterable<Uint8Array> {
  /** They are those of a plain file: whoever likes may read parts of it there, at once, instead. */
  readonly plain?: PlainFile;
}

export interface PlainFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** So many more have been read. Throws if reading is to stop. */
  read(bytes: number): void;
}

export interface ReadOnceContext extends Pick<CommonOptions, 'gap' | 'lateness' | 'autoGap'> {
  readonly counters: ScopedCounters;
  emit(batch: Batch): Promise<void>;
  /** The same of what is in numbers; absent if nobody wants it so. */
  readonly emitNumbers?: ((batch: NumberedBatch) => Promise<void>) | undefined;
}

/** Presences in numbers, after what is told of their streams; then what is more than that. */
export interface NumberedBatch extends Omit<Batch, 'cursor'> {
  readonly reports: readonly StreamReport[];
  readonly runs: PackedRuns;
  /** What the numbers mean, until the next batch. */
  readonly names: Names;
}

/** What was read, in numbers. Null where the kind has no such thing. */
export interface ReadTally {
  readonly bytes: number;
  readonly lines: number | null;
  readonly packets: number | null;
  /** Lines or packets that could not be understood; why is in the counters. */
  readonly unreadable: number;
  /** Requests and bytes by HTTP status, all of them, also those that are no audience. */
  readonly statuses: Readonly<Record<string, { readonly requests: number; readonly bytes: number }>> | null;
  /** What only this kind can say, as it is printed; plain JSON. */
  readonly more: Readonly<Record<string, unknown>>;
}

export function defineSource<Schema extends z.ZodObject>(kind: SourceKind<Schema>): SourceKind<Schema> {
  return kind;
}
