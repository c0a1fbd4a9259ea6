/** Replaces a file as a whole: whoever reads it at any moment, even after a power cut, finds the old or the new one. */

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that is being written beside another, whose place it takes in the end. */
export interface Replacement {
  /** Where the content is until then. */
  readonly partial: string;
  readonly handle: FileHandle;
  /** Puts it in its place. Rejects with what the system says, and then has left everything as it was. */
  finish(): Promise<void>;
  /** Leaves everything as it was, unless it is finished. Never rejects. */
  abandon(): Promise<void>;
}

/**
 * One at a time for the same `partial`, which must be on the file system of `path`. Rejects with what the system says.
 * `mode` is who may read it, less what the umask takes away.
 */
export async function openReplacement(path: string, partial = `${path}.partial`, mode = 0o666): Promise<Replacement> {
  // Never through a link that somebody has put in its place; that of a killed process goes.
  await rm(partial, { force: true });
  const handle = await open(partial, 'wx', mode);
  let isOver = false;
  const abandon = async () => {
    if (isOver) return;
    isOver = true;
    await handle.close().catch(() => {});
    await rm(partial, { force: true }).catch(() => {});
  };
  return {
    partial,
    handle,
    finish: async () => {
      try {
        await handle.sync();
        await handle.close();
        await rename(partial, path);
      } catch (error) {
        await abandon();
        throw error;
      }
      isOver = true;
    },
    abandon,
  };
}

/**
 * Writes beside the file and renames; one call at a time for the same path. Rejects with what the system says, and then
 * leaves the old file as it was.
 */
export async function replaceFile(path: string, content: string, mode?: number): Promise<void> {
  const replacement = await openReplacement(path, undefined, mode);
  try {
    await replacement.handle.writeFile(content);
    await replacement.finish();
  } finally {
    await replacement.abandon();
  }
  await syncFolder(dirname(path));
}

/** A new name is durable only when its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
