/**
 * Follows one growing file and knows nothing of what stands in it: whole lines as blocks of bytes, each once, through
 * rotation by rename, removal, truncation and restarts of this process.
 *
 * - A renamed or removed file is read to its end, and on while it still grows, before its successor.
 * - A file that does not exist yet is waited for; its folder must exist.
 * - A file that has become shorter, or in which other bytes stand before the place that was read, is read anew.
 * - A line longer than 1 MiB is skipped and counted. A last line without its end waits for it.
 *
 * It reads the next block only when asked. Counters: `rotations`, `truncations`, `longLines`, `unfinishedLines` (ends
 * of files that are no lines), `lostFiles` (of a cursor, not found again), `behindBytes` (not read yet).
 */

import { dirname } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { TailCursor } from './mark.ts';
import { blockBuffer, markOf, type OpenFile, openedAt, passOver, readLines } from './open-file.ts';
import { findMarked, type Generation, laterThan, openAll, statIfThere } from './siblings.ts';
import { startOffset, type TailStart } from './start.ts';
import { createWaker } from './wake.ts';

export interface TailOptions {
  readonly path: string;
  /** Where to begin in a file that has never been read, if it is there already. */
  readonly start: TailStart;
  /** False: read to the end, also a last line without its end, and be done. */
  readonly follow: boolean;
  /** Where to go on: that of the last step whose lines were taken in; null at the first start. */
  readonly cursor: TailCursor | null;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly counters: ScopedCounters;
  /** Look again after so long, even if nobody tells of a change. */
  readonly pollMs?: number;
  readonly blockBytes?: number;
}

/** `end`: there is nothing more at the moment. It is told again at least every `pollMs`. */
export type TailStep =
  | {
      readonly kind: 'lines';
      /** Valid until the next step is asked for; at least eight bytes behind it are readable. */
      readonly bytes: Buffer;
      /** What to go on with behind these lines. Ask before the next step. */
      cursor(): TailCursor;
    }
  | {
      readonly kind: 'end';
      /** Is there a file at all? */
      readonly isThere: boolean;
      cursor(): TailCursor;
    };

interface Followed {
  readonly file: OpenFile;
  /** Since when it has not grown (elapsed time); counted for files that have a successor. */
  quietSince: number;
}

const POLL_MS = 250;
const BLOCK_BYTES = 4 * 1024 * 1024;
/** A writer is told to open the successor after the rename, or much later: so long a quiet file is kept open. */
const LINGER_MS = 60_000;
/** Beside those: files that were rotated away while we were not looking, the newest of them. */
const MAX_ROTATED = 30;
const MAX_FILES = 4;

export async function* tail(options: TailOptions): AsyncGenerator<TailStep, void, undefined> {
  const { path, follow, signal, clock } = options;
  const buffer = blockBuffer(options.blockBytes ?? BLOCK_BYTES);
  const waker = createWaker(clock, options.pollMs ?? POLL_MS, signal);
  const files: Followed[] = [];
  const cursor = () => files.map(({ file }) => markOf(file));
  try {
    await begin(files, options);
    if (follow) waker.watch(path);
    while (!signal.aborted) {
      const bytes = await nextLines(files, buffer, options);
      if (bytes !== null) {
        yield { kind: 'lines', bytes, cursor };
        continue;
      }
      if (!follow) return;
      if (await openSuccessor(files, options)) {
        waker.watch(path);
        continue;
      }
      yield { kind: 'end', isThere: files.length > 0, cursor };
      await waker.wait();
    }
  } catch (error) {
    throw readable(path, error);
  } finally {
    waker.close();
    for (const { file } of files) await file.handle.close();
  }
}

/** Opens what is to be read: the files of the cursor, what was rotated away after them, and the file itself. */
async function begin(files: Followed[], options: TailOptions): Promise<void> {
  const { path, cursor, clock, counters } = options;
  if ((await statIfThere(dirname(path))) === null) {
    throw new HeadcountError('LOG_FOLDER_MISSING', `The folder of the log ${path} does not exist.`);
  }
  for (const mark of cursor ?? []) {
    const handle = await findMarked(path, mark);
    const file = handle === null ? null : await openedAt(handle, mark.offset, mark.isInLongLine);
    if (file !== null && !isOpen(files, file)) {
      files.push({ file, quietSince: clock.elapsed() });
      continue;
    }
    await file?.handle.close();
    counters.add('lostFiles');
  }
  // Only a file that nobody has ever seen before is begun where the options say.
  await openLater(files, cursor === null ? options.start : 'start', options);
  if (!options.follow && files.length === 0) {
    throw new HeadcountError('LOG_MISSING', `The log ${path} does not exist.`);
  }
}

/**
 * Opens what came after the newest of the files, the log itself last; answers how many there were. It may have been
 * rotated more than once while we were not looking.
 */
async function openLater(files: Followed[], start: TailStart, options: TailOptions): Promise<number> {
  const { path, clock, counters } = options;
  const stats = await statIfThere(path);
  if (stats !== null && !stats.isFile()) {
    throw new HeadcountError('LOG_NOT_A_FILE', `The log ${path} is not a regular file, so it cannot be followed.`);
  }
  const later = (await laterThan(path, files.at(-1)?.file ?? null)).filter((each) => !isOpen(files, each));
  const tooMany = Math.max(later.length - MAX_ROTATED, 0);
  const handles = await openAll(later.slice(tooMany));
  // Renamed just now: look again.
  if (handles === null) return openLater(files, start, options);
  if (tooMany > 0) counters.add('lostFiles', tooMany);
  for (const handle of handles) {
    files.push({ file: await openedAt(handle, await startOffset(handle, start)), quietSince: clock.elapsed() });
  }
  return handles.length;
}

function isOpen(files: readonly Followed[], { device, inode }: Omit<Generation, 'path'>): boolean {
  return files.some(({ file }) => file.inode === inode && file.device === device);
}

/** Is another file called by our name now? Then it is opened, with whatever came before it. */
async function openSuccessor(files: Followed[], options: TailOptions): Promise<boolean> {
  const { path, clock, counters } = options;
  const stats = await statIfThere(path);
  if (stats === null || isOpen(files, { device: stats.dev, inode: stats.ino })) return false;
  const isFirst = files.length === 0;
  const opened = await openLater(files, 'start', options);
  if (!isFirst) counters.add('rotations', opened);
  for (const each of files) each.quietSince = clock.elapsed();
  return opened > 0;
}

/** Oldest file first; null if there is no whole line in any of them. */
async function nextLines(files: Followed[], buffer: Buffer, options: TailOptions): Promise<Buffer | null> {
  const { clock, counters } = options;
  for (const each of [...files]) {
    const isNewest = each === files.at(-1);
    const { lines, rest } = await linesOf(each, buffer, options, isNewest);
    if (lines !== null) {
      each.quietSince = clock.elapsed();
      counters.set('behindBytes', await behind(files));
      return lines;
    }
    const isDone = clock.elapsed() - each.quietSince > LINGER_MS || files.length > MAX_FILES;
    if (isNewest || !isDone) continue;
    if (rest.length > 0) counters.add('unfinishedLines');
    files.splice(files.indexOf(each), 1);
    await each.file.handle.close();
  }
  counters.set('behindBytes', 0);
  return null;
}

const NO_BYTES = Buffer.alloc(0);

async function linesOf(
  { file }: Followed,
  buffer: Buffer,
  options: TailOptions,
  isNewest: boolean,
): Promise<{ lines: Buffer | null; rest: Buffer }> {
  while (!options.signal.aborted) {
    const reading = await readLines(file, buffer);
    if (reading.kind === 'lines') return { lines: reading.bytes, rest: NO_BYTES };
    if (reading.kind === 'nothing') {
      const { rest } = reading;
      if (options.follow || !isNewest || rest.length === 0 || file.isInLongLine) return { lines: null, rest };
      passOver(file, rest);
      return { lines: rest, rest: NO_BYTES };
    }
    if (reading.kind === 'longLine') options.counters.add('longLines');
    if (reading.kind === 'changed') {
      options.counters.add('truncations');
      Object.assign(file, await openedAt(file.handle, 0));
    }
  }
  return { lines: null, rest: NO_BYTES };
}

async function behind(files: readonly Followed[]): Promise<number> {
  let bytes = 0;
  for (const { file } of files) bytes += Math.max((await file.handle.stat()).size - file.offset, 0);
  return bytes;
}

/** What the system said, as a sentence about the log. */
function readable(path: string, error: unknown): unknown {
  if (error instanceof HeadcountError || !(error instanceof Error) || !('syscall' in error)) return error;
  return new HeadcountError('LOG_UNREADABLE', `The log ${path} cannot be read.`, { cause: error });
}
