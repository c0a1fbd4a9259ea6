/**
 * One file that is being read: whole lines from where reading has come to, and how to tell that what was read is not
 * there any more. Which files there are, and in which order they are read, is tail.ts.
 */

import type { FileHandle } from 'node:fs/promises';
import { type FileMark, fingerprint, HEAD_BYTES, readRange, TAIL_BYTES } from './mark.ts';

const LF = 0x0a;
/** Longer lines are skipped. Their line end is not counted. */
export const LONGEST_LINE = 1024 * 1024;
/** Whoever reads a block in words may read so far behind its end. */
const SLACK = 8;

/** Room for one block and the bytes before it, used again and again. Never too small for the longest line. */
export function blockBuffer(blockBytes: number): Buffer {
  return Buffer.allocUnsafeSlow(TAIL_BYTES + Math.max(blockBytes, LONGEST_LINE + 1) + SLACK);
}

export interface OpenFile {
  readonly handle: FileHandle;
  readonly device: number;
  readonly inode: number;
  /** Everything before it has been handed over, or skipped. */
  offset: number;
  /** The first bytes of the file, as many as `HEAD_BYTES`, as far as they have been written. */
  head: Buffer;
  /** The bytes before `offset`. */
  tail: Buffer;
  isInLongLine: boolean;
}

/** Reads from `offset` on, which must be the beginning of a line. */
export async function openedAt(handle: FileHandle, offset: number, isInLongLine = false): Promise<OpenFile> {
  const { dev, ino } = await handle.stat();
  return {
    handle,
    device: dev,
    inode: ino,
    offset,
    head: await readRange(handle, 0, HEAD_BYTES),
    tail: await readRange(handle, Math.max(offset - TAIL_BYTES, 0), offset),
    isInLongLine,
  };
}

export function markOf(file: OpenFile): FileMark {
  return {
    head: fingerprint(file.head),
    headBytes: file.head.length,
    inode: file.inode,
    offset: file.offset,
    tail: fingerprint(file.tail),
    isInLongLine: file.isInLongLine,
  };
}

/**
 * - `lines`: whole lines, in `buffer`; they hold until it is used again.
 * - `longLine`: the line that begins here is too long; from now on it is skipped.
 * - `skipped`: a part of such a line.
 * - `nothing`: there is no whole line (yet); `rest` is the unfinished one.
 * - `changed`: what was read is not there any more. The file was truncated, or written anew.
 */
export type Reading =
  | { readonly kind: 'lines'; readonly bytes: Buffer }
  | { readonly kind: 'nothing'; readonly rest: Buffer }
  | { readonly kind: 'longLine' | 'skipped' | 'changed' };

/** Reads what comes next, at most as much as fits into `buffer` (see `blockBuffer`), and moves `file.offset` on. */
export async function readLines(file: OpenFile, buffer: Buffer): Promise<Reading> {
  const before = file.tail.length;
  // The bytes before are read once more, in one go with the new ones: so nobody can write the file anew in between.
  const room = buffer.length - SLACK;
  const { bytesRead } = await file.handle.read(buffer, 0, room, file.offset - before);
  if (bytesRead < before || buffer.compare(file.tail, 0, before, 0, before) !== 0) return { kind: 'changed' };
  const fresh = buffer.subarray(before, bytesRead);
  growHead(file, fresh);
  if (file.isInLongLine) return skip(file, buffer, before, fresh);

  const lastEnd = fresh.lastIndexOf(LF);
  const end = lastEnd === -1 ? 0 : beforeLongLine(fresh, lastEnd + 1);
  if (end > 0) {
    moveOn(file, buffer, before, end);
    return { kind: 'lines', bytes: fresh.subarray(0, end) };
  }
  if (lastEnd === -1 && fresh.length <= LONGEST_LINE) return { kind: 'nothing', rest: fresh };
  file.isInLongLine = true;
  return { kind: 'longLine' };
}

function skip(file: OpenFile, buffer: Buffer, before: number, fresh: Buffer): Reading {
  const lineEnd = fresh.indexOf(LF);
  if (lineEnd === -1 && fresh.length === 0) return { kind: 'nothing', rest: fresh };
  file.isInLongLine = lineEnd === -1;
  moveOn(file, buffer, before, lineEnd === -1 ? fresh.length : lineEnd + 1);
  return { kind: 'skipped' };
}

/** How far the whole lines reach before the first that is too long: such a line covers at least one whole stride. */
function beforeLongLine(fresh: Buffer, end: number): number {
  const stride = LONGEST_LINE / 2;
  for (let at = stride; at < end; at += stride) {
    const start = fresh.lastIndexOf(LF, at - 1) + 1;
    if (fresh.indexOf(LF, at) - start > LONGEST_LINE) return start;
  }
  return end;
}

function moveOn(file: OpenFile, buffer: Buffer, before: number, length: number): void {
  file.offset += length;
  file.tail = Buffer.from(buffer.subarray(Math.max(before + length - TAIL_BYTES, 0), before + length));
}

/** Takes the unfinished line as read. */
export function passOver(file: OpenFile, rest: Buffer): void {
  file.offset += rest.length;
  file.tail = Buffer.concat([file.tail, rest]).subarray(-TAIL_BYTES);
}

function growHead(file: OpenFile, fresh: Buffer): void {
  const missing = file.head.length - file.offset;
  if (file.head.length >= HEAD_BYTES || missing < 0 || missing >= fresh.length) return;
  file.head = Buffer.concat([file.head, fresh.subarray(missing, missing + HEAD_BYTES - file.head.length)]);
}
