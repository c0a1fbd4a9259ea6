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

/** The value of an option that has only these. Throws `BAD_USAGE`. */
export function choiceOf<Choice extends string>(option: string, value: string, choices: readonly Choice[]): Choice {
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  const near = nearest(value, choices);
  const hint = near === null ? `It is ${listOf(choices, 'or')}.` : `Did you mean ${near}?`;
  throw new HeadcountError('BAD_USAGE', `There is no ${option} "${value}". ${hint}`);
}

/** `a, b or c`. */
export function listOf(words: readonly string[], conjunction: 'and' | 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}

/** The candidate that begins so, or that differs by at most two letters; by one if there are few. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const begun = candidates.filter((candidate) => word.length > 1 && candidate.startsWith(word));
  if (begun.length === 1) return begun[0]!;
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance < word.length && best.distance <= (word.length < 5 ? 1 : 2)
    ? best.candidate
    : null;
}

/** Letters that are missing, added, wrong, or two that have changed places. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const wrong = a[i - 1] === b[j - 1] ? 0 : 1;
      const isTurned = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const turned = isTurned ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + wrong, turned));
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
