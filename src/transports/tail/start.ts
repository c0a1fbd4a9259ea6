/** Where reading begins in a file that has never been read. */

import type { FileHandle } from 'node:fs/promises';
import { readRange } from './mark.ts';

const LF = 0x0a;
const PROBE_BYTES = 64 * 1024;

/**
 * `start`, `end` (behind the last whole line), or the first line that is not to be skipped: lines are in order, and
 * `isBefore` says of one whether reading begins behind it, or null if the line does not tell.
 */
export type TailStart = 'start' | 'end' | { readonly isBefore: (line: Buffer) => boolean | null };

/** An offset at which a line begins. */
export async function startOffset(handle: FileHandle, start: TailStart): Promise<number> {
  if (start === 'start') return 0;
  const { size } = await handle.stat();
  return start === 'end' ? lineEndBefore(handle, size) : search(handle, size, start.isBefore);
}

/** The last offset that is no greater than `at` and at which a line begins. */
async function lineEndBefore(handle: FileHandle, at: number): Promise<number> {
  for (let to = at; to > 0; to -= PROBE_BYTES) {
    const from = Math.max(to - PROBE_BYTES, 0);
    const lineEnd = (await readRange(handle, from, to)).lastIndexOf(LF);
    if (lineEnd !== -1) return from + lineEnd + 1;
  }
  return 0;
}

/** By bisection: a few dozen small reads, however long the file is. */
async function search(handle: FileHandle, size: number, isBefore: (line: Buffer) => boolean | null): Promise<number> {
  let low = 0;
  let high = size;
  while (high - low > PROBE_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const probe = await probeAt(handle, middle, Math.min(middle + PROBE_BYTES, high), isBefore);
    if (probe?.isBefore) low = probe.behind;
    else high = middle;
  }
  // Within one probe, line by line.
  let begin = low === 0 ? 0 : await lineEndBefore(handle, low);
  const bytes = await readRange(handle, begin, Math.min(high + PROBE_BYTES, size));
  let at = 0;
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, at)) {
    if (isBefore(bytes.subarray(at, end)) === false) break;
    at = end + 1;
  }
  begin += at;
  return begin;
}

/** What the first telling whole line from `from` on says, and where the line behind it begins. */
async function probeAt(
  handle: FileHandle,
  from: number,
  to: number,
  isBefore: (line: Buffer) => boolean | null,
): Promise<{ readonly isBefore: boolean; readonly behind: number } | null> {
  const bytes = await readRange(handle, from, to);
  let at = bytes.indexOf(LF) + 1;
  if (at === 0) return null;
  for (let end = bytes.indexOf(LF, at); end !== -1; end = bytes.indexOf(LF, at)) {
    const told = isBefore(bytes.subarray(at, end));
    at = end + 1;
    if (told !== null) return { isBefore: told, behind: from + at };
  }
  return null;
}
