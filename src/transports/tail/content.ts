/**
 * The bytes of a file as they were written into it, whether it lies there as it was or compressed (archive.ts). Who reads
 * them, and in which order, is open-file.ts and tail.ts.
 */

import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { archiveContent } from './archive.ts';

export interface Content {
  /** Compressed: it is taken not to grow, and reading what lies before what has been read costs reading all of it. */
  readonly isArchive: boolean;
  /** An archive that is cut or broken where it has been read to: it ends there. */
  isDamaged(): boolean;
  /** Puts what stands at `position` into `buffer`, at most `length` bytes; answers how many. 0 only at the end. */
  read(buffer: Buffer, length: number, position: number): Promise<number>;
  /** Of the file as it lies there: the size is that of the archive. */
  stat(): Promise<Stats>;
  /** So much of the file is still to be read when everything before `offset` has been; of an archive, compressed bytes. */
  bytesBehind(offset: number): Promise<number>;
  close(): Promise<void>;
}

const ARCHIVE = /\.gz$/;

export function isArchive(path: string): boolean {
  return ARCHIVE.test(path);
}

/** `onDamage` is called once if the file turns out to be an archive that is damaged. */
export function contentOf(handle: FileHandle, path: string, onDamage: () => void): Content {
  return isArchive(path) ? archiveContent(handle, onDamage) : plainContent(handle);
}

function plainContent(handle: FileHandle): Content {
  return {
    isArchive: false,
    isDamaged: () => false,
    read: async (buffer, length, position) => (await handle.read(buffer, 0, length, position)).bytesRead,
    stat: () => handle.stat(),
    bytesBehind: async (offset) => Math.max((await handle.stat()).size - offset, 0),
    close: () => handle.close(),
  };
}

/** The bytes from `from` to `to`; fewer where the content ends before. */
export async function readRange(content: Content, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  let length = 0;
  while (length < bytes.length) {
    const count = await content.read(bytes.subarray(length), bytes.length - length, from + length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
