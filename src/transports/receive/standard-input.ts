/**
 * Lines from a stream that somebody writes to as they happen, such as standard input: blocks of whole lines, and word of
 * every pause. It is read once, cannot be gone on with, and ends when its writer ends it.
 */

import type { Readable } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { LineStep } from '../line-step.ts';
import { blocksOf } from '../tail/blocks.ts';
import { SLACK } from '../tail/open-file.ts';

export interface StandardInputOptions {
  /** It is destroyed when reading is over, for whatever reason. */
  readonly stream: Readable;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly counters: ScopedCounters;
  /** The end is told again after so long. */
  readonly beatMs?: number;
}

const BEAT_MS = 250;
/** So long after a line there is a pause. */
const SETTLE_MS = 25;

/** A last line without its end is given when the stream ends. Counters: `longLines`, as in blocks.ts. */
export async function* readStandardInput(
  options: StandardInputOptions,
): AsyncGenerator<LineStep<null>, void, undefined> {
  const { stream, signal, clock, counters, beatMs = BEAT_MS } = options;
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const blocks = blocksOf(stream, counters);
  let next = blocks.next();
  const file = { id: 0, path: '-' };
  const told = (isAtEnd: boolean) => ({ files: [{ ...file, isAtEnd }], cursor: () => null });
  let pauseMs = beatMs;
  try {
    while (!signal.aborted) {
      const block = await within(next, pauseMs, clock);
      if (block === null) {
        pauseMs = beatMs;
        yield { kind: 'end', isThere: true, ...told(true) };
      } else if (block.done) {
        return;
      } else {
        pauseMs = Math.min(SETTLE_MS, beatMs);
        yield { kind: 'lines', file, bytes: withSlack(block.value), ...told(false) };
        next = blocks.next();
      }
    }
  } catch (error) {
    // Destroying it looks like an error to who reads it.
    if (!signal.aborted) throw new HeadcountError('LOG_UNREADABLE', 'Standard input cannot be read.', { cause: error });
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    await next.catch(() => {});
  }
}

/** Null if it takes longer. */
async function within<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T | null> {
  const nap = new AbortController();
  try {
    return await Promise.race([promise, clock.sleep(ms, nap.signal).then(() => null)]);
  } finally {
    nap.abort();
  }
}

function withSlack(block: Buffer): Buffer {
  const bytes = Buffer.allocUnsafeSlow(block.length + SLACK);
  block.copy(bytes);
  return bytes.subarray(0, block.length);
}
