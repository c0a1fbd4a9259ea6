/** Logs that are read once from beginning to end: files, standard input, whatever gives bytes. For `headcount analyze`. */

import { randomInt } from 'node:crypto';
import { HeadcountError } from '../../lib/errors.ts';
import { blocksOf } from '../../transports/tail/blocks.ts';
import type { ReadOnceContext, ReadTally } from '../source.ts';
import { LogReader, type LogTally } from './reader.ts';

const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_PRESENCES = 50_000;

/** Rejects with `NOT_AN_ACCESS_LOG` if no line at all can be read, as soon as that is plain. */
export async function readLogOnce(
  files: Iterable<AsyncIterable<Uint8Array>>,
  { playbackId }: { readonly playbackId: readonly string[] },
  context: ReadOnceContext,
): Promise<ReadTally> {
  const { gap, lateness, counters } = context;
  const reader = new LogReader({ gap, lateness, counters, playbackId, seed: randomInt(2 ** 31) });
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
    `This is no access log: none of its ${all} lines can be read as the common or combined format of nginx or Apache.`,
  );
}
