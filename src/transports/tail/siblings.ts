/**
 * Where a file has gone: log rotation renames it within its folder (`access.log.1`, `access.log-20261121`), possibly
 * more than once while nobody was looking, and possibly just now. Compressed files are not looked at.
 */

import type { Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileMark, isMarked } from './mark.ts';

/** In a folder with more files than this, only those whose names begin alike are looked at. */
const MANY_FILES = 1000;
const COMPRESSED = /\.(gz|bz2|xz|zst|lz4|Z)$/;
/** A folder that is being renamed through is looked at again so many times. */
const ATTEMPTS = 5;

/** A file of a log: the one that is written to now, or one that was rotated away. */
export interface Generation {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

/** The file of the mark, open; null if it is not in the folder of `path` any more. */
export async function findMarked(path: string, mark: FileMark): Promise<FileHandle | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (const candidate of await candidates(path, mark)) {
      const handle = await openIfThere(candidate);
      if (handle === null) continue;
      if (await isMarked(handle, mark)) return handle;
      await handle.close();
    }
  }
  return null;
}

/**
 * The files that came after this one, oldest first, `path` itself last: `access.log.2` was followed by `access.log.1`,
 * `access.log-20261120` by `access.log-20261121`. If `file` is null or not among them, only `path`, if it is there.
 */
export async function laterThan(path: string, file: Omit<Generation, 'path'> | null): Promise<Generation[]> {
  const all = await generationsOf(path);
  const place = all.findIndex((each) => each.device === file?.device && each.inode === file.inode);
  if (place === -1) return all.filter((each) => each.path === path);
  const { isDate } = ageOf(path, all[place]!.path);
  return all.slice(place + 1).filter((each) => each.path === path || ageOf(path, each.path).isDate === isDate);
}

/** Opens each of them; null if one of them is another file by now, or gone: it has been renamed meanwhile. */
export async function openAll(generations: readonly Generation[]): Promise<FileHandle[] | null> {
  const handles: FileHandle[] = [];
  for (const { path, device, inode } of generations) {
    const handle = await openIfThere(path);
    if (handle !== null) handles.push(handle);
    const stats = await handle?.stat();
    if (stats?.dev === device && stats.ino === inode) continue;
    for (const each of handles) await each.close();
    return null;
  }
  return handles;
}

export async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Oldest first. Looked at twice: if both looks are the same, nothing was renamed between them. */
async function generationsOf(path: string): Promise<Generation[]> {
  let before = '';
  let generations: Generation[] = [];
  for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
    generations = await lookOnce(path);
    const now = JSON.stringify(generations);
    if (now === before) break;
    before = now;
  }
  return generations;
}

async function lookOnce(path: string): Promise<Generation[]> {
  const generations: (Generation & { readonly age: number })[] = [];
  for (const name of await readdir(dirname(path))) {
    const each = join(dirname(path), name);
    const { age } = ageOf(path, each);
    const stats = Number.isNaN(age) ? null : await statIfThere(each);
    if (stats?.isFile()) generations.push({ path: each, device: stats.dev, inode: stats.ino, age });
  }
  return generations.sort((a, b) => b.age - a.age).map(({ age: _, ...generation }) => generation);
}

/** The most likely first: the path itself, what has the inode, what is called alike. */
async function candidates(path: string, mark: FileMark): Promise<string[]> {
  const base = basename(path);
  const names = await readdir(dirname(path));
  const alike = names.filter((name) => name.startsWith(base));
  const ranked: { readonly path: string; readonly rank: number }[] = [];
  for (const name of names.length > MANY_FILES ? alike : names) {
    if (COMPRESSED.test(name)) continue;
    const file = join(dirname(path), name);
    const stats = await statIfThere(file);
    if (!stats?.isFile() || stats.size < mark.offset) continue;
    const rank = name === base ? 0 : stats.ino === mark.inode ? 1 : 2;
    if (rank < 2 || name.startsWith(base)) ranked.push({ path: file, rank });
  }
  return ranked.sort((a, b) => a.rank - b.rank || (a.path < b.path ? -1 : 1)).map((each) => each.path);
}

/**
 * How long ago a name was given to a file of this log, in no unit: 0 for the log itself, NaN for other files. Dates
 * (`-20261121`) grow with time, mere numbers (`.1`) shrink.
 */
function ageOf(path: string, file: string): { readonly age: number; readonly isDate: boolean } {
  if (basename(file) === basename(path)) return { age: 0, isDate: false };
  const base = basename(path);
  const name = basename(file);
  const match = /^[.-](\d{1,15})$/.exec(name.startsWith(base) ? name.slice(base.length) : '');
  if (match === null) return { age: Number.NaN, isDate: false };
  const isDate = match[1]!.length >= 6;
  return { age: isDate ? 1e15 - Number(match[1]) : Number(match[1]), isDate };
}
