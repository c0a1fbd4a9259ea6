/** `headcount analyze`: what was in a log or a capture. What is asked and how it is told; the work is analysis.ts. */

import { type ConfiguredSource, readSource, SourceMistake } from '../config/sources.ts';
import { HeadcountError } from '../lib/errors.ts';
import { type Exclusion, parseExclusion } from '../lib/exclusion.ts';
import { KINDS } from '../sources/index.ts';
import type { SourceKind } from '../sources/source.ts';
import { analyzeFiles } from './analysis.ts';
import { readArgs } from './args.ts';
import type { Command } from './command.ts';
import { reportJson, reportText } from './report.ts';

const FORMATS = ['text', 'json'] as const;

export const analyze: Command = {
  name: 'analyze',
  summary: 'Say what was in a log or a capture.',
  help: `headcount analyze FILE… [--format text|json] [--kind KIND] [--exclude VALUE]… [-o NAME=VALUE]…

Reads logs (also .gz; - is standard input) or captures (.pcap, .pcapng) to their end and prints sessions, unique clients,
the peak and when it was, listening time, bytes, and the same by stream, country, city, player, platform and quality. Several
files are read as one, so give rotated ones oldest first. Nothing is kept.

      --format text|json   how to print; default text
      --kind KIND          what the files are; default: by their names. KIND is ${KINDS.filter(
        ({ readOnce }) => readOnce !== undefined,
      )
        .map(({ kind }) => kind)
        .join(' or ')}
      --exclude VALUE      count these with the bots: an address, a block such as 192.0.2.0/24, or agent:TEXT for user
                           agents that contain the text; may be repeated
  -o, --option NAME=VALUE  an option of the source, as it is written in its URL: port=3479, gap=1m, playback-id=sid

Bots are left out of every number and counted beside them. A progress bar shows on a terminal after a second.
Exit code: 0, or 1 if a file cannot be read.
`,
  run: async (args, terminal) => {
    const { values, positionals } = readArgs(args, {
      format: { type: 'string' },
      kind: { type: 'string' },
      exclude: { type: 'string', multiple: true },
      option: { type: 'string', short: 'o', multiple: true },
    });
    if (positionals.length === 0) throw new HeadcountError('BAD_USAGE', 'Say which files: headcount analyze FILE…');
    const format = String(values['format'] ?? 'text') as (typeof FORMATS)[number];
    if (!FORMATS.includes(format)) {
      throw new HeadcountError('BAD_USAGE', `There is no format "${format}": it is ${FORMATS.join(' or ')}.`);
    }
    const kind = kindOf(positionals, values['kind'] as string | undefined);
    const source = sourceOf(kind, (values['option'] ?? []) as string[]);
    const exclude = ((values['exclude'] ?? []) as string[]).map(exclusionOf);
    const analysis = await analyzeFiles(positionals, source, exclude, terminal);
    terminal.out(format === 'json' ? reportJson(analysis) : reportText(analysis));
    return 0;
  },
};

function exclusionOf(text: string): Exclusion {
  const exclusion = parseExclusion(text);
  if (exclusion !== null) return exclusion;
  const shown = JSON.stringify(text);
  throw new HeadcountError('BAD_USAGE', `--exclude ${shown} is neither an address, a block of them, nor agent:TEXT.`);
}

function kindOf(files: readonly string[], asked: string | undefined): SourceKind {
  const readable = KINDS.filter(({ readOnce }) => readOnce !== undefined);
  if (asked !== undefined) {
    const kind = readable.find(({ kind: name, schemes }) => name === asked || schemes.includes(asked));
    if (kind === undefined) throw new HeadcountError('BAD_USAGE', `Files of the kind "${asked}" cannot be analyzed.`);
    return kind;
  }
  const kinds = new Set(
    files.map((file) => claimant(file === '-' ? 'standard-input.log' : file.replace(/\.gz$/, ''), readable)),
  );
  const [kind] = kinds;
  if (kinds.size > 1) throw new HeadcountError('BAD_USAGE', 'Logs and captures cannot be analyzed together.');
  if (kind === undefined || kind === null) {
    throw new HeadcountError(
      'BAD_USAGE',
      `What is ${files[0]}? Say --kind ${readable.map(({ kind: name }) => name).join(' or --kind ')}.`,
    );
  }
  return kind;
}

/** As if it were to be watched, so that its options mean the same; which files they are is another matter. */
function sourceOf(kind: SourceKind, options: readonly string[]): ConfiguredSource {
  const query = options.map((option) => option.split(/=(.*)/s).slice(0, 2).map(encodeURIComponent).join('=')).join('&');
  try {
    return readSource(`${kind.schemes[0]}:input${query === '' ? '' : `?${query}`}`, [kind]);
  } catch (error) {
    if (!(error instanceof SourceMistake)) throw error;
    throw new HeadcountError('BAD_USAGE', `The option ${error.path.join('.')} ${error.message}.`);
  }
}

function claimant(file: string, kinds: readonly SourceKind[]): SourceKind | null {
  return kinds.find(({ claims }) => claims?.test(file) || claims?.test(`./${file}`)) ?? null;
}
