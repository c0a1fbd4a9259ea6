/** What a reader of logs (reader.ts) is told, and what it tells. */

import type { Instant, Milliseconds, Observation } from '../../core/observation.ts';
import type { Cidr } from '../../lib/ip.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { FormatMark, FormatOptions } from './formats/index.ts';
import type { GapOptions, GapsMark } from './gaps.ts';
import type { PatternOption } from './patterns.ts';
import type { RowsMark } from './rows.ts';

export interface ReaderOptions extends FormatOptions, GapOptions {
  /** Lines may be so much older than the newest one: see `LogReader.take`. */
  readonly lateness: Milliseconds;
  /** Query parameters and cookies that hold a playback id. */
  readonly playbackId: readonly string[];
  /** The server issues and checks these ids. */
  readonly isIssued: boolean;
  /** Read what players say of themselves by CMCD. */
  readonly cmcd: boolean;
  readonly trustedProxies: readonly Cidr[];
  /** What paths mean, before the default rules. */
  readonly rules: readonly PatternOption[];
  readonly counters: ScopedCounters;
  /** A whole number that nobody outside can guess, for hash tables. */
  readonly seed: number;
  /** Goes on from there. */
  readonly from?: ReaderMark | null;
  /** Of the qualities of a presence only the last is asked for: then the fast lane folds by itself, as long as it can. */
  readonly isBrief?: boolean;
  /** Blocks of at least so many bytes take the fast lane (wasm/), if they can. For tests. */
  readonly quickFrom?: number;
}

/** What a reader must know of the lines before those that it is given. Plain JSON. */
export interface ReaderMark {
  /** The newest time of a line; null before the first one. Of several logs the least of these. */
  readonly newest: Instant | null;
  /** Of each log by its path, where there are several. */
  readonly files?: readonly FileMark[] | undefined;
  /** Streams whose name ends in a digit: see rules.ts. */
  readonly numbered: readonly string[];
  /** Absent, as in cursors of old versions, where there is nothing to remember. */
  readonly format?: FormatMark | undefined;
  readonly rows?: RowsMark | undefined;
  readonly gaps?: GapsMark | undefined;
}

export interface FileMark {
  readonly path: string;
  readonly newest: Instant | null;
  readonly format: FormatMark;
}

/** What a part of a log tells of itself, to whoever puts parts together (parts.ts). */
export interface PartAccount {
  /** Of the lines as they are written; not finite if there were none. */
  readonly oldest: Instant;
  readonly newest: Instant;
  readonly format: FormatMark;
  /** How many streams have names that end in a digit. */
  readonly numbered: number;
  /** There were finished rows, of which equal ones are counted. */
  readonly hasRows: boolean;
}

/** All lines that were read, also those that are no audience. */
export interface LogTally {
  readonly bytes: number;
  readonly lines: number;
  readonly unreadable: number;
  /** By status, as it is written. */
  readonly statuses: Readonly<Record<string, { readonly requests: number; readonly bytes: number }>>;
}

export interface ReaderBatch {
  readonly observations: readonly Observation[];
  /** Null before the first line. */
  readonly watermark: Instant | null;
}
