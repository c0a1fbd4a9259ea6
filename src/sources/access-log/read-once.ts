/** Logs that are read once from beginning to end: files, standard input, whatever gives bytes. For `headcount analyze`. */

import { HeadcountError } from '../../lib/errors.ts';
import { blocksOf } from '../../transports/tail/blocks.ts';
import type { ReadOnceContext, ReadTally } from '../source.ts';
import { type Options, readerOptions } from './options.ts';
import { LogReader, type LogTally } from './reader.ts';

const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_PRESENCES = 50_000;

/** Rejects with `NOT_AN_ACCESS_LOG` if no line at all can be read, as soon as that is plain. */
export async function readLogOnce(
  files: Iterable<AsyncIterable<Uint8Array>>,
  options: Options,
  context: ReadOnceContext,
): Promise<ReadTally> {
  const { counters } = context;
  const reader = new LogReader(readerOptions(options, context, counters));
  const emit = async () => {
    const { observations, watermark } = reader.cut();
    const tally = reader.tally();
    checkIsLog(tally, counters.get('longLines'));
    await context.emit({ observations, ...(watermark === null ? {} : { watermark }) });
    return tally;
  };
  let bytes = 0;
  for (const file of files) {
    for await (const block of blocksOf(file, counters)) {
      reader.take(block, Number.POSITIVE_INFINITY);
      bytes += block.length;
      if (bytes < BATCH_BYTES && reader.size < BATCH_PRESENCES) continue;
      bytes = 0;
      await emit();
    }
  }
  return { ...(await emit()), packets: null, more: {} };
}

function checkIsLog({ lines, unreadable }: LogTally, longLines: number): void {
  const all = lines + longLines;
  if (all === 0 || unreadable + longLines < all) return;
  throw new HeadcountError(
    'NOT_AN_ACCESS_LOG',
    `This is no access log: none of its ${all} lines can be read in any format that is known, or in the one that was given.`,
  );
}
