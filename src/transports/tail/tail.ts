/**
 * Follows growing files and knows nothing of what stands in them: whole lines as blocks of bytes, each once, through
 * rotation by renaming, copying, packing, removal, truncation and turning of links, and restarts of this process.
 *
 * - A renamed or removed file is read to its end, and on while it still grows, before its successor; so are those that
 *   were rotated away while nobody was looking, packed by gzip or not.
 * - A file that does not exist yet is waited for; its folder must exist.
 * - A file that has become shorter, or in which other bytes stand than were read, is read anew.
 * - A line longer than 1 MiB is skipped and counted. A last line without its end waits for it.
 * - A path with a pattern (glob.ts) is as many logs as it means, also those that are made later. They are read side by
 *   side: a block of each in turn, or whichever is the furthest behind by `timeOf`.
 * - A path that ends in `.gz` is read once.
 *
 * It reads the next block only when asked. Which logs there are is followed-logs.ts. Counters: `rotations`,
 * `truncations`, `longLines`, `unfinishedLines` (ends of files that are no lines), `lostFiles` (of a cursor, not found
 * again), `damagedArchives`, `behindBytes` (not read yet); for patterns `ignoredLogs` (beyond 256) and
 * `unreadableLogs`, both as it is now.
 */

import type { Clock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { LineFile, LineStep } from '../line-step.ts';
import { FollowedLogs } from './followed-logs.ts';
import type { TailCursor } from './mark.ts';
import { blockBuffer } from './open-file.ts';
import type { TailStart } from './start.ts';
import { createWaker } from './wake.ts';

export interface TailOptions {
  /** Of one log, or a pattern. */
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
  /**
   * The newest time in what has been given of this log, in any unit; null if there is none. With several logs to read,
   * the one with the least is read next, so that a backlog of several comes nearly in the order of time.
   */
  readonly timeOf?: (file: LineFile) => number | null;
  /** Look again after so long, even if nobody tells of a change. */
  readonly pollMs?: number;
  /** A file that was rotated away is kept open until it has not grown for so long. */
  readonly lingerMs?: number;
  readonly blockBytes?: number;
}

/** `end` is told again at least every `pollMs`. */
export type TailStep = LineStep<TailCursor>;

const POLL_MS = 250;
const BLOCK_BYTES = 1024 * 1024;
/** A writer is told to open the successor after the rename, or much later: so long a quiet file is kept open. */
const LINGER_MS = 60_000;

export async function* tail(options: TailOptions): AsyncGenerator<TailStep, void, undefined> {
  const { path, signal, clock, counters, pollMs = POLL_MS, lingerMs = LINGER_MS } = options;
  const buffer = blockBuffer(options.blockBytes ?? BLOCK_BYTES);
  const waker = createWaker(clock, pollMs, signal);
  const logs = new FollowedLogs({ timeOf: () => null, ...options, pollMs, lingerMs, waker });
  try {
    await logs.begin();
    while (!signal.aborted) {
      await logs.lookForMore();
      const found = await logs.next(buffer);
      counters.set('behindBytes', logs.behindBytes);
      const told = { files: logs.files(), cursor: () => logs.cursor() };
      if (found !== null) {
        yield { kind: 'lines', ...found, ...told };
        continue;
      }
      if (logs.areOver || logs.areInterrupted) return;
      yield { kind: 'end', isThere: logs.areThere, ...told };
      await waker.wait();
      logs.haveRested();
    }
  } catch (error) {
    throw readable(path, error);
  } finally {
    waker.close();
    await logs.close();
  }
}

/** What the system said, as a sentence about the log. */
function readable(path: string, error: unknown): unknown {
  if (error instanceof HeadcountError || !(error instanceof Error) || !('syscall' in error)) return error;
  return new HeadcountError('LOG_UNREADABLE', `The log ${path} cannot be read.`, { cause: error });
}
