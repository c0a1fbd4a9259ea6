/** Reads parts of logs (parts.ts): one after the other, each as if nothing had been read before it. */

import { ScopedCounters } from '../../telemetry/counters.ts';
import { type FilePart, readPart } from '../../transports/tail/part.ts';
import type { NumbersBatch } from './packed.ts';
import { LogReader } from './reader.ts';
import type { LogTally, PartAccount, ReaderMark, ReaderOptions } from './reading.ts';

export type PartOptions = Omit<ReaderOptions, 'counters' | 'from'>;

/** What a part holds. */
export interface PartResult<Batch = NumbersBatch> {
  readonly account: PartAccount;
  /** In the order of reading; all of them belong together. */
  readonly batches: readonly Batch[];
  /** Of this part alone. */
  readonly tally: LogTally;
  readonly counters: Readonly<Record<string, number>>;
}

/** So many presences are handed over at once. */
const MOST_PRESENCES = 50_000;
const PROGRESS_BYTES = 16 * 1024 * 1024;

export class PartReader {
  readonly #reader: LogReader;
  readonly #counters = new ScopedCounters();

  /** `from`: how the log is written; null if that is to be found out, from the part that is read first. */
  constructor(options: PartOptions, from: ReaderMark | null) {
    this.#reader = new LogReader({ ...options, counters: this.#counters, from });
  }

  /** What a reader must know that goes on from here. */
  get mark(): ReaderMark {
    return this.#reader.mark;
  }

  /** `progress` is told of bytes that have been read; it may throw. Throws what the system says of the file. */
  read(part: FilePart, progress: (bytes: number) => void): PartResult {
    const reader = this.#reader;
    const batches: NumbersBatch[] = [];
    const tallyBefore = reader.tally();
    const countersBefore = this.#counters.read();
    reader.beginPart();
    let told = 0;
    let bytes = 0;
    const take = (block: Buffer) => {
      reader.take(block, Number.POSITIVE_INFINITY);
      bytes += block.length;
      if (reader.size >= MOST_PRESENCES) batches.push(reader.cutNumbers());
      if (bytes - told < PROGRESS_BYTES) return;
      progress(bytes - told);
      told = bytes;
    };
    const longLines = readPart(part, take, reader.room);
    const { account } = reader;
    batches.push(reader.cutNumbers());
    if (longLines > 0) this.#counters.add('longLines', longLines);
    progress(bytes - told);
    const tally = tallySince(tallyBefore, reader.tally());
    return { account, batches, tally, counters: this.#countedSince(countersBefore) };
  }

  #countedSince(before: Readonly<Record<string, number>>): Record<string, number> {
    const counted = Object.entries(this.#counters.read()).map(([name, count]) => [name, count - (before[name] ?? 0)]);
    return Object.fromEntries(counted);
  }
}

function tallySince(before: LogTally, after: LogTally): LogTally {
  const statuses = Object.entries(after.statuses).map(([status, { requests, bytes }]) => {
    const known = before.statuses[status] ?? { requests: 0, bytes: 0 };
    return [status, { requests: requests - known.requests, bytes: bytes - known.bytes }] as const;
  });
  return {
    bytes: after.bytes - before.bytes,
    lines: after.lines - before.lines,
    unreadable: after.unreadable - before.unreadable,
    statuses: Object.fromEntries(statuses),
  };
}
