/** What a file says of the time of its lines: when it was written last, and what its last line says by then. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { LogClock } from './parse.ts';

/** So much of its end is looked through for servers that have begun there. */
const MOST_BYTES = 64 * 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;
const BEGUN = 'log file opened';

/** Null if it is no plain file that can be read. */
export function logClockOf(path: string): LogClock | null {
  if (path === '' || path.endsWith('.gz')) return null;
  try {
    const file = openSync(path, 'r');
    try {
      const { mtimeMs, size } = fstatSync(file);
      return { writtenAt: Math.floor(mtimeMs), ...readEnd(file, size) };
    } finally {
      closeSync(file);
    }
  } catch {
    // It may have been rotated away; reading it says what is wrong.
    return null;
  }
}

function readEnd(file: number, size: number): Pick<LogClock, 'lastUptime' | 'boots'> {
  const block = Buffer.alloc(BLOCK_BYTES);
  let boots = 0;
  let end = '';
  let at = Math.max(0, size - MOST_BYTES);
  for (;;) {
    const read = readSync(file, block, 0, BLOCK_BYTES, at);
    if (read === 0) break;
    const text = block.toString('latin1', 0, read);
    // What a block ends with may go on in the next one.
    boots += countIn(end.slice(1 - BEGUN.length) + text);
    end = text;
    at += read;
  }
  const uptimes = [...end.matchAll(/(?:^|\n)\s?(\d{1,9}): /g)];
  return { boots, lastUptime: uptimes.length === 0 ? null : Number(uptimes.at(-1)![1]) };
}

function countIn(text: string): number {
  return text.split(BEGUN).length - 1;
}
