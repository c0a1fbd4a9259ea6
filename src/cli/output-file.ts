/**
 * A file that a command writes: whoever reads it at any moment finds the old one or the new one, whole. It is written
 * beside its place and renamed at the end. What is no regular file (a pipe, a terminal) is written straight to.
 */

import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { HeadcountError, messageOf } from '../lib/errors.ts';

export interface OutputFile {
  /** Where the content goes until `finish`. */
  readonly partial: string;
  /** One call at a time. Rejects with `OUTPUT_UNWRITABLE`, like all others. */
  write(text: string): Promise<void>;
  /** Puts it in its place. */
  finish(): Promise<void>;
  /** Leaves everything as it was, unless it is finished. Never rejects. */
  abandon(): Promise<void>;
}

/** So many characters are gathered before they are written. */
const GATHERED = 256 * 1024;

export async function openOutput(written: string): Promise<OutputFile> {
  const refuse = (error: unknown): never => {
    throw new HeadcountError('OUTPUT_UNWRITABLE', `${written} cannot be written: ${messageOf(error)}`);
  };
  const { path, mode, isPlace } = await placeOf(written).catch(refuse);
  const partial = isPlace ? path : `${path}.${process.pid}.partial`;
  let handle: FileHandle | null = await openAt(partial, isPlace, mode).catch(refuse);
  let gathered = '';
  const flush = async () => {
    const text = gathered;
    gathered = '';
    await handle!.writeFile(text);
  };
  const close = async () => {
    const closing = handle;
    handle = null;
    await closing?.close();
  };
  return {
    partial,
    write: async (text) => {
      gathered += text;
      if (gathered.length >= GATHERED) await flush().catch(refuse);
    },
    finish: async () => {
      try {
        await flush();
        if (!isPlace) await handle!.sync();
        await close();
        if (!isPlace) await rename(partial, path);
      } catch (error) {
        if (!isPlace) await rm(partial, { force: true }).catch(() => {});
        refuse(error);
      }
    },
    abandon: async () => {
      if (handle === null) return;
      await close().catch(() => {});
      if (!isPlace) await rm(partial, { force: true }).catch(() => {});
    },
  };
}

interface Place {
  /** Behind all links. */
  readonly path: string;
  /** Of the file that is there; null if there is none. */
  readonly mode: number | null;
  /** It is there, and cannot be replaced. */
  readonly isPlace: boolean;
}

async function placeOf(written: string): Promise<Place> {
  let path: string;
  try {
    path = await realpath(written);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { path: written, mode: null, isPlace: false };
  }
  const found = await stat(path);
  if (found.isDirectory()) throw new Error('it is a folder');
  return { path, mode: found.mode & 0o777, isPlace: !found.isFile() };
}

async function openAt(path: string, isPlace: boolean, mode: number | null): Promise<FileHandle> {
  if (isPlace) return open(path, 'w');
  // Of a killed process that had our number. Never through a link that somebody has put there.
  await rm(path, { force: true });
  const handle = await open(path, 'wx');
  if (mode !== null) await handle.chmod(mode);
  return handle;
}
