/**
 * How far a file has been read, so that it is found again after a restart, whatever it is called by then and packed or
 * not: by what stands in it, not by its name. Inodes alone will not do, since file systems give them to new files as
 * soon as they are free.
 */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Content, readRange } from './content.ts';

/** At most so many bytes from the beginning tell a file from others. */
export const HEAD_BYTES = 1024;
/** With fewer it must be the same file by its inode, or the one whose turn it is (siblings.ts). */
const TELLING_BYTES = 256;
/** So many bytes before the place that was read to tell that nobody has written the file anew. */
export const TAIL_BYTES = 64;

const fileMark = z.object({
  /** Hash of the first `headBytes` bytes. Everything here is about what stands in the file, not about how it is packed. */
  head: z.string(),
  headBytes: z.number().int().min(0).max(HEAD_BYTES),
  inode: z.number(),
  /** Everything before it has been handed over. */
  offset: z.number().int().min(0),
  /** Hash of the (at most) 64 bytes before `offset`. */
  tail: z.string(),
  /** `offset` is inside a line that is too long and is being skipped. */
  isInLongLine: z.boolean(),
  /** Milliseconds since the epoch: when the inode became this file, where the file system knows. */
  bornAt: z.number().optional(),
  /** Milliseconds since the epoch: of this log, whatever was not written to since then has been read. */
  modifiedAt: z.number().optional(),
  /** An archive that was read to its end. */
  isWhole: z.boolean().optional(),
  /** Where a symbolic link led to it. */
  place: z.string().optional(),
  /** The log that it is a file of, if several are followed. */
  log: z.string().optional(),
});

/**
 * The files that were being read. Of each log the oldest first: more than one only during a rotation, or far behind.
 */
export const tailCursor = z.array(fileMark).max(10_000);

export type FileMark = z.output<typeof fileMark>;
export type TailCursor = readonly FileMark[];

export function fingerprint(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
}

/** What a file has of a mark: its first bytes, and those before the offset. */
export interface Likeness {
  /** False: so few bytes have been read that other files may begin with them, too. Lines of a log begin alike. */
  readonly isCertain: boolean;
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** Null if this is not the file of the mark, with everything in it that had been read. */
export async function likenessOf(content: Content, mark: FileMark): Promise<Likeness | null> {
  const { size, ino, birthtimeMs } = await content.stat();
  if (!content.isArchive && size < mark.offset) return null;
  const head = await readRange(content, 0, HEAD_BYTES);
  if (head.length < mark.headBytes || fingerprint(head.subarray(0, mark.headBytes)) !== mark.head) return null;
  const isSameFile = ino === mark.inode && (mark.bornAt === undefined || mark.bornAt === birthtimeMs);
  const isCertain = isSameFile || mark.headBytes >= TELLING_BYTES;
  // Not unpacked for nothing: see OpenFile.
  if (mark.isWhole && isSameFile && content.isArchive) return { isCertain, head, tail: Buffer.alloc(0) };
  const tail = await readRange(content, Math.max(mark.offset - TAIL_BYTES, 0), mark.offset);
  return fingerprint(tail) === mark.tail ? { isCertain, head, tail } : null;
}
