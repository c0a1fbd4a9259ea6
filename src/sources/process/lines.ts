/** Where lines come from: the output of a program, a file that grows, or the journal. */

import type { Instant } from '../../core/observation.ts';
import { type Ending, spawnLines } from '../../transports/spawn/spawn.ts';
import { tail } from '../../transports/tail/tail.ts';
import type { SourceContext } from '../source.ts';
import { journalArguments, parseEntry } from './journal.ts';

/** Longer lines are skipped, and counted as `longLines`. Characters. */
const LONGEST_LINE = 8 * 1024;

export type LinesFrom =
  | { readonly kind: 'program'; readonly program: string; readonly args: readonly string[] }
  | { readonly kind: 'file'; readonly path: string; readonly from: 'start' | 'end' }
  | { readonly kind: 'journal'; readonly matches: readonly string[]; readonly from: 'start' | 'end' };

export type LinesStep =
  /** `times` are those of the lines; null where they bear none. */
  | { readonly kind: 'lines'; readonly lines: readonly string[]; readonly times: readonly Instant[] | null }
  /** There is nothing more at the moment. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'ended'; readonly program: string; readonly ending: Ending };

export function linesFrom(place: LinesFrom, context: SourceContext): AsyncIterable<LinesStep> {
  switch (place.kind) {
    case 'program':
      return fromProgram(place.program, place.args, context);
    case 'file':
      return fromFile(place.path, place.from, context);
    case 'journal':
      return fromJournal(place.matches, place.from, context);
  }
}

async function* fromProgram(
  program: string,
  args: readonly string[],
  context: SourceContext,
): AsyncGenerator<LinesStep, void, undefined> {
  for await (const step of spawnLines({ ...context, program, args })) {
    if (step.kind === 'lines') yield { kind: 'lines', lines: notTooLong(step.lines, context), times: null };
    else if (step.kind === 'ended') yield { ...step, program };
    else yield step;
  }
}

async function* fromFile(
  path: string,
  from: 'start' | 'end',
  context: SourceContext,
): AsyncGenerator<LinesStep, void, undefined> {
  const { log } = context;
  let isThere = true;
  for await (const step of tail({ ...context, path, start: from, follow: true, cursor: null })) {
    if (step.kind === 'lines') {
      const lines = step.bytes.toString('utf8').split('\n');
      // Behind the last line end there is nothing.
      lines.pop();
      yield { kind: 'lines', lines: notTooLong(lines, context), times: null };
      continue;
    }
    if (step.isThere !== isThere) log.info(step.isThere ? 'the log is there' : 'the log is not there yet: waiting');
    isThere = step.isThere;
    yield { kind: 'quiet' };
  }
}

const JOURNALCTL = 'journalctl';

/** Where all since boot is wanted, that is read to its end before what follows it: until then it is never quiet. */
async function* fromJournal(
  matches: readonly string[],
  from: 'start' | 'end',
  context: SourceContext,
): AsyncGenerator<LinesStep, void, undefined> {
  const journal = { cursor: null as string | null };
  if (from === 'start') {
    const past = journalArguments(matches, ['--boot', '--lines=all']);
    for await (const step of entriesOf(past, journal, context)) {
      if (step.kind === 'lines') yield step;
      else if (step.kind === 'ended' && step.ending.code !== 0) yield step;
    }
    if (context.signal.aborted) return;
  }
  const since = journal.cursor === null ? '--lines=0' : `--after-cursor=${journal.cursor}`;
  yield* entriesOf(journalArguments(matches, ['--follow', since]), journal, context);
}

async function* entriesOf(
  args: readonly string[],
  journal: { cursor: string | null },
  context: SourceContext,
): AsyncGenerator<LinesStep, void, undefined> {
  for await (const step of spawnLines({ ...context, program: JOURNALCTL, args })) {
    if (step.kind !== 'lines') {
      yield step.kind === 'ended' ? { ...step, program: JOURNALCTL } : step;
      continue;
    }
    const entries = step.lines.map(parseEntry);
    const known = entries.filter((entry) => entry !== null);
    if (known.length < entries.length) {
      context.counters.add('unreadableEntries', entries.length - known.length);
      context.counters.example('unreadableEntries', () => step.lines[entries.indexOf(null)]!);
    }
    journal.cursor = known.at(-1)?.cursor ?? journal.cursor;
    const short = known.filter(({ message }) => isNotTooLong(message, context));
    yield { kind: 'lines', lines: short.map(({ message }) => message), times: short.map(({ at }) => at) };
  }
}

function notTooLong(lines: readonly string[], context: SourceContext): string[] {
  return lines
    .filter((line) => isNotTooLong(line, context))
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

function isNotTooLong(line: string, { counters }: SourceContext): boolean {
  if (line.length <= LONGEST_LINE) return true;
  counters.add('longLines');
  counters.example('longLines', () => line);
  return false;
}
