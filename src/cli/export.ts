/** `headcount export`: the history as a file. */

import { HeadcountError } from '../lib/errors.ts';
import type { Visit, VisitQuery } from '../store/store.ts';
import { choiceOf, listOf, readArgs } from './args.ts';
import { DEFAULT_FILE } from './check.ts';
import type { Command, Terminal } from './command.ts';
import { checkHistory, openHistory, placeOfHistory } from './history.ts';
import { sessions as inSessions, Progress } from './progress.ts';
import { openSessionFile } from './sessions/session-file.ts';
import { formatOfName, SESSION_FORMATS, type SessionFormat, STREAMED_FORMATS } from './sessions/session-format.ts';

export const exportHistory: Command = {
  help: `Write the history into a file: one session a row.

  headcount export connections.sqlite
  headcount export --from 2026-01-01 --to 2026-02-01 january.parquet
  headcount export --stream hf.config --data /var/lib/headcount hf.csv
  headcount export --format jsonl - | jq .client.ip

What is written
  -f, --format FORMAT   ${listOf(SESSION_FORMATS, 'or')}; default: by the name of
                        the file. sqlite is the table connections of
                        spyserver_monitor, the others have every fact;
                        csv and jsonl go to standard output, too: -
      --from TIME       sessions that were there at or after this time, UTC:
                        2026-01-31 or 2026-01-31T18:00:00Z
      --to TIME         sessions that were there before this time
      --stream NAME     of this stream only; may be given again
      --source NAME     of this source only; may be given again
      --no-bots         without bots

Where the history is
  -c, --config FILE     the configuration; default: ${DEFAULT_FILE}, if it is
                        there
      --data DIR        where the history is kept; default ./data

Open sessions are written as they stand. Addresses are as the history has them:
masked where privacy says so. A Headcount that runs on the data directory is
asked for its sessions; otherwise the history is opened here. The file replaces
the one that was there when all is written. What every column means:
docs/export.md.

Exit code: 0, 1 if it cannot be read or written, 2 for wrong usage.
`,
  run: async (args, terminal) => {
    const { values, positionals } = readArgs(args, {
      format: { type: 'string', short: 'f' },
      from: { type: 'string' },
      to: { type: 'string' },
      stream: { type: 'string', multiple: true },
      source: { type: 'string', multiple: true },
      'no-bots': { type: 'boolean' },
      config: { type: 'string', short: 'c' },
      data: { type: 'string' },
    });
    const [path, ...others] = positionals;
    if (path === undefined || others.length > 0) throw new HeadcountError('BAD_USAGE', 'export takes one file.');
    const format = chosenFormat(values['format'] as string | undefined, path);
    const query = queryOf(values);
    const place = placeOfHistory(values, terminal);
    checkHistory(place);
    const history = await openHistory(place, terminal);
    try {
      const count = await write(path, format, (visit) => history.visit(query, visit), terminal);
      if (path !== '-') terminal.out(`${inSessions(count)} written to ${path}.\n`);
    } finally {
      await history.close();
    }
    return 0;
  },
};

function chosenFormat(asked: string | undefined, path: string): SessionFormat {
  const format = asked === undefined ? null : choiceOf('format', asked, SESSION_FORMATS);
  if (path === '-' && format !== null && !STREAMED_FORMATS.includes(format)) {
    throw new HeadcountError('BAD_USAGE', `${format} is not written to standard output: give it a file.`);
  }
  if (format !== null) return format;
  const named = formatOfName(path);
  if (named !== null) return named;
  throw new HeadcountError('BAD_USAGE', `What is ${path} to be? Say --format ${listOf(SESSION_FORMATS, 'or')}.`);
}

function queryOf(values: Readonly<Record<string, unknown>>): VisitQuery {
  const [from, to] = [timeOf('from', values), timeOf('to', values)];
  if (from !== null && to !== null && from >= to) {
    throw new HeadcountError('BAD_USAGE', 'The period is empty: --from must be before --to.');
  }
  const { stream, source } = values as { stream?: string[]; source?: string[] };
  const filter = {
    ...(stream === undefined ? {} : { stream }),
    ...(source === undefined ? {} : { source }),
    ...(values['no-bots'] === true ? { bot: false } : {}),
  };
  return { filter, from, to };
}

/** A day of UTC, or a time with its zone. */
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function timeOf(name: string, values: Readonly<Record<string, unknown>>): number | null {
  const text = values[name] as string | undefined;
  if (text === undefined) return null;
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new HeadcountError(
    'BAD_USAGE',
    `--${name} ${JSON.stringify(text)} is no time: write 2026-01-31 or 2026-01-31T18:00:00Z.`,
  );
}

/** Answers how many. */
async function write(
  path: string,
  format: SessionFormat,
  visiting: (visit: Visit) => Promise<void>,
  terminal: Terminal,
): Promise<number> {
  const file = await openSessionFile(path, format);
  const progress = new Progress(terminal, null, undefined, inSessions);
  let count = 0;
  try {
    await visiting(async (sessions, total) => {
      progress.total = total;
      for (const session of sessions) {
        const room = file.add(session);
        if (room !== undefined) await room;
      }
      if (terminal.signal.aborted) throw new HeadcountError('STOPPED', 'Stopped before the end: nothing was written.');
      count += sessions.length;
      progress.add(sessions.length);
    });
    await file.finish();
  } finally {
    progress.end();
    // Without effect once it is finished.
    await file.abandon();
  }
  return count;
}
