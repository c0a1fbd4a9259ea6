/** Logs that are read once from beginning to end: files, standard input, whatever gives bytes. For `headcount analyze`. */

import { HeadcountError } from '../../lib/errors.ts';
import type { PlainFile, ReadableBytes, ReadOnceContext, ReadTally } from '../source.ts';
import { LEAST_BYTES } from './part-threads.ts';
import { readParts } from './parts.ts';
import { type ReadingOptions, readerOptions } from './reader-options.ts';
import type { LogTally } from './reading.ts';

/** Rejects with `NOT_AN_ACCESS_LOG` if no line at all can be read, as soon as that is plain. */
export async function readLogOnce(
  files: Iterable<ReadableBytes>,
  options: ReadingOptions,
  context: ReadOnceContext,
): Promise<ReadTally> {
  const { counters, emit, emitNumbers } = context;
  const check = (tally: LogTally) => checkIsLog(tally, counters.get('longLines'));
  const all = [...files];
  const plain = plainFiles(all);
  const reading = readerOptions(options, context, counters);
  // What is found out on the way about the gap of a stream holds for what comes after.
  const isLarge = plain !== null && plain.reduce((sum, { size }) => sum + size, 0) >= LEAST_BYTES;
  const isBrief = emitNumbers !== undefined;
  const tally =
    isLarge && !reading.isAuto
      ? await readParts({ files: plain, options: { ...reading, isBrief }, emit, emitNumbers, check })
      : await (await import('./read-in-turn.ts')).readInTurn(all, reading, { emit, check });
  return { ...tally, packets: null, more: {} };
}

function plainFiles(files: readonly ReadableBytes[]): PlainFile[] | null {
  const plain = files.map((file) => file.plain).filter((file) => file !== undefined);
  return plain.length === files.length ? plain : null;
}

function checkIsLog({ lines, unreadable }: LogTally, longLines: number): void {
  const all = lines + longLines;
  if (all === 0 || unreadable + longLines < all) return;
  throw new HeadcountError(
    'NOT_AN_ACCESS_LOG',
    `This is no access log: none of its ${all} lines can be read in any format that is known, or in the one that was given.`,
  );
}
