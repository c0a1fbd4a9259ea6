/** Captures that are plain files, read once: into memory that is used again and again. */

import { closeSync, openSync, readSync } from 'node:fs';
import { type CaptureReader, LONGEST_RECORD } from './pcap.ts';

/** Small enough to stay in the processor's cache. */
const BLOCK = 256 * 1024;

/**
 * Reads the file to its end, a step at a time: after each it says how many bytes that was, and the caller may do something
 * else. Throws what the system says, and `CAPTURE_UNREADABLE`.
 */
export function* readCaptureFile(path: string, capture: CaptureReader): Generator<number, void, undefined> {
  const file = openSync(path, 'r');
  try {
    let memory = Buffer.allocUnsafeSlow(2 * BLOCK);
    let filled = 0;
    for (;;) {
      const count = readSync(file, memory, filled, Math.min(BLOCK, memory.length - filled), null);
      if (count === 0) break;
      filled += count;
      const done = capture.read(memory.subarray(0, filled));
      memory.copyWithin(0, done, filled);
      filled -= done;
      if (filled === memory.length) memory = Buffer.concat([memory], Math.min(2 * filled, 2 * LONGEST_RECORD));
      yield count;
    }
  } finally {
    closeSync(file);
  }
}
