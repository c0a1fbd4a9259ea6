/**
 * One file that is being read: whole lines from where reading has come to, and how to tell that what was read is not
 * there any more. Which files there are, and in which order they are read, is followed-log.ts.
 */

import { type Content, readRange } from './content.ts';
import { LONGEST_LINE } from './longest-line.ts';
import { type FileMark, fingerprint, HEAD_BYTES, type Likeness, TAIL_BYTES } from './mark.ts';

const LF = 0x0a;
/** Whoever reads a block in words may read so far behind its end. */
export const SLACK = 8;

/** Room for one block and the bytes before it, used again and again. Never too small for the longest line. */
export function blockBuffer(blockBytes: number): Buffer {
  return Buffer.allocUnsafeSlow(TAIL_BYTES + Math.max(blockBytes, LONGEST_LINE + 1) + SLACK);
}

export interface OpenFile {
  readonly content: Content;
  readonly device: number;
  readonly inode: number;
  /** Milliseconds since the epoch; null where the file system does not know. */
  readonly bornAt: number | null;
  /** Where a symbolic link led to it; null if it was opened by its name. */
  readonly place: string | null;
  /** Everything before it has been handed over, or skipped. */
  offset: number;
  /** The first bytes of the file, as many as `HEAD_BYTES`, as far as they have been written. */
  head: Buffer;
  /** The bytes before `offset`. */
  tail: Buffer;
  isInLongLine: boolean;
  /** When it had been written to last when it was looked at last. */
  writtenAt: number;
  /** The same, or later if it is known that there is nothing unread from before: see FileMark. */
  modifiedAt: number;
  /** The mark of an archive that has been read to its end: it is closed, and not looked into again. */
  whole: FileMark | null;
}

/** Reads from `offset` on, which must be the beginning of a line. */
export async function openedAt(content: Content, place: string | null, offset = 0): Promise<OpenFile> {
  const { dev, ino, birthtimeMs } = await content.stat();
  return {
    content,
    device: dev,
    inode: ino,
    bornAt: birthtimeMs > 0 ? birthtimeMs : null,
    place,
    offset,
    head: await readRange(content, 0, HEAD_BYTES),
    tail: await readRange(content, Math.max(offset - TAIL_BYTES, 0), offset),
    isInLongLine: false,
    // Not that of the file, so that the first look looks at everything.
    writtenAt: 0,
    modifiedAt: 0,
    whole: null,
  };
}

/** Goes on with the file of the mark. */
export async function resumed(
  content: Content,
  place: string | null,
  mark: FileMark,
  { head, tail }: Likeness,
): Promise<OpenFile> {
  const { dev, ino, birthtimeMs } = await content.stat();
  if (mark.isWhole) await content.close();
  return {
    ...{ content, device: dev, inode: ino, bornAt: birthtimeMs > 0 ? birthtimeMs : null, place, head, tail },
    ...{ offset: mark.offset, isInLongLine: mark.isInLongLine },
    ...{ writtenAt: 0, modifiedAt: mark.modifiedAt ?? 0, whole: mark.isWhole ? mark : null },
  };
}

export function markOf(file: OpenFile): FileMark {
  return (
    file.whole ?? {
      head: fingerprint(file.head),
      headBytes: file.head.length,
      inode: file.inode,
      offset: file.offset,
      tail: fingerprint(file.tail),
      isInLongLine: file.isInLongLine,
      ...(file.bornAt === null ? {} : { bornAt: file.bornAt }),
      ...(file.modifiedAt === 0 ? {} : { modifiedAt: file.modifiedAt }),
      ...(file.place === null ? {} : { place: file.place }),
    }
  );
}

/** Takes note of what has been written to the beginning since, though it has not been read. */
export async function lookAtHead(file: OpenFile): Promise<void> {
  if (file.head.length >= HEAD_BYTES || file.whole !== null || file.content.isArchive) return;
  const head = await readRange(file.content, 0, HEAD_BYTES);
  if (head.subarray(0, file.head.length).equals(file.head)) file.head = head;
}

/** There is nothing more in this archive, and there never will be. */
export async function closeWhole(file: OpenFile): Promise<void> {
  file.whole = { ...markOf(file), isWhole: true };
  await file.content.close();
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
  const { mtimeMs } = await file.content.stat();
  if (mtimeMs !== file.writtenAt && !(await stillBeginsAlike(file))) return { kind: 'changed' };
  const before = file.tail.length;
  // The bytes before are read once more, in one go with the new ones: so nobody can write the file anew in between.
  const room = buffer.length - SLACK;
  const bytesRead = await file.content.read(buffer, room, file.offset - before);
  if (bytesRead < before || buffer.compare(file.tail, 0, before, 0, before) !== 0) return { kind: 'changed' };
  file.writtenAt = mtimeMs;
  file.modifiedAt = Math.max(file.modifiedAt, mtimeMs);
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

/**
 * Lines may end alike, so that in a file that was written anew the 64 bytes before the offset may be the same by chance.
 * Where it begins there are times.
 */
async function stillBeginsAlike({ content, head }: OpenFile): Promise<boolean> {
  return content.isArchive || (await readRange(content, 0, head.length)).equals(head);
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
