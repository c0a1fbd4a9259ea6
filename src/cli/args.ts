/** Arguments of a command, parsed strictly: what is not known is told, with the nearest thing that is. */

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { HeadcountError } from '../lib/errors.ts';

export interface ParsedArgs {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** Throws `HeadcountError` with code `BAD_USAGE`. */
export function readArgs(args: readonly string[], options: ParseArgsOptionsConfig): ParsedArgs {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values: values as ParsedArgs['values'], positionals };
  } catch (error) {
    const message = error instanceof Error ? error.message.split('. ')[0]! : String(error);
    const wrong = /'(-{1,2}[\w-]+)/.exec(message)?.[1];
    const near = wrong === undefined ? null : nearest(wrong.replace(/^-+/, ''), Object.keys(options));
    throw new HeadcountError('BAD_USAGE', `${message}.${near === null ? '' : ` Did you mean --${near}?`}`);
  }
}

/** The candidate that differs by at most two letters. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= 2 ? best.candidate : null;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + swap));
    }
    row = next;
  }
  return row[b.length]!;
}
