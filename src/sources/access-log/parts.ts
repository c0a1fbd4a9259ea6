/**
 * Large logs, read in parts by several threads at once (part-threads.ts), and put together in order: the result is that of reading
 * them from beginning to end.
 *
 * That is so because presences merge in any order. What does depend on the lines before a part is looked at when its turn comes: how
 * late its lines are, how they are written, what streams are called, and which rows are equal. If that makes a difference, it and
 * all that follow are read anew, one after the other.
 */

import type { Instant } from '../../core/observation.ts';
import { presencesOf } from '../../core/packed-runs.ts';
import { readPart } from '../../transports/tail/part.ts';
import type { PlainFile, ReadOnceContext } from '../source.ts';
import type { NumbersBatch, ToldNames } from './packed.ts';
import { PartReader } from './part-reader.ts';
import { type Outcome, type Part, readableBy, Threads, threadsOf } from './part-threads.ts';
import { LogReader } from './reader.ts';
import type { LogTally, PartAccount, ReaderMark, ReaderOptions } from './reading.ts';

/** So much is read first, to find out how the log is written. */
const HEAD_BYTES = 1024 * 1024;
const LEAST_PART = 48 * 1024 * 1024;
const GREATEST_PART = 128 * 1024 * 1024;

export interface PartsContext extends Pick<ReadOnceContext, 'emit' | 'emitNumbers'> {
  readonly files: readonly PlainFile[];
  readonly options: Omit<ReaderOptions, 'from'>;
  /** Called with all that has been read; may throw. */
  check(tally: LogTally): void;
  /** For tests. */
  readonly partBytes?: number;
}

export async function readParts(context: PartsContext): Promise<LogTally> {
  const { counters: _, ...options } = context.options;
  const [first] = context.files;
  const head: Part = { file: first!, path: first!.path, from: 0, to: Math.min(HEAD_BYTES, first!.size) };
  const parts = [head, ...partsOf(context.files, head.to, context.partBytes)];
  const here = new PartReader(options, null);
  const threads = new Threads(options, parts, here);
  try {
    const assembly = new Assembly(context, here.mark);
    const rest = await assembly.readInThreads(parts, threads);
    await threads.close();
    await assembly.readHere(rest);
    return assembly.tally;
  } finally {
    await threads.close();
  }
}

/**
 * All files but the head, in order. Each part cuts everybody's presence in two, so they are large; but the first ones are
 * small, since until then there is nothing to put together, and the last ones, so that all threads are done at about the same time.
 */
function partsOf(files: readonly PlainFile[], headBytes: number, partBytes: number | undefined): Part[] {
  const parts: Part[] = [];
  let left = files.reduce((sum, { size }) => sum + size, 0) - headBytes;
  for (const [i, file] of files.entries()) {
    let from = i === 0 ? headBytes : 0;
    while (from < file.size) {
      const even = parts.length < threadsOf() ? 0 : Math.ceil(left / (2 * threadsOf()));
      const to = Math.min(from + (partBytes ?? Math.min(Math.max(even, LEAST_PART), GREATEST_PART)), file.size);
      parts.push({ file, path: file.path, from, to });
      left -= to - from;
      from = to;
    }
  }
  return parts;
}

class Assembly {
  tally: LogTally = { bytes: 0, lines: 0, unreadable: 0, statuses: {} };
  readonly #context: PartsContext;
  /** What has been read up to here. */
  #mark: ReaderMark;

  /** `head`: where the first part ends. */
  constructor(context: PartsContext, head: ReaderMark) {
    this.#context = context;
    this.#mark = head;
  }

  /** In this thread, after what has been read already. */
  async readHere(parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return;
    const { options, emit } = this.#context;
    const reader = new LogReader({ ...options, from: this.#mark });
    for (const part of parts) {
      let bytes = 0;
      const longLines = readableBy(part, () =>
        readPart(part, (block) => {
          reader.take(block, Number.POSITIVE_INFINITY);
          bytes += block.length;
        }),
      );
      if (longLines > 0) options.counters.add('longLines', longLines);
      const { observations, watermark } = reader.cut();
      part.file.read(bytes);
      this.#context.check(sum(this.tally, reader.tally()));
      await emit({ observations, ...(watermark === null ? {} : { watermark }) });
    }
    this.tally = sum(this.tally, reader.tally());
  }

  /** At once, as far as it makes no difference; answers the parts that are left. The first part is the head. */
  async readInThreads(parts: readonly Part[], threads: Threads): Promise<readonly Part[]> {
    for (const [i] of parts.entries()) {
      const { result, names } = await threads.result(i);
      if (i > 0 && !this.#goesOn(result.account)) return parts.slice(i);
      await this.#take(result, names);
    }
    return [];
  }

  /** Would it have been read in the same way after what was read before? */
  #goesOn({ oldest, format, numbered, hasRows }: PartAccount): boolean {
    const { lateness } = this.#context.options;
    const { newest, format: known } = this.#mark;
    const isInTime = newest === null || oldest >= newest - lateness;
    const isWrittenAlike = format.name === known?.name && format.state === known.state;
    return isInTime && isWrittenAlike && numbered === this.#mark.numbered.length && !hasRows;
  }

  async #take({ account, batches, tally, counters }: Outcome['result'], names: ToldNames): Promise<void> {
    const { options, check } = this.#context;
    for (const [name, count] of Object.entries(counters)) options.counters.add(name, count);
    this.tally = sum(this.tally, tally);
    check(this.tally);
    const newest = Math.max(this.#mark.newest ?? Number.NEGATIVE_INFINITY, account.newest);
    if (Number.isFinite(newest)) this.#mark = { ...this.#mark, newest };
    for (const [i, batch] of batches.entries()) {
      names.add(batch);
      const isLast = i === batches.length - 1;
      await this.#emit(batch, names, isLast && Number.isFinite(newest) ? newest - options.lateness : null);
    }
  }

  #emit(
    { reports, runs, observations }: Pick<NumbersBatch, 'reports' | 'runs' | 'observations'>,
    names: ToldNames,
    until: Instant | null,
  ): Promise<void> {
    const { emit, emitNumbers } = this.#context;
    const watermark = until === null ? {} : { watermark: until };
    if (emitNumbers !== undefined) return emitNumbers({ reports, runs, names, observations, ...watermark });
    return emit({ observations: [...reports, ...presencesOf(runs, names), ...observations], ...watermark });
  }
}

function sum(a: LogTally, b: LogTally): LogTally {
  const statuses = { ...a.statuses };
  for (const [status, { requests, bytes }] of Object.entries(b.statuses)) {
    const known = statuses[status] ?? { requests: 0, bytes: 0 };
    statuses[status] = { requests: known.requests + requests, bytes: known.bytes + bytes };
  }
  return {
    bytes: a.bytes + b.bytes,
    lines: a.lines + b.lines,
    unreadable: a.unreadable + b.unreadable,
    statuses,
  };
}
