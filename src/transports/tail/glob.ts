/**
 * Paths with patterns in them, as shells have them: `*`, `?`, `[a-z]`, `[!a-z]`, in the name of the file and in those of
 * folders. No name that begins with a dot is meant, unless the pattern begins so, too. `[*]` is a star.
 */

import { readdir } from 'node:fs/promises';
import { basename, dirname, join, normalize, relative, sep } from 'node:path';
import { ageOf, logsOf } from './names.ts';

const MAGIC = /[*?[]/;

export function isPattern(path: string): boolean {
  return MAGIC.test(path);
}

/** The folder below which everything is that the pattern can mean. */
export function fixedFolder(pattern: string): string {
  let folder = dirname(pattern);
  while (isPattern(folder)) folder = dirname(folder);
  return folder;
}

export function isMatch(pattern: string, path: string): boolean {
  const [patterns, names] = [pattern, path].map((each) => normalize(each).split(sep));
  return patterns!.length === names!.length && patterns!.every((each, i) => expressionOf(each).test(names![i]!));
}

/** What there is on disk that the pattern means, folders and all, in the order of names. What may not be read is left out. */
export async function matchesOf(pattern: string): Promise<string[]> {
  const folder = fixedFolder(pattern);
  let found = [folder];
  for (const part of relative(folder, pattern).split(sep)) {
    const expression = expressionOf(part);
    const within = await Promise.all(found.map((each) => namesIn(each)));
    found = within.flatMap((names, i) =>
      names.filter((name) => expression.test(name)).map((name) => join(found[i]!, name)),
    );
  }
  return found.sort();
}

/**
 * Of the paths that match those that are logs of their own, not files that were rotated away from another one. A file
 * with a date may be either: it is its own if there is no other.
 */
export function ownLogs(pattern: string, paths: readonly string[], isFollowed: (path: string) => boolean): string[] {
  const all = new Set(paths);
  return paths.filter((path) => {
    const isOlder = (log: string) => {
      const other = join(dirname(path), log);
      const { age, isDate } = ageOf(log, basename(path))!;
      return all.has(other) || isFollowed(other) || (!isDate && age >= 1 && isMatch(pattern, other));
    };
    return isFollowed(path) || !logsOf(basename(path)).some(isOlder);
  });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    // It is no folder, not ours to read, or gone: then nothing in it is meant.
    return [];
  }
}

function expressionOf(pattern: string): RegExp {
  const text = pattern.replaceAll(/\*+|\?|\[(!?)([^\]]+)\]|[\\^$.|+(){}[\]]/g, (found, not?: string, set?: string) => {
    if (found.startsWith('*')) return '.*';
    if (found === '?') return '.';
    if (set === undefined) return `\\${found}`;
    return `[${not === '!' ? '^' : ''}${set.replaceAll(/[\\^\]]/g, '\\$&')}]`;
  });
  return new RegExp(`^${pattern.startsWith('.') ? '' : '(?!\\.)'}${text}$`, 's');
}
