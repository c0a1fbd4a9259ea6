/**
 * What lines mean by the patterns of the configuration. A line that takes too long is skipped (`slowLines`); if there are
 * several, the patterns are said to be at fault, before they hold everything else up.
 */

import { createContext, Script } from 'node:vm';
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { type Found, type LinePatterns, readLine } from './parse.ts';

/** So many lines are read within one limit of time: a thousandth of it is enough for them. */
const LINES_AT_ONCE = 200;
const LIMIT_MS = 1000;
/** After so many slow lines it gives up. */
const PATIENCE = 3;

export interface Matcher {
  /** For each line what it means, null if nothing. Throws code `PATTERNS_TOO_SLOW`. */
  match(lines: readonly string[]): (Found | null)[];
}

export function createMatcher(patterns: LinePatterns, counters: ScopedCounters): Matcher {
  let lines: readonly string[] = [];
  let found: (Found | null)[] = [];
  let end = 0;
  const work = () => {
    while (found.length < end) found.push(readLine(patterns, lines[found.length]!));
  };
  // Of all that can stop an expression at work, this needs no other thread.
  const context = createContext({ work });
  const script = new Script('work()');
  let slow = 0;

  /** False if time was up before `to`. */
  const goOn = (to: number): boolean => {
    end = to;
    try {
      script.runInContext(context, { timeout: LIMIT_MS });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      return false;
    }
  };
  const skip = () => {
    counters.add('slowLines');
    found.push(null);
    if (++slow < PATIENCE) return;
    const hint = 'Write \\S+ or [^ ]+ instead of .* in open, close, up, down and ignore.';
    throw new HeadcountError('PATTERNS_TOO_SLOW', `The patterns of a source take too long with some lines. ${hint}`);
  };
  return {
    match: (given) => {
      [lines, found] = [given, []];
      while (found.length < lines.length) {
        // Perhaps the machine was busy elsewhere: the line gets the whole time for itself.
        if (!goOn(Math.min(found.length + LINES_AT_ONCE, lines.length)) && !goOn(found.length + 1)) skip();
      }
      return found;
    },
  };
}
