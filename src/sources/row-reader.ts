/**
 * From blocks of lines to batches of observations, for logs in which a line is no request but a row: a whole connection, a
 * song, a rendering. What a row means is the dialect's; here is what time it is, and what is counted. The result is a
 * function of the lines, however they are split into blocks.
 *
 * Counters: `bytes`, `lines`, `rows`, `otherLines` (headers, and events that are not about listeners), `rejected` and
 * `rejectedFormat`, `rejectedAddress`, `rejectedTime`, `rejectedNumbers` (lines that cannot be read, and why), `late`,
 * `future`.
 */

import { z } from 'zod';
import { Newest } from '../core/newest.ts';
import type { Instant, Milliseconds, Observation, StreamReport } from '../core/observation.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { LineFile, LineFileState } from '../transports/line-step.ts';
import type { BlockReader } from './line-batches.ts';
import type { KindCounts } from './source.ts';
import { encodingOf, type LineEncoding, linesOf, lineText } from './w3c-rows.ts';

export const ROW_COUNTS: KindCounts = {
  work: ['lines', 'rows', 'bytes'],
  rejects: {
    rejectedFormat: 'lines',
    rejectedAddress: 'lines',
    rejectedTime: 'lines',
    rejectedNumbers: 'lines',
    longLines: null,
  },
};

export interface Row {
  readonly from: Instant;
  /** When it was written, as near as the log says; not before `from`. */
  readonly to: Instant;
}

/** Why a line is no row, although it should be. */
export class Fault {
  readonly name: 'Format' | 'Address' | 'Time' | 'Numbers';

  constructor(name: Fault['name']) {
    this.name = name;
  }
}

/** How one file is written. */
export interface RowFile<R extends Row> {
  /** Null: it is about something else. */
  parse(text: string): R | Fault | null;
  /** What its lines so far have said of the others. Plain JSON. */
  readonly state: unknown;
}

/** What rows mean. */
export interface Dialect<R extends Row> {
  /** Rows may belong to what was told so long before: the watermark stays as far behind. */
  readonly hold: Milliseconds;
  /** What it must know of earlier rows. Plain JSON. */
  readonly mark: unknown;
  /**
   * A file that is read from now on. `state` is that of an earlier time, of whatever shape, or null; `head` are lines from the
   * beginning of the file, of which it may learn.
   */
  open(path: string, state: unknown, head: readonly string[]): RowFile<R>;
  /** `newest`: of this file, this row included. */
  take(row: R, newest: Instant): readonly Observation[];
  /** Everything before has been told. */
  forget(settled: Instant): void;
}

export const rowReaderMark = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      newest: z.number().nullable(),
      encoding: z.enum(['bytes', 'utf-16le', 'utf-16be']),
      state: z.unknown(),
    }),
  ),
  rows: z.unknown(),
});

export type RowReaderMark = z.output<typeof rowReaderMark>;

export interface RowReaderOptions<R extends Row> {
  readonly dialect: Dialect<R>;
  /** Rows may be so much older than the newest one. */
  readonly lateness: Milliseconds;
  readonly counters: ScopedCounters;
  /** Goes on from there; the dialect does so by itself. */
  readonly from?: RowReaderMark | null;
}

interface FileState<R extends Row> {
  readonly path: string;
  readonly encoding: LineEncoding;
  newest: Instant;
  readonly rows: RowFile<R>;
}

/** A stream of which nothing was written during so long is reported again when something is. */
const REPORT_AFTER: Milliseconds = 60_000;
const MOST_STREAMS = 10_000;

/** What is written of a stream says that it is up. */
export class StreamsUp {
  readonly #seen = new Newest<string, Instant>(MOST_STREAMS);

  see(stream: string, at: Instant): StreamReport[] {
    const before = this.#seen.get(stream) ?? Number.NEGATIVE_INFINITY;
    if (at <= before) return [];
    this.#seen.set(stream, at);
    return at - before > REPORT_AFTER ? [{ kind: 'report', stream, at, status: 'up' }] : [];
  }
}

/** Of the beginning of a file so much is looked at, at most. */
export const HEAD_BYTES = 256 * 1024;
const HEAD_LINES = 1000;

export class RowReader<R extends Row> implements BlockReader {
  readonly #options: RowReaderOptions<R>;
  readonly #files = new Map<number, FileState<R>>();
  readonly #streams = new StreamsUp();
  #observations: Observation[] = [];
  #lines = 0;
  #bytes = 0;
  #unreadable = 0;

  constructor(options: RowReaderOptions<R>) {
    this.#options = options;
  }

  get size(): number {
    return this.#observations.length;
  }

  get mark(): RowReaderMark {
    const files = [...this.#files.values()].map(({ path, newest, encoding, rows }) => ({
      path,
      newest: Number.isFinite(newest) ? newest : null,
      encoding,
      state: rows.state,
    }));
    return { files, rows: this.#options.dialect.mark };
  }

  get tally(): { readonly bytes: number; readonly lines: number; readonly unreadable: number } {
    return { bytes: this.#bytes, lines: this.#lines, unreadable: this.#unreadable };
  }

  /** The newest row of a log; null if there was none. */
  newestOf({ id }: LineFile): Instant | null {
    const newest = this.#files.get(id)?.newest ?? Number.NEGATIVE_INFINITY;
    return Number.isFinite(newest) ? newest : null;
  }

  isOpen({ id }: LineFile): boolean {
    return this.#files.has(id);
  }

  /** Is it known from before how this file is written? */
  isKnown({ path }: LineFile): boolean {
    return this.#options.from?.files.some((each) => each.path === path) ?? false;
  }

  /** `head`: the beginning of the file, as far as it is there. */
  open({ id, path }: LineFile, head: Uint8Array, before: FileState<R> | null = null): void {
    const { from, dialect } = this.#options;
    const known = from?.files.find((each) => each.path === path) ?? null;
    const bytes = head.subarray(0, HEAD_BYTES);
    const [first] = linesOf(bytes);
    const encoding = known?.encoding ?? encodingOf(first ?? bytes);
    const lines: string[] = [];
    for (const line of linesOf(bytes)) if (lines.push(lineText(line, encoding)) === HEAD_LINES) break;
    const state = known?.state ?? before?.rows.state ?? null;
    const newest = known?.newest ?? before?.newest ?? Number.NEGATIVE_INFINITY;
    this.#files.set(id, { path, encoding, newest, rows: dialect.open(path, state, lines) });
  }

  /** Of files that are read one after the other: the next one goes on where the one before it ended. */
  goOn(file: LineFile, head: Uint8Array): void {
    const [before] = this.#files.values();
    this.#files.clear();
    this.open(file, head, before ?? null);
  }

  follow(files: readonly LineFile[]): void {
    for (const id of this.#files.keys()) if (!files.some((each) => each.id === id)) this.#files.delete(id);
  }

  take(block: Uint8Array, latest: Instant, from: LineFile): void {
    if (!this.isOpen(from)) this.open(from, block);
    const file = this.#files.get(from.id)!;
    const { counters } = this.#options;
    this.#bytes += block.length;
    counters.add('bytes', block.length);
    for (const line of linesOf(block)) {
      const text = lineText(line, file.encoding);
      if (text.trim() === '') continue;
      this.#lines++;
      counters.add('lines');
      const row = file.rows.parse(text);
      if (row === null) counters.add('otherLines');
      else if (row instanceof Fault) this.#reject(row, text);
      else this.#take(row, latest, file);
    }
  }

  cut(files: readonly LineFileState[] = []): { observations: Observation[]; watermark: Instant | null } {
    const observations = this.#observations;
    this.#observations = [];
    const watermark = this.#watermark(files);
    if (watermark !== null) this.#options.dialect.forget(watermark);
    return { observations, watermark };
  }

  #reject({ name }: Fault, text: string): void {
    const { counters } = this.#options;
    this.#unreadable++;
    counters.add('rejected');
    counters.add(`rejected${name}`);
    counters.example(`rejected${name}`, () => text);
  }

  #take(row: R, latest: Instant, file: FileState<R>): void {
    const { dialect, lateness, counters } = this.#options;
    counters.add('rows');
    let told = row;
    if (row.to > latest) {
      counters.add('future');
      told = { ...row, from: Math.min(row.from, latest), to: latest };
    }
    if (told.to > file.newest) file.newest = told.to;
    else if (told.to < file.newest - lateness) counters.add('late');
    for (const each of dialect.take(told, file.newest)) {
      if (each.kind === 'presence') this.#observations.push(...this.#streams.see(each.stream, told.to));
      this.#observations.push(each);
    }
  }

  /** As in access-log/reader.ts: what is read to its end holds nobody up; if all logs are, the newest row counts. */
  #watermark(files: readonly LineFileState[]): Instant | null {
    const areAllRead = files.length > 0 && files.every(({ isAtEnd }) => isAtEnd);
    const isCounted = (id: number) => areAllRead || files.find((each) => each.id === id)?.isAtEnd !== true;
    const newest = [...this.#files].filter(([id]) => isCounted(id)).map(([, file]) => file.newest);
    const isSilent = files.some(({ id, isAtEnd }) => !isAtEnd && !this.#files.has(id));
    const known = newest.filter(Number.isFinite);
    if (known.length === 0 || isSilent) return null;
    const { dialect, lateness } = this.#options;
    return (areAllRead ? Math.max(...known) : Math.min(...known)) - lateness - dialect.hold;
  }
}
