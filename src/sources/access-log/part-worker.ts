/** A thread that reads parts of logs (parts.ts), as long as there are any. */

import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../lib/errors.ts';
import type { FilePart } from '../../transports/tail/part.ts';
import { type PackedBatch, pack, transferable } from './packed.ts';
import { PartQueue } from './part-queue.ts';
import { type PartOptions, PartReader, type PartResult } from './part-reader.ts';
import type { ReaderMark } from './reading.ts';

/** What it is told to do: first to begin, and to go on whenever it has said that it has nothing to do. */
export type PartOrder =
  | {
      readonly kind: 'begin';
      readonly options: PartOptions;
      /** How the log is written. */
      readonly from: ReaderMark;
      readonly parts: readonly FilePart[];
      /** Of a `PartQueue`. */
      readonly queue: Int32Array;
    }
  | { readonly kind: 'go on' };

export type PartMessage =
  /** Bytes that have been read. */
  | { readonly kind: 'progress'; readonly part: number; readonly bytes: number }
  | { readonly kind: 'failed'; readonly part: number; readonly message: string }
  | { readonly kind: 'read'; readonly part: number; readonly result: PartResult<PackedBatch> }
  /** There is nothing to take for now. */
  | { readonly kind: 'idle' };

/** Reads until nothing is left for now. */
let goOn: () => void;

parentPort!.on('message', (order: PartOrder) => {
  if (order.kind === 'begin') goOn = reading(order);
  goOn();
});

function reading({ options, from, parts, queue: memory }: PartOrder & { readonly kind: 'begin' }): () => void {
  const reader = new PartReader(options, from);
  const queue = new PartQueue(parts.length, memory);
  return () => {
    for (let part = queue.take(); part !== null; part = queue.take()) read(reader, part, parts[part]!);
    send({ kind: 'idle' });
  };
}

function read(reader: PartReader, part: number, file: FilePart): void {
  try {
    const result = reader.read(file, (bytes) => send({ kind: 'progress', part, bytes }));
    const batches = result.batches.map(pack);
    send({ kind: 'read', part, result: { ...result, batches } }, batches.flatMap(transferable));
  } catch (error) {
    send({ kind: 'failed', part, message: messageOf(error) });
  }
}

function send(message: PartMessage, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}
