/** `headcount analyze`: what was in a log or a capture. What is asked; the work is analysis.ts, how it is told report/. */

import { realpathSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { WallClock } from '../insights/summary/wall-clock.ts';
import { HeadcountError } from '../lib/errors.ts';
import { type Exclusion, parseExclusion } from '../lib/exclusion.ts';
import { READABLE, type ReadableKind } from '../sources/readable.ts';
import type { ReadableSource } from './analysis.ts';
import { choiceOf, listOf, nearest, readArgs } from './args.ts';
import type { Command, Terminal } from './command.ts';
import { FORMATS, type Format, writerOf } from './report/report.ts';
import type { SessionFile } from './sessions/session-file.ts';
import { formatOfName, SESSION_FORMATS, type SessionFormat } from './sessions/session-format.ts';
import { clockOf } from './time-zone.ts';
import { wrap } from './wrap.ts';

const READABLE_NAMES = READABLE.map(({ kind }) => kind);

const STANDARD_ZONE = 'UTC';
const SESSION_ENDINGS = SESSION_FORMATS.map((format) => `.${format}`);

export const analyze: Command = {
  help: `Say what was in a log or a capture.

  headcount analyze access.log
  headcount analyze access.log.2.gz access.log.1 access.log
  headcount analyze --output report.html /var/log/nginx/access.log
  headcount analyze --format json --sessions sessions.parquet access.log
  zcat old/*.gz | headcount analyze -

Reads logs (also .gz; - is standard input) or captures (.pcap, .pcapng) to their
end and says who was there: sessions, unique clients, the peak and when it was,
listening hours, bytes, and the same by stream, country, city, player, platform,
quality and user. Several files are read as one, so give rotated ones oldest
first. Nothing is kept.

How it is told
  -f, --format FORMAT      ${listOf(FORMATS, 'or')}; default: by the name of the
                           output, else text. html is one page with charts and
                           a map that needs nothing else, not even a network.
  -O, --output FILE        where it is written; default: standard output
  -z, --time-zone ZONE     of times that people read: Europe/Berlin, or local
                           for that of this machine; default UTC
  -s, --sessions FILE      write every session, too: to a file that ends in
                           ${listOf(SESSION_ENDINGS, 'or')}

How it is read
  -k, --kind KIND          what the files are, where their names do not tell:
${wrap(listOf(READABLE_NAMES, 'or'), 27)}
  -l, --log-format FORMAT  how lines are written: json, w3c, haproxy, icecast, …
                           or a log_format; default: found out from the lines
  -o, --option NAME=VALUE  an option of the source, as it is written in its URL:
                           gap=1m, playback-id=sid, port=3479
  -x, --exclude VALUE      count these with the bots: an address, a block such
                           as 192.0.2.0/24, or agent:TEXT for user agents that
                           contain the text; may be given again

Bots are left out of every number and counted beside them. A progress bar shows
on a terminal after a second. What every number means: docs/analyze.md.

Exit code: 0, 1 if a file cannot be read or written, 2 for wrong usage.
`,
  run: async (args, terminal) => {
    const asked = readQuestion(args);
    const { files, kind, options, exclude, format, output, clock, sessions } = asked;
    prepare(kind, files);
    const [source, { analyzeFiles }] = await Promise.all([sourceOf(kind, options), import('./analysis.ts')]);
    const sessionFile = sessions === null ? null : await openSessions(sessions);
    try {
      // Loaded while the files are read.
      const writing = writerOf(format);
      const analysis = await analyzeFiles(files, source, exclude, terminal, sessionFile?.add);
      await sessionFile?.finish();
      const write = await writing;
      await tell(await write({ analysis, clock }), output, terminal);
    } finally {
      // Without effect once it is finished.
      await sessionFile?.abandon();
    }
    return 0;
  },
};

interface Question {
  readonly files: readonly string[];
  readonly kind: ReadableKind;
  readonly options: readonly string[];
  readonly exclude: readonly Exclusion[];
  readonly format: Format;
  /** Null is standard output. */
  readonly output: string | null;
  readonly clock: WallClock;
  /** Where sessions are written; null is nowhere. */
  readonly sessions: AskedSessions | null;
}

interface AskedSessions {
  readonly path: string;
  readonly format: SessionFormat;
}

async function openSessions({ path, format }: AskedSessions): Promise<SessionFile> {
  const { openSessionFile } = await import('./sessions/session-file.ts');
  return await openSessionFile(path, format);
}

function prepare({ prepare: begin }: ReadableKind, files: readonly string[]): void {
  const plain = files.every((file) => file !== '-' && !file.endsWith('.gz'));
  if (begin === undefined || !plain) return;
  // What is not there is told when it is to be read.
  begin(files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0));
}

/** Throws `BAD_USAGE` before anything is read or written. */
function readQuestion(args: readonly string[]): Question {
  const { values, positionals: files } = readArgs(args, {
    format: { type: 'string', short: 'f' },
    output: { type: 'string', short: 'O' },
    'time-zone': { type: 'string', short: 'z' },
    sessions: { type: 'string', short: 's' },
    kind: { type: 'string', short: 'k' },
    exclude: { type: 'string', short: 'x', multiple: true },
    'log-format': { type: 'string', short: 'l' },
    option: { type: 'string', short: 'o', multiple: true },
  });
  const text = (name: string) => (values[name] as string | undefined) ?? null;
  if (files.length === 0) throw new HeadcountError('BAD_USAGE', 'Say which files: headcount analyze FILE…');
  const output = text('output') === '-' ? null : text('output');
  refuseOverwriting(files, output, text('sessions'));
  return {
    files,
    kind: kindOf(files, text('kind')),
    // The option that is asked for most has a name of its own.
    options: [
      ...((values['option'] ?? []) as string[]),
      ...(text('log-format') === null ? [] : [`format=${text('log-format')}`]),
    ],
    exclude: ((values['exclude'] ?? []) as string[]).map(exclusionOf),
    format: formatOf(text('format'), output),
    output,
    clock: clockOf(text('time-zone') ?? STANDARD_ZONE),
    sessions: sessionsOf(text('sessions')),
  };
}

function sessionsOf(path: string | null): Question['sessions'] {
  if (path === null) return null;
  const format = formatOfName(path);
  if (format !== null) return { path, format };
  const endings = listOf(SESSION_ENDINGS, 'or');
  throw new HeadcountError('BAD_USAGE', `Sessions cannot be written to ${path}: its name must end in ${endings}.`);
}

function exclusionOf(text: string): Exclusion {
  const exclusion = parseExclusion(text);
  if (exclusion !== null) return exclusion;
  const shown = JSON.stringify(text);
  throw new HeadcountError('BAD_USAGE', `--exclude ${shown} is neither an address, a block of them, nor agent:TEXT.`);
}

function formatOf(asked: string | null, output: string | null): Format {
  if (asked !== null) return choiceOf('format', asked, FORMATS);
  const named = extname(output ?? '').slice(1);
  return FORMATS.find((format) => format === named) ?? 'text';
}

/** A name too few on the command line must not cost a log. */
function refuseOverwriting(files: readonly string[], output: string | null, sessions: string | null): void {
  const written = [output, sessions].filter((file) => file !== null).map(realPath);
  const lost = files.find((file) => file !== '-' && written.includes(realPath(file)));
  if (lost !== undefined) throw new HeadcountError('BAD_USAGE', `${lost} would be read and overwritten at once.`);
  if (written.length === 2 && written[0] === written[1]) {
    throw new HeadcountError('BAD_USAGE', `Both the report and the sessions would be written to ${output}.`);
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file);
  }
}

async function tell(text: string, output: string | null, terminal: Terminal): Promise<void> {
  if (output === null) {
    terminal.out(text);
    return;
  }
  const { openOutput } = await import('./output-file.ts');
  const file = await openOutput(output);
  try {
    await file.write(text);
    await file.finish();
  } finally {
    await file.abandon();
  }
}

function kindOf(files: readonly string[], asked: string | null): ReadableKind {
  if (asked !== null) {
    const kind = READABLE.find(({ kind: name, schemes }) => name === asked || schemes.includes(asked));
    if (kind !== undefined) return kind;
    const near = nearest(asked, READABLE_NAMES);
    const hint = near === null ? '' : ` Did you mean ${near}?`;
    throw new HeadcountError('BAD_USAGE', `Files of the kind "${asked}" cannot be analyzed.${hint}`);
  }
  const kinds = new Set(files.map((file) => claimant(file === '-' ? 'standard-input.log' : file.replace(/\.gz$/, ''))));
  const [kind] = kinds;
  if (kinds.size > 1) throw new HeadcountError('BAD_USAGE', 'Logs and captures cannot be analyzed together.');
  if (kind === undefined || kind === null) {
    throw new HeadcountError('BAD_USAGE', `What is ${files[0]}? Say --kind ${READABLE_NAMES.join(' or --kind ')}.`);
  }
  return kind;
}

/** As if it were to be watched, so that its options mean the same; which files they are is another matter. */
async function sourceOf(kind: ReadableKind, options: readonly string[]): Promise<ReadableSource> {
  if (options.length === 0 && kind.loadAsIs !== undefined) {
    const source = await kind.loadAsIs();
    const { gap, lateness } = source.traits;
    return { ...source, timing: { gap, lateness, autoGap: false } };
  }
  const [loaded, { readSource, SourceMistake }] = await Promise.all([kind.load(), import('../config/sources.ts')]);
  const query = options.map((option) => option.split(/=(.*)/s).slice(0, 2).map(encodeURIComponent).join('=')).join('&');
  try {
    const { common, options } = readSource(`${kind.schemes[0]}:input${query === '' ? '' : `?${query}`}`, [loaded]);
    const { gap, lateness, autoGap = false } = common;
    return { traits: loaded.traits, readOnce: loaded.readOnce!, options, timing: { gap, lateness, autoGap } };
  } catch (error) {
    if (!(error instanceof SourceMistake)) throw error;
    throw new HeadcountError('BAD_USAGE', `The option ${error.path.join('.')} ${error.message}.`);
  }
}

function claimant(file: string): ReadableKind | null {
  return READABLE.find(({ claims }) => claims?.test(file) || claims?.test(`./${file}`)) ?? null;
}
