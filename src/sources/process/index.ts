/**
 * Whatever tells in lines who comes and goes: a program that we run, a file that grows, a unit of systemd's journal. What a
 * line means is said by patterns of the configuration (pattern.ts, parse.ts). The page of this source is
 * docs/sources/process.md.
 */

import { basename } from 'node:path';
import { z } from 'zod';
import type { Observation } from '../../core/observation.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { list } from '../../lib/options.ts';
import { type CommonOptions, defineSource, type Source, type SourceContext } from '../source.ts';
import { Clients } from './clients.ts';
import { type LinesFrom, type LinesStep, linesFrom } from './lines.ts';
import { createMatcher } from './matcher.ts';
import { CLIENT_GROUPS, keyOf } from './parse.ts';
import { compilePattern, type Pattern } from './pattern.ts';

const MAX_PATTERNS = 20;

/** One text is one pattern, commas and all. */
function patterns() {
  const one = z.string().transform((text, context): Pattern => {
    try {
      return compilePattern(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
  const many = z.array(one).max(MAX_PATTERNS, { error: `must be at most ${MAX_PATTERNS} patterns` });
  return z.preprocess((written) => (typeof written === 'string' ? [written] : written), many);
}

const config = z
  .strictObject({
    program: z
      .string()
      .min(1)
      .optional()
      .describe('The program to run; in a URL, what follows `process:`. It is run without a shell.'),
    arguments: list(z.string().max(4096)).default([]).describe('The arguments of the program.'),
    file: z.string().min(1).optional().describe('A file to follow instead, through rotation; `*` may be in its path.'),
    journal: list(
      z.string().regex(/^(?:[\w@.:\\-]{1,255}|[A-Z_][A-Z0-9_]{0,63}=.{1,255})$/, {
        error: 'is neither a unit such as ssh.service nor FIELD=value',
      }),
    )
      .refine((matches) => matches.length > 0 && matches.length <= 20, { error: 'must be 1 to 20 units or fields' })
      .optional()
      .describe(
        'Units of systemd whose journal to follow instead, or fields: `ssh.service`, `SYSLOG_IDENTIFIER=sshd`.',
      ),
    from: z
      .enum(['start', 'end'])
      .default('end')
      .describe('Of a file, or of the journal since boot: read all of it first, to know who is there already.'),
    stream: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('The stream of lines that name none. Default: the name of the program, file or unit.'),
    open: patterns().describe('Regular expressions for lines by which a client comes, or is active.'),
    close: patterns()
      .default([])
      .describe('For lines by which a client goes. Without any, lines are activity: set `gap`.'),
    up: patterns().default([]).describe('For lines by which a stream begins; nobody is on it then.'),
    down: patterns().default([]).describe('For lines by which a stream ends; everybody leaves it.'),
    ignore: patterns().default([]).describe('For lines that mean nothing, so that they are not counted as unknown.'),
  })
  .superRefine((options, context) => {
    const mistake = mistakeIn(options);
    if (mistake !== null) context.addIssue({ code: 'custom', path: [mistake.option], message: mistake.message });
  });

type Options = z.output<typeof config>;

export const processSource = defineSource({
  kind: 'process',
  schemes: ['process'],
  claims: null,
  summary: 'Any program, file or journal whose lines tell who comes and goes, by patterns.',
  usage: 'process:/opt/daemon?arguments=-v&open=PATTERN&close=PATTERN or process:?file=PATH',
  config,
  traits: { departures: 'inOrder', provisional: false, gap: 0, lateness: 0, resumes: false },
  counts: {
    work: ['lines'],
    rejects: {
      ...{ unknownLines: 'lines', unreadableLines: 'lines', slowLines: 'lines' },
      ...{ longLines: null, unreadableEntries: null },
    },
  },
  fromUrl: (url) => {
    const program = pathOf(url);
    return program === '' ? {} : { program };
  },
  defaultName: (options) => `process:${placeOf(options)}`,
  create: createProcess,
});

function createProcess(options: Options, { gap }: CommonOptions): Source {
  if (options.close.length === 0 && gap === 0) {
    throw new HeadcountError('BAD_CONFIG', 'A process source without close needs a gap, such as gap: 40s.');
  }
  return { run: (context) => run(options, context) };
}

async function run(options: Options, context: SourceContext): Promise<void> {
  const { signal, clock, counters, emit } = context;
  const place = linesPlace(options);
  const isProgram = place.kind === 'program';
  let now = clock.now();
  const stream = options.stream ?? basename(placeOf(options));
  const clients = new Clients({ patterns: options, stream, boot: isProgram ? now : null, counters });
  const matcher = createMatcher(options, counters);
  const read = (step: LinesStep & { kind: 'lines' }): Observation[] => {
    const found = matcher.match(step.lines);
    counters.add('lines', step.lines.length);
    const unknown = found.indexOf(null);
    if (unknown !== -1) {
      counters.add('unknownLines', found.filter((each) => each === null).length);
      counters.example('unknownLines', () => step.lines[unknown]!);
    }
    return found.flatMap((each, i) => {
      // Lines are told in order, so their times must not go back.
      now = Math.max(now, Math.min(step.times?.[i] ?? Number.POSITIVE_INFINITY, clock.now()));
      return each === null ? [] : clients.take(each, step.lines[i]!, now);
    });
  };

  /** Whoever an earlier run has left open, and is not among them, is gone. */
  const begin = async () => {
    now = Math.max(now, clock.now());
    await emit({
      observations: [{ kind: 'roster', at: now, streams: null, present: clients.present(now) }],
      watermark: now,
    });
  };
  let isCatchingUp = !isProgram && options.from === 'start';
  let isUp = false;
  if (!isCatchingUp) await begin();
  for await (const step of linesFrom(place, context)) {
    if (signal.aborted) continue;
    if (isCatchingUp) {
      if (step.kind === 'lines') read(step);
      if (step.kind === 'quiet') {
        isCatchingUp = false;
        await begin();
      }
    } else if (step.kind === 'lines') {
      const up = isProgram && !isUp ? clients.status('up', now) : [];
      isUp = true;
      await emit({ observations: [...up, ...read(step)], watermark: now });
    } else if (step.kind === 'quiet') {
      now = Math.max(now, clock.now());
      await emit({ observations: [], watermark: now });
    }
    if (step.kind === 'ended') {
      now = Math.max(now, clock.now());
      await emit({ observations: isProgram ? clients.status('down', now) : [], watermark: now });
      throw ended(step);
    }
  }
}

function ended({ program, ending: { code, signal } }: LinesStep & { kind: 'ended' }): HeadcountError {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  const hint = 'What it printed last is not shown, since clients may have written it; run it by hand to see.';
  return new HeadcountError('CHILD_ENDED', `The program ${program} ${how}. ${hint}`);
}

function linesPlace({ program, arguments: args, file, journal, from }: Options): LinesFrom {
  if (file !== undefined) return { kind: 'file', path: file, from };
  if (journal !== undefined) return { kind: 'journal', matches: journal, from };
  return { kind: 'program', program: program!, args };
}

function placeOf({ program, file, journal }: Options): string {
  return program ?? file ?? journal?.join(',') ?? '';
}

function pathOf(url: URL | string): string {
  if (typeof url === 'string') return url.replace(/^process:/, '');
  return decodeURIComponent(url.host === '' ? url.pathname : `${url.host}${url.pathname}`);
}

function mistakeIn(options: Options): { readonly option: keyof Options; readonly message: string } | null {
  const { program, file, journal, open, close, from } = options;
  const places = [program, file, journal].filter((place) => place !== undefined).length;
  if (places !== 1) return { option: 'program', message: 'or file or journal must be there, and one of them only' };
  if (program === undefined && options.arguments.length > 0) {
    return { option: 'arguments', message: 'are for a program: leave them out' };
  }
  if (open.length === 0) return { option: 'open', message: 'must be at least one pattern' };
  if (close.length === 0 && from === 'start')
    return { option: 'from', message: 'can be start only where close says who is gone' };
  if (keyOf(options) === null) {
    const known = CLIENT_GROUPS.filter((group) => !['stream', 'userAgent'].includes(group)).join(', ');
    return { option: 'open', message: `and close must have a group in common by which a client is known, of ${known}` };
  }
  return null;
}
