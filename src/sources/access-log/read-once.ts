/** Logs that are read once from beginning to end: files, standard input, whatever gives bytes. For `headcount analyze`. */

import { HeadcountError } from '../../lib/errors.ts';
import { blocksOf } from '../../transports/tail/blocks.ts';
import type { PlainFile, ReadableBytes, ReadOnceContext, ReadTally } from '../source.ts';
import { type Options, readerOptions } from './options.ts';
import { LEAST_BYTES } from './part-threads.ts';
import { readParts } from './parts.ts';
import { LogReader, type LogTally, type ReaderOptions } from './reader.ts';

const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_PRESENCES = 50_000;

/** Rejects with `NOT_AN_ACCESS_LOG` if no line at all can be read, as soon as that is plain. */
export async function readLogOnce(
  files: Iterable<ReadableBytes>,
  options: Options,
  context: ReadOnceContext,
): Promise<ReadTally> {
  const { counters, emit, emitNumbers } = context;
  const check = (tally: LogTally) => checkIsLog(tally, counters.get('longLines'));
  const all = [...files];
  const plain = plainFiles(all);
  const reading = readerOptions(options, context, counters);
  // What is found out on the way about the gap of a stream holds for what comes after.
  const isLarge = plain !== null && plain.reduce((sum, { size }) => sum + size, 0) >= LEAST_BYTES;
  const tally =
    isLarge && !reading.isAuto
      ? await readParts({ files: plain, options: reading, emit, emitNumbers, check })
      : await readInTurn(all, reading, { emit, check });
  return { ...tally, packets: null, more: {} };
}

function plainFiles(files: readonly ReadableBytes[]): PlainFile[] | null {
  const plain = files.map((file) => file.plain).filter((file) => file !== undefined);
  return plain.length === files.length ? plain : null;
}

async function readInTurn(
  files: readonly ReadableBytes[],
  options: ReaderOptions,
  { emit, check }: Pick<ReadOnceContext, 'emit'> & { check(tally: LogTally): void },
): Promise<LogTally> {
  const reader = new LogReader(options);
  const handOver = async () => {
    const { observations, watermark } = reader.cut();
    check(reader.tally());
    await emit({ observations, ...(watermark === null ? {} : { watermark }) });
  };
  let bytes = 0;
  for (const file of files) {
    for await (const block of blocksOf(file, options.counters)) {
      reader.take(block, Number.POSITIVE_INFINITY);
      bytes += block.length;
      if (bytes < BATCH_BYTES && reader.size < BATCH_PRESENCES) continue;
      bytes = 0;
      await handOver();
    }
  }
  await handOver();
  return reader.tally();
}

function checkIsLog({ lines, unreadable }: LogTally, longLines: number): void {
  const all = lines + longLines;
  if (all === 0 || unreadable + longLines < all) return;
  throw new HeadcountError(
    'NOT_AN_ACCESS_LOG',
    `This is no access log: none of its ${all} lines can be read in any format that is known, or in the one that was given.`,
  );
}
