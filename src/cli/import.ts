/** `headcount import`: connections that spyserver_monitor has kept, into the history. */

import type { PastConnection } from '../core/past.ts';
import { HeadcountError } from '../lib/errors.ts';
import { printable } from '../telemetry/log.ts';
import { readArgs } from './args.ts';
import { DEFAULT_FILE } from './check.ts';
import type { Command, Terminal } from './command.ts';
import { type History, openHistory, placeOfHistory } from './history.ts';
import { Progress, sessions } from './progress.ts';
import type { ConnectionFile } from './sessions/connection-file.ts';

const STANDARD_SOURCE = 'ssmon';

export const importHistory: Command = {
  help: `Take the connections of a database of spyserver_monitor into the history.

  headcount import SpyserverConnections.db
  headcount import --source airspy -c /etc/headcount.yaml connections.sqlite

FILE is an SQLite database with the table connections: one of spyserver_monitor,
or one that headcount export or the sink sqlite has written. It is only read.

Options
      --source NAME   the source that the sessions are of; default ${STANDARD_SOURCE}
  -c, --config FILE   the configuration; default: ${DEFAULT_FILE}, if it is there
      --data DIR      where the history is kept; default ./data

Each instance becomes a stream. Places stay as they were kept, addresses are
masked as privacy says. A connection that was left open ends where it began, as
lost. The same file again changes nothing; a newer one of the same program adds
what is new. A Headcount that runs on the data directory is asked to do it;
otherwise it is done here.

Exit code: 0, 1 if it cannot be read or kept, 2 for wrong usage.
`,
  run: async (args, terminal) => {
    const { values, positionals } = readArgs(args, {
      source: { type: 'string' },
      config: { type: 'string', short: 'c' },
      data: { type: 'string' },
    });
    const [path, ...others] = positionals;
    if (path === undefined || others.length > 0) throw new HeadcountError('BAD_USAGE', 'import takes one file.');
    const source = (values['source'] as string | undefined) ?? STANDARD_SOURCE;
    if (source === '' || source.length > 200) {
      throw new HeadcountError('BAD_USAGE', 'The name of the source must have 1 to 200 characters.');
    }
    const place = placeOfHistory(values, terminal);
    const { openConnectionFile } = await import('./sessions/connection-file.ts');
    const file = openConnectionFile(path);
    try {
      const history = await openHistory(place, terminal);
      try {
        const tally = await keepAll(file, history, source, terminal);
        terminal.out(printable(inWords(tally, source, place.directory)));
      } finally {
        await history.close();
      }
    } finally {
      file.close();
    }
    return 0;
  },
};

interface Tally {
  kept: number;
  leftOpen: number;
  unreadable: number;
}

const AT_A_TIME = 5000;

async function keepAll(file: ConnectionFile, history: History, source: string, terminal: Terminal): Promise<Tally> {
  const tally: Tally = { kept: 0, leftOpen: 0, unreadable: 0 };
  const progress = new Progress(terminal, file.total, undefined, sessions);
  let waiting: PastConnection[] = [];
  const keep = async () => {
    if (terminal.signal.aborted) {
      throw new HeadcountError(
        'STOPPED',
        `Stopped after ${sessions(tally.kept)}. Start it again: nothing comes twice.`,
      );
    }
    if (waiting.length === 0) return;
    await history.keep(source, waiting);
    tally.kept += waiting.length;
    tally.leftOpen += waiting.filter(({ reason }) => reason === 'lost').length;
    progress.add(waiting.length);
    waiting = [];
  };
  try {
    for (const connection of file.connections) {
      if (connection === null) tally.unreadable++;
      else waiting.push(connection);
      if (waiting.length === AT_A_TIME) await keep();
    }
    await keep();
  } finally {
    progress.end();
  }
  return tally;
}

function inWords({ kept, leftOpen, unreadable }: Tally, source: string, directory: string): string {
  const more = [
    leftOpen === 0 ? '' : ` Without an end: ${leftOpen.toLocaleString('en')}.`,
    unreadable === 0 ? '' : ` Rows left out, since they cannot be read: ${unreadable.toLocaleString('en')}.`,
  ].join('');
  return `${sessions(kept)} of the source ${source} kept in ${directory}.${more}\n`;
}
