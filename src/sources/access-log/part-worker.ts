/** A thread that reads parts of logs (parts.ts): one after the other, each as if nothing had been read before it. */

import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../lib/errors.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { type FilePart, readPart } from '../../transports/tail/part.ts';
import { type PackedBatch, transferable } from './packed.ts';
import { LogReader, type LogTally, type PartAccount, type ReaderMark, type ReaderOptions } from './reader.ts';

export type PartOptions = Omit<ReaderOptions, 'counters' | 'from'>;

/** What it is told to do: first to begin, then to read parts. */
export type PartOrder =
  /** `head` shows how the log is written; it is answered for if it `tells`. `most`: so many presences are handed over at once. */
  | {
      readonly kind: 'begin';
      readonly options: PartOptions;
      readonly head: FilePart;
      readonly tells: boolean;
      readonly most: number;
    }
  | { readonly kind: 'read'; readonly part: FilePart };

export type PartMessage =
  /** Bytes that have been read. */
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'read';
      readonly account: PartAccount;
      /** Of the head: what a reader must know that goes on from there. */
      readonly mark: ReaderMark | null;
      /** In the order of reading; all of them belong together. */
      readonly batches: readonly PackedBatch[];
      /** Of this part alone. */
      readonly tally: LogTally;
      readonly counters: Readonly<Record<string, number>>;
    };

/**
 * Whoever puts together what is read here comes first, or much of it is left to do when all is read. On Linux it is this thread alone
 * that makes room; elsewhere it would be the process.
 */
const NICER = 5;
const NICEST = 19;
if (process.platform === 'linux') giveWay();

function giveWay(): void {
  try {
    setPriority(Math.min(getPriority() + NICER, NICEST));
  } catch {
    // It is only a matter of speed.
  }
}

/** What reads the parts, after the head. */
let readPartOf: ((part: FilePart) => void) | null = null;

parentPort!.on('message', (order: PartOrder) => {
  try {
    if (order.kind === 'begin') begin(order);
    else readPartOf!(order.part);
  } catch (error) {
    send({ kind: 'failed', message: messageOf(error) });
  }
});

function begin({ options, head, tells, most }: PartOrder & { readonly kind: 'begin' }): void {
  const counters = new ScopedCounters();
  const first = new LogReader({ ...options, counters });
  if (tells) tell(head, first, counters, most, () => first.mark);
  else readPart(head, (block) => first.take(block, Number.POSITIVE_INFINITY));
  const { format, numbered } = first.mark;
  const own = new ScopedCounters();
  const from: ReaderMark = { newest: null, numbered, format };
  const reader = new LogReader({ ...options, counters: own, from });
  readPartOf = (part) => tell(part, reader, own, most, () => null);
}

function tell(
  part: FilePart,
  reader: LogReader,
  counters: ScopedCounters,
  most: number,
  markOf: () => ReaderMark | null,
): void {
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
  const mark = markOf();
  batches.push(reader.cutPacked());
  if (longLines > 0) counters.add('longLines', longLines);
  send({ kind: 'progress', bytes: bytes - told });
  const tally = tallySince(tallyBefore, reader.tally());
  const counted = Object.entries(counters.read()).map(([name, count]) => [name, count - (countersBefore[name] ?? 0)]);
  const message: PartMessage = { kind: 'read', account, mark, batches, tally, counters: Object.fromEntries(counted) };
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
