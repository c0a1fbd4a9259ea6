/**
 * A file that a command writes: whoever reads it at any moment finds the old one or the new one, whole. It is written
 * beside its place and renamed at the end. What is no regular file (a pipe, a terminal) is written straight to.
 */

import { open as openFile, realpath, stat } from 'node:fs/promises';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import { openReplacement, type Replacement } from '../lib/replace-file.ts';

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

type Output = Pick<Replacement, 'partial' | 'finish' | 'abandon'> & {
  readonly handle: { writeFile(text: string): Promise<void> };
};

/** So many characters are gathered before they are written. */
const GATHERED = 256 * 1024;

/** `-` is standard output. `mode` is that of the file, whatever the one had that was there; without it, that one's. What is no regular file keeps its own. */
export async function openOutput(written: string, mode: number | null = null): Promise<OutputFile> {
  const refuse = (error: unknown): never => {
    throw new HeadcountError('OUTPUT_UNWRITABLE', `${written} cannot be written: ${messageOf(error)}`);
  };
  const output = await open(written, mode).catch(refuse);
  let gathered = '';
  const flush = async () => {
    const text = gathered;
    gathered = '';
    await output.handle.writeFile(text);
  };
  return {
    partial: output.partial,
    write: async (text) => {
      gathered += text;
      if (gathered.length >= GATHERED) await flush().catch(refuse);
    },
    finish: async () => {
      try {
        await flush();
        await output.finish();
      } catch (error) {
        await output.abandon();
        refuse(error);
      }
    },
    abandon: () => output.abandon(),
  };
}

async function open(written: string, asked: number | null): Promise<Output> {
  if (written === '-') return STANDARD_OUTPUT;
  const { path, mode: old, isPlace } = await placeOf(written);
  if (isPlace) return openPlace(path);
  const replacement = await openReplacement(path, `${path}.${process.pid}.partial`);
  const mode = asked ?? old;
  try {
    if (mode !== null) await replacement.handle.chmod(mode);
  } catch (error) {
    await replacement.abandon();
    throw error;
  }
  return replacement;
}

/** Whoever reads it slowly is waited for. Opening it by a name fails where it is a socket. */
const STANDARD_OUTPUT: Output = {
  partial: '-',
  handle: {
    writeFile: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
      }),
  },
  finish: async () => {},
  abandon: async () => {},
};

/** What is no regular file is not replaced. */
async function openPlace(path: string): Promise<Replacement> {
  const handle = await openFile(path, 'w');
  const finish = () => handle.close();
  return { partial: path, handle, finish, abandon: () => finish().catch(() => {}) };
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
