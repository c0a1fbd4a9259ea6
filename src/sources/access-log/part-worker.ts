/** A thread that reads parts of logs (parts.ts): one after the other, each as if nothing had been read before it. */

import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../lib/errors.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { type FilePart, readPart } from '../../transports/tail/part.ts';
import type { FormatMark } from './formats/index.ts';
import { type PackedBatch, transferable } from './packed.ts';
import { LogReader, type LogTally, type PartAccount, type ReaderMark, type ReaderOptions } from './reader.ts';

/** What it is started with. */
export interface PartWorkerData {
  readonly options: Omit<ReaderOptions, 'counters' | 'from'>;
}

/** What was found out at the beginning of the log. */
export interface Beginning {
  readonly format: FormatMark;
  readonly numbered: readonly string[];
}

/** What it is asked for. `most`: so many presences are handed over at once. `beginning` is the same every time. */
export interface PartRequest {
  readonly part: FilePart;
  readonly most: number;
  readonly beginning: Beginning;
}

export type PartMessage =
  /** Bytes that have been read. */
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'read';
      readonly account: PartAccount;
      /** In the order of reading; all of them belong together. */
      readonly batches: readonly PackedBatch[];
      /** Of this part alone. */
      readonly tally: LogTally;
      readonly counters: Readonly<Record<string, number>>;
    };

const { options } = workerData as PartWorkerData;
const counters = new ScopedCounters();
let known: LogReader | null = null;

parentPort!.on('message', (request: PartRequest) => {
  try {
    answer(request);
  } catch (error) {
    send({ kind: 'failed', message: messageOf(error) });
  }
});

function answer({ part, most, beginning }: PartRequest): void {
  const from: ReaderMark = { newest: null, ...beginning };
  known ??= new LogReader({ ...options, counters, from });
  const reader = known;
  const batches: PackedBatch[] = [];
  const tallyBefore = reader.tally();
  const countersBefore = counters.read();
  reader.beginPart();
  let told = 0;
  let bytes = 0;
  const take = (block: Buffer) => {
    reader.take(block, Number.POSITIVE_INFINITY);
    bytes += block.length;
    if (reader.size >= most) batches.push(reader.cutPacked());
    if (bytes - told < PROGRESS_BYTES) return;
    send({ kind: 'progress', bytes: bytes - told });
    told = bytes;
  };
  const longLines = readPart(part, take, reader.room);
  const { account } = reader;
  batches.push(reader.cutPacked());
  if (longLines > 0) counters.add('longLines', longLines);
  send({ kind: 'progress', bytes: bytes - told });
  const tally = tallySince(tallyBefore, reader.tally());
  const counted = Object.entries(counters.read()).map(([name, count]) => [name, count - (countersBefore[name] ?? 0)]);
  const message: PartMessage = { kind: 'read', account, batches, tally, counters: Object.fromEntries(counted) };
  send(message, batches.flatMap(transferable));
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

const PROGRESS_BYTES = 16 * 1024 * 1024;

function send(message: PartMessage, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}
