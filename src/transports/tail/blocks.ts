/** Whole lines out of a stream of bytes that is read once, such as standard input: see tail.ts for files that grow. */

import type { ScopedCounters } from '../../telemetry/counters.ts';
import { LONGEST_LINE } from './longest-line.ts';

const LF = 0x0a;

/**
 * Blocks of whole lines; only the very last one may lack its end. Lines longer than 1 MiB are skipped and counted as
 * `longLines`. The next chunk is asked for only when the next block is.
 */
export async function* blocksOf(
  chunks: AsyncIterable<Uint8Array>,
  counters: ScopedCounters,
): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let isInLongLine = false;
  for await (const chunk of chunks) {
    let fresh: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (isInLongLine) {
      const lineEnd = fresh.indexOf(LF);
      if (lineEnd === -1) continue;
      isInLongLine = false;
      fresh = fresh.subarray(lineEnd + 1);
    }
    const lineEnd = fresh.lastIndexOf(LF);
    if (lineEnd === -1) {
      rest = Buffer.concat([rest, fresh]);
    } else {
      const block = Buffer.concat([rest, fresh.subarray(0, lineEnd + 1)]);
      // Copied: whoever gave the chunk may use its memory again.
      rest = Buffer.from(fresh.subarray(lineEnd + 1));
      yield* withoutLongLines(block, counters);
    }
    if (rest.length <= LONGEST_LINE) continue;
    counters.add('longLines');
    isInLongLine = true;
    rest = Buffer.alloc(0);
  }
  if (rest.length > 0) yield rest;
}

function* withoutLongLines(block: Buffer, counters: ScopedCounters): Generator<Buffer, void, undefined> {
  let from = 0;
  for (let at = 0; block.length - at > LONGEST_LINE; ) {
    const lineEnd = block.indexOf(LF, at);
    if (lineEnd - at > LONGEST_LINE) {
      counters.add('longLines');
      if (at > from) yield block.subarray(from, at);
      from = lineEnd + 1;
    }
    at = lineEnd + 1;
  }
  if (block.length > from) yield block.subarray(from);
}
