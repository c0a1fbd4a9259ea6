/** Where reading begins in a file that has never been read. */

import { type Content, readRange } from './content.ts';

const LF = 0x0a;
const PROBE_BYTES = 64 * 1024;

/**
 * `start`, `end` (behind the last whole line), or the first line that is not to be skipped: lines are in order, and
 * `isBefore` says of one whether reading begins behind it, or null if the line does not tell.
 */
export type TailStart = 'start' | 'end' | { readonly isBefore: (line: Buffer) => boolean | null };

/** An offset at which a line begins. */
export async function startOffset(content: Content, start: TailStart): Promise<number> {
  if (start === 'start') return 0;
  if (content.isArchive) return searchForward(content, start === 'end' ? () => true : start.isBefore);
  const { size } = await content.stat();
  return start === 'end' ? lineEndBefore(content, size) : search(content, size, start.isBefore);
}

/** Through all that is before: in an archive there is no other way. */
async function searchForward(content: Content, isBefore: (line: Buffer) => boolean | null): Promise<number> {
  let begin = 0;
  for (let at = 0; ; ) {
    const bytes = await readRange(content, at, at + PROBE_BYTES);
    let from = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
      // Of a line that is longer than a probe there is only the end.
      if (at + from === begin && isBefore(bytes.subarray(from, end)) === false) return begin;
      from = end + 1;
      begin = at + from;
    }
    if (bytes.length < PROBE_BYTES) return begin;
    at += from === 0 ? bytes.length : from;
  }
}

/** The last offset that is no greater than `at` and at which a line begins. */
async function lineEndBefore(content: Content, at: number): Promise<number> {
  for (let to = at; to > 0; to -= PROBE_BYTES) {
    const from = Math.max(to - PROBE_BYTES, 0);
    const lineEnd = (await readRange(content, from, to)).lastIndexOf(LF);
    if (lineEnd !== -1) return from + lineEnd + 1;
  }
  return 0;
}

/** By bisection: a few dozen small reads, however long the file is. */
async function search(content: Content, size: number, isBefore: (line: Buffer) => boolean | null): Promise<number> {
  let low = 0;
  let high = size;
  while (high - low > PROBE_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const probe = await probeAt(content, middle, Math.min(middle + PROBE_BYTES, high), isBefore);
    if (probe?.isBefore) low = probe.behind;
    else high = middle;
  }
  // Within one probe, line by line.
  let begin = low === 0 ? 0 : await lineEndBefore(content, low);
  const bytes = await readRange(content, begin, Math.min(high + PROBE_BYTES, size));
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
  content: Content,
  from: number,
  to: number,
  isBefore: (line: Buffer) => boolean | null,
): Promise<{ readonly isBefore: boolean; readonly behind: number } | null> {
  const bytes = await readRange(content, from, to);
  let at = bytes.indexOf(LF) + 1;
  if (at === 0) return null;
  for (let end = bytes.indexOf(LF, at); end !== -1; end = bytes.indexOf(LF, at)) {
    const told = isBefore(bytes.subarray(at, end));
    at = end + 1;
    if (told !== null) return { isBefore: told, behind: from + at };
  }
  return null;
}
