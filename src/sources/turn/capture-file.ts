/**
 * A capture file as a source: read once, batch by batch, each with a cursor that says how far it has come. After a
 * restart it goes on there, with the allocations of that moment; a file that has grown is read on.
 */

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { HeadcountError } from '../../lib/errors.ts';
import { createCaptureReader } from '../../transports/capture/pcap.ts';
import type { SourceContext } from '../source.ts';
import { restoreState, savedState, saveState } from './cursor.ts';
import { TurnReader, type TurnReaderOptions } from './reader.ts';

/** So much is read before it is told. */
const BATCH_BYTES = 4 * 1024 * 1024;
const HEAD_BYTES = 1024;

const fileCursor = z.object({
  version: z.literal(1),
  /** Of the first `headBytes` bytes: which file it was. */
  head: z.string(),
  headBytes: z.number(),
  /** Bytes up to the end of the last record that was told. */
  position: z.number(),
  state: savedState,
});

type FileCursor = z.input<typeof fileCursor>;

export type CaptureFileOptions = Omit<TurnReaderOptions, 'counters' | 'foldMs'> & { readonly path: string };

export async function runFile(options: CaptureFileOptions, context: SourceContext): Promise<void> {
  const { path } = options;
  try {
    const file = await open(path);
    try {
      await readFile(file, options, context);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const message = `Cannot read the capture ${path}. Check that it is there, is a file and may be read.`;
    throw new HeadcountError('CAPTURE_UNREADABLE', message, { cause: error });
  }
}

async function readFile(file: FileHandle, options: CaptureFileOptions, context: SourceContext): Promise<void> {
  const { signal, counters, messages } = context;
  const told = await cursorFor(file, context.cursor);
  const reader = new TurnReader({ ...options, counters, messages, foldMs: Number.POSITIVE_INFINITY });
  if (told !== null) restoreState(reader.allocations, told.state, Number.NEGATIVE_INFINITY);
  const { head, headBytes } = await headOf(file, HEAD_BYTES);
  const begin = told?.position ?? 0;
  const capture = createResumedReader(reader, begin);
  const tell = async () => {
    if (capture.position <= begin) return;
    const { observations, watermark } = reader.cut();
    const state = saveState(reader.allocations);
    const cursor: FileCursor = { version: 1, head, headBytes, position: capture.position, state };
    await context.emit({ observations, ...(watermark === null ? {} : { watermark }), cursor });
  };
  const buffer = Buffer.allocUnsafe(BATCH_BYTES);
  while (!signal.aborted) {
    const { bytesRead } = await file.read(buffer, 0, BATCH_BYTES, null);
    if (bytesRead === 0) break;
    capture.write(buffer.subarray(0, bytesRead));
    await tell();
  }
  if (signal.aborted) return;
  capture.end();
  if (capture.isTruncated) counters.add('truncatedFiles');
  if (capture.isCorrupt) counters.add('corruptFiles');
}

/** Reads from the beginning, since headers stand there, but tells only the packets behind `position`. */
function createResumedReader(reader: TurnReader, position: number) {
  const capture = createCaptureReader((buffer, start, captured, original, time, link) => {
    if (capture.position < position) return;
    reader.onPacket(buffer, start, captured, original, time, link);
  });
  return capture;
}

async function headOf(file: FileHandle, most: number): Promise<{ head: string; headBytes: number }> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, 0);
  const head = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
  return { head, headBytes: bytesRead };
}

/** The cursor, if it is of this very file. */
async function cursorFor(file: FileHandle, cursor: unknown): Promise<FileCursor | null> {
  const parsed = fileCursor.safeParse(cursor);
  if (!parsed.success) return null;
  const { head, headBytes } = await headOf(file, Math.min(parsed.data.headBytes, HEAD_BYTES));
  return head === parsed.data.head && headBytes === parsed.data.headBytes ? parsed.data : null;
}
