/**
 * How far a file has been read, so that it is found again after a restart, whatever it is called by then: by what stands
 * in it, not by its name. Inodes alone will not do, since file systems give them to new files as soon as they are free.
 */

import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';

/** At most so many bytes from the beginning tell a file from others. */
export const HEAD_BYTES = 1024;
/** With fewer the inode must be the same as well. */
const TELLING_BYTES = 256;
/** So many bytes before the place that was read to tell that nobody has written the file anew. */
export const TAIL_BYTES = 64;

const fileMark = z.object({
  /** Hash of the first `headBytes` bytes. */
  head: z.string(),
  headBytes: z.number().int().min(0).max(HEAD_BYTES),
  inode: z.number(),
  /** Everything before it has been handed over. */
  offset: z.number().int().min(0),
  /** Hash of the (at most) 64 bytes before `offset`. */
  tail: z.string(),
  /** `offset` is inside a line that is too long and is being skipped. */
  isInLongLine: z.boolean(),
});

/** The files that were being read, oldest first: more than one only during a rotation. */
export const tailCursor = z.array(fileMark).max(64);

export type FileMark = z.output<typeof fileMark>;
export type TailCursor = readonly FileMark[];

export function fingerprint(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
}

/** The bytes from `from` to `to`; fewer where the file ends before. */
export async function readRange(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, from + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** Is this the file of the mark, still with everything in it that had been read? */
export async function isMarked(handle: FileHandle, mark: FileMark): Promise<boolean> {
  const { size, ino } = await handle.stat();
  if (size < mark.offset || size < mark.headBytes) return false;
  // So few bytes other files may have, too: lines of a log begin alike.
  if (mark.headBytes < TELLING_BYTES && ino !== mark.inode) return false;
  const head = await readRange(handle, 0, mark.headBytes);
  if (fingerprint(head) !== mark.head) return false;
  const tail = await readRange(handle, Math.max(mark.offset - TAIL_BYTES, 0), mark.offset);
  return fingerprint(tail) === mark.tail;
}
