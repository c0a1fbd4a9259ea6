/**
 * A file of lines that only grows, until it is large enough to be put aside: then it is renamed to end in `.1`, in the
 * place of the one before, and begun anew. What has been appended is on the disk; a line that a crash has left
 * half-written is cut off before the next one.
 */

import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../lib/replace-file.ts';

const LF = 0x0a;
const STEP = 65_536;

export class LineFile {
  readonly #path: string;
  readonly #rotateBytes: number;

  constructor(path: string, rotateBytes: number) {
    this.#path = path;
    this.#rotateBytes = rotateBytes;
  }

  /** Whole lines. One call at a time; rejects with what the system says, and then some of them may be there. */
  async append(lines: string): Promise<void> {
    let file = await this.#open();
    try {
      if ((await file.stat()).size > this.#rotateBytes) {
        await file.close();
        await rename(this.#path, `${this.#path}.1`);
        file = await this.#open();
      }
      const end = await endOfLines(file);
      await file.truncate(end);
      await write(file, Buffer.from(lines), end);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Opened for each append: a file that somebody else has moved away is begun anew. */
  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#path, 'r+');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const file = await open(this.#path, 'wx+');
      await syncFolder(dirname(this.#path));
      return file;
    }
  }
}

async function write(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** Behind the last line end. */
async function endOfLines(file: FileHandle): Promise<number> {
  let end = (await file.stat()).size;
  const block = Buffer.alloc(STEP);
  while (end > 0) {
    const from = Math.max(end - STEP, 0);
    const { bytesRead } = await file.read(block, 0, end - from, from);
    const last = block.subarray(0, bytesRead).lastIndexOf(LF);
    if (last !== -1) return from + last + 1;
    end = from;
  }
  return 0;
}
