/** Replaces a file as a whole: whoever reads it at any moment, even after a power cut, finds the old or the new one. */

import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes beside the file and renames; one call at a time for the same path. Rejects with what the system says, and then
 * leaves the old file as it was.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    // Never through a link that somebody has put in its place; that of a killed process goes.
    await rm(partial, { force: true });
    const file = await open(partial, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw error;
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
