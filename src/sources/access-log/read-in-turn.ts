/** Logs that are read from beginning to end, one after the other, in this thread. */

import { blocksOf } from '../../transports/tail/blocks.ts';
import type { ReadableBytes, ReadOnceContext } from '../source.ts';
import { LogReader } from './reader.ts';
import type { LogTally, ReaderOptions } from './reading.ts';

const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_PRESENCES = 50_000;

export async function readInTurn(
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
