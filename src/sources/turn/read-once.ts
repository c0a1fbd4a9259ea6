/** Captures that are read once from beginning to end: files, standard input, whatever gives bytes. For `analyze`. */

import { randomInt } from 'node:crypto';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { nextTurn } from '../../lib/turn.ts';
import { type CaptureReader, createCaptureReader } from '../../transports/capture/pcap.ts';
import { readCaptureFile } from '../../transports/capture/plain-file.ts';
import type { PlainFile, ReadableBytes, ReadOnceContext, ReadTally } from '../source.ts';
import { type ReaderBatch, TurnReader, type TurnReaderOptions } from './reader.ts';
import type { TurnSummary } from './summary.ts';

export interface CaptureTally {
  readonly bytes: number;
  readonly packets: number;
  /** Packets and messages that could not be read; a file that breaks off or is corrupt counts as one more. */
  readonly unreadable: number;
  readonly turn: TurnSummary;
}

/** Of many allocations at a time each is told once a batch. */
const BATCH_BYTES = 64 * 1024 * 1024;

/** Rejects with `CAPTURE_UNREADABLE` if it is no capture. */
export async function readCaptureOnce(
  files: Iterable<ReadableBytes>,
  { port: ports, maxAllocations }: { readonly port: readonly number[]; readonly maxAllocations: number },
  { counters, emit }: ReadOnceContext,
): Promise<ReadTally> {
  const options = { ports, maxAllocations, counters, seed: randomInt(2 ** 31) };
  const { turn, ...tally } = await readCapture(files, options, ({ observations, watermark }) =>
    emit({ observations, ...(watermark === null ? {} : { watermark }) }),
  );
  return { ...tally, lines: null, statuses: null, more: { turn } };
}

/**
 * Hands over batch by batch, in order; answers what was read in all. Sessions still open at the end are the caller's.
 * Throws `CAPTURE_UNREADABLE` if it is no capture.
 */
export async function readCapture(
  files: Iterable<ReadableBytes>,
  options: Omit<TurnReaderOptions, 'foldMs'>,
  emit: (batch: ReaderBatch) => Promise<void>,
): Promise<CaptureTally> {
  const reader = new TurnReader({ ...options, foldMs: Number.POSITIVE_INFINITY });
  let bytes = 0;
  let told = 0;
  let broken = 0;
  for (const file of files) {
    const capture = createCaptureReader(reader.onPacket);
    const steps = file.plain === undefined ? readChunks(file, capture) : readPlain(file.plain, capture);
    for await (const count of steps) {
      bytes += count;
      if (bytes - told < BATCH_BYTES) continue;
      told = bytes;
      await emit(reader.cut());
    }
    capture.end();
    if (capture.isTruncated || capture.isCorrupt) broken++;
  }
  await emit(reader.cut());
  const { packets, unreadable } = reader.tally();
  return { bytes, packets, unreadable: unreadable + broken, turn: reader.summary() };
}

async function* readChunks(file: AsyncIterable<Uint8Array>, capture: CaptureReader): AsyncGenerator<number> {
  for await (const chunk of file) {
    capture.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    yield chunk.byteLength;
  }
}

/** So much is read before whoever waits for the event loop has a turn. */
const TURN_BYTES = 4 * 1024 * 1024;

async function* readPlain({ path, read }: PlainFile, capture: CaptureReader): AsyncGenerator<number> {
  let bytes = 0;
  try {
    for (const count of readCaptureFile(path, capture)) {
      bytes += count;
      if (bytes < TURN_BYTES) continue;
      read(bytes);
      yield bytes;
      bytes = 0;
      await nextTurn();
    }
  } catch (error) {
    if (error instanceof HeadcountError) throw error;
    throw new HeadcountError('FILE_UNREADABLE', `${path} cannot be read: ${messageOf(error)}`);
  }
  read(bytes);
  yield bytes;
}
