/**
 * Where a file has gone: log rotation renames it within its folder, packs it, or turns a symbolic link to another,
 * possibly more than once while nobody was looking, and possibly just now. What the names mean is names.ts.
 */

import type { Stats } from 'node:fs';
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Content, contentOf, isArchive } from './content.ts';
import { type FileMark, type Likeness, likenessOf } from './mark.ts';
import { type Age, ageBehindLink, ageOf } from './names.ts';

/** A folder that is being renamed through is looked at again so many times. */
const ATTEMPTS = 5;
/** A file of a log: the one that is written to now, or one that was rotated away. */
export interface Generation extends Age {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface Found {
  readonly content: Content;
  readonly likeness: Likeness;
  readonly path: string;
}

export interface FileId {
  readonly device: number;
  readonly inode: number;
}

/**
 * The file of the mark, open; null if it is not in the folder of `path` any more. It is looked for where it was, among
 * what is called alike, and unpacked where it was packed. Files that are taken are passed over.
 */
export async function findMarked(
  path: string,
  mark: FileMark,
  isTaken: (file: FileId) => boolean,
  onDamage: () => void,
): Promise<Found | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    let perhaps: Found | null = null;
    let perhapsAge = -1;
    for (const candidate of await candidates(path, mark)) {
      const found = isTaken(candidate) ? null : await compared(candidate.path, mark, onDamage);
      if (found === null) continue;
      if (found.likeness.isCertain) {
        await perhaps?.content.close();
        return found;
      }
      if (candidate.age !== null && candidate.age > perhapsAge && isWrittenSince(candidate, mark)) {
        await perhaps?.content.close();
        perhaps = found;
        perhapsAge = candidate.age;
      } else {
        await found.content.close();
      }
    }
    if (perhaps !== null) return perhaps;
  }
  return null;
}

/**
 * Of files that begin alike it is the oldest that has been written to since then: those before it had been read. Some who
 * pack a file give the archive its time in whole seconds.
 */
function isWrittenSince({ modifiedAt }: { readonly modifiedAt: number }, mark: FileMark): boolean {
  if (mark.modifiedAt === undefined) return false;
  return mark.headBytes === 0 ? modifiedAt > mark.modifiedAt : modifiedAt >= Math.floor(mark.modifiedAt / 1000) * 1000;
}

/** The file, open, if it is that of the mark. */
async function compared(path: string, mark: FileMark, onDamage: () => void): Promise<Found | null> {
  // An archive that only might have been it may be as broken as it likes.
  let isIt = false;
  let isDamaged = false;
  const content = await openIfAllowed(path, () => {
    isDamaged = true;
    if (isIt) onDamage();
  });
  if (content === null) return null;
  const likeness = await likenessOf(content, mark);
  if (likeness !== null) {
    isIt = true;
    if (isDamaged) onDamage();
    return { content, likeness, path };
  }
  await content.close();
  return null;
}

interface Candidate extends FileId {
  readonly path: string;
  readonly modifiedAt: number;
  /** Null: its name does not say. */
  readonly age: number | null;
  readonly rank: number;
}

/** The most likely first: the log itself, what has the inode; then what is called alike. */
async function candidates(path: string, mark: FileMark): Promise<Candidate[]> {
  const current = await whereTo(path);
  const found: Candidate[] = [];
  for (const folder of new Set([dirname(current), dirname(path)])) {
    for (const name of await readdir(folder)) {
      const each = join(folder, name);
      const age = ageIn(current, path, name);
      const isAlike = age !== null || name.startsWith(basename(path));
      const stats = await statIfAllowed(each);
      if (!stats?.isFile() || (stats.size < mark.offset && !isArchive(each))) continue;
      const rank = each === current ? 0 : stats.ino === mark.inode ? 1 : isArchive(each) ? 3 : 2;
      if (rank < 2 || isAlike) found.push({ ...fileOf(each, stats), age: age?.age ?? null, rank });
    }
  }
  for (const place of mark.place === undefined ? [] : [mark.place, `${mark.place}.gz`]) {
    const stats = await statIfAllowed(place);
    if (stats?.isFile()) found.push({ ...fileOf(place, stats), age: null, rank: 0 });
  }
  return found.sort((a, b) => a.rank - b.rank || (a.path < b.path ? -1 : 1));
}

const fileOf = (path: string, { dev, ino, mtimeMs }: Stats) => ({
  ...{ path, device: dev, inode: ino, modifiedAt: mtimeMs },
});

/**
 * The files that came after `file`, oldest first, the one that is written to now last: `access.log.2` was followed by
 * `access.log.1`, `access.log-20261120` by `access.log-20261121`. If `file` is not among them, those that were written
 * to after `since` (milliseconds since the epoch), and the one that is written to now.
 */
export async function laterThan(
  path: string,
  file: (FileId & { readonly mark: FileMark }) | null,
  since: number,
): Promise<Generation[]> {
  const all = await generationsOf(path);
  const place = file === null ? -1 : await placeAmong(all, file);
  const isNow = ({ age }: Generation) => age === 0;
  if (place === -1) {
    const missed = all.filter((each) => !isNow(each) && each.modifiedAt > since);
    const areAlike = missed.every((each) => each.isDate === missed[0]!.isDate);
    if (!areAlike) missed.sort((a, b) => a.modifiedAt - b.modifiedAt);
    return [...missed, ...all.filter(isNow)];
  }
  return all.slice(place + 1).filter((each) => isNow(each) || each.isDate === all[place]!.isDate);
}

/** By its inode, or by what stands in it: it may have been packed while we had it open. */
async function placeAmong(all: readonly Generation[], file: FileId & { readonly mark: FileMark }): Promise<number> {
  const place = all.findIndex((each) => each.device === file.device && each.inode === file.inode);
  if (place !== -1) return place;
  // Nothing is in it, so nothing of what was written since can be it.
  if (file.mark.headBytes === 0) return -1;
  // The one that is written to now would have been found by its inode.
  for (const [i, each] of all.filter(({ age }) => age > 0).entries()) {
    const found = await compared(each.path, file.mark, () => {});
    await found?.content.close();
    if (found?.likeness.isCertain || (found !== null && isWrittenSince(each, file.mark))) return i;
  }
  return -1;
}

export interface Opened {
  readonly content: Content;
  readonly path: string;
}

/**
 * Opens each of them. Null if one of them is another file by now, or gone: it has been renamed meanwhile. Those that may
 * not be read are left out, but for the one that is written to now: then it rejects.
 */
export async function openAll(generations: readonly Generation[], onDamage: () => void): Promise<Opened[] | null> {
  const opened: Opened[] = [];
  for (const { path, device, inode, age } of generations) {
    const content = age === 0 ? await openIfThere(path, onDamage) : await openIfAllowed(path, onDamage);
    if (content !== null) opened.push({ content, path });
    const stats = content === null ? await statIfThere(path) : await content.stat();
    if (stats?.dev === device && stats.ino === inode) continue;
    for (const each of opened) await each.content.close();
    return null;
  }
  return opened;
}

export async function statIfThere(path: string): Promise<Stats | null> {
  return unless(['ENOENT'], () => stat(path));
}

/** For files that only might be ours: links that lead astray, folders that are not ours to look into. */
async function statIfAllowed(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null);
}

function openIfThere(path: string, onDamage: () => void): Promise<Content | null> {
  return unless(['ENOENT'], async () => contentOf(await open(path, 'r'), path, onDamage));
}

function openIfAllowed(path: string, onDamage: () => void): Promise<Content | null> {
  return unless(['ENOENT', 'EACCES', 'EPERM'], async () => contentOf(await open(path, 'r'), path, onDamage));
}

async function unless<T>(codes: readonly string[], ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** Oldest first. Looked at twice: if both looks are the same, nothing was renamed between them. */
async function generationsOf(path: string): Promise<Generation[]> {
  let before = '';
  let generations: Generation[] = [];
  for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
    generations = await lookOnce(path);
    const now = JSON.stringify(generations.map((each) => [each.path, each.inode]));
    if (now === before) break;
    before = now;
  }
  return generations;
}

async function lookOnce(path: string): Promise<Generation[]> {
  const current = await whereTo(path);
  const names = new Set(await readdir(dirname(current)));
  const generations: Generation[] = [];
  for (const name of names) {
    const age = ageIn(current, path, name);
    // While it is being packed the file is there in both ways, and only the plain one is whole.
    const isTwin = isArchive(name) && names.has(name.slice(0, -'.gz'.length));
    if (age === null || (isTwin && age.age > 0)) continue;
    const each = join(dirname(current), name);
    const stats = each === current ? await statIfThere(each) : await statIfAllowed(each);
    if (stats?.isFile()) generations.push({ ...fileOf(each, stats), ...age });
  }
  return generations.sort((a, b) => b.age - a.age);
}

/** Where the name of the log leads to now; itself, if it is no link or leads nowhere. */
export async function whereTo(path: string): Promise<string> {
  const isLink = (await unless(['ENOENT'], () => lstat(path)))?.isSymbolicLink() ?? false;
  return isLink ? ((await unless(['ENOENT'], () => realpath(path))) ?? path) : path;
}

function ageIn(current: string, path: string, name: string): Age | null {
  const age = ageOf(basename(current), name);
  return age ?? (current === path ? null : ageBehindLink(basename(current), name));
}
