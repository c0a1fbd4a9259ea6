/** `headcount forget`: erases who it was. A running Headcount is asked to do it; otherwise the history is opened here. */

import type { LoadedConfig } from '../config/load.ts';
import { HeadcountError } from '../lib/errors.ts';
import type { Forgettable } from '../store/forget.ts';
import { createLog } from '../telemetry/log.ts';
import { readArgs } from './args.ts';
import { DEFAULT_FILE } from './check.ts';
import type { Command } from './command.ts';
import { checkHistory, placeOfHistory } from './history.ts';
import { askOwner } from './owner.ts';

export const forget: Command = {
  help: `Erase who it was from all past sessions of a listener.

  headcount forget --ip 192.0.2.7
  headcount forget --user anna -c /etc/headcount.yaml
  headcount forget --session 3fKq0c1bXw2LmZ8a --data /var/lib/headcount

Whom: exactly one of these
      --ip ADDRESS    an address; where addresses are kept masked, everybody
                      behind the same mask
      --user NAME     a user
      --session ID    whoever had this session

Where
  -c, --config FILE   the configuration; default: ${DEFAULT_FILE}, if it is there
      --data DIR      where the history is kept; default ./data

Address, user agent, user, device and listener token are erased. The sessions
themselves stay, so that no count changes, except that nobody can say any more
that they were one and the same listener. A session that is open keeps its facts
until it ends. A running Headcount with the same data directory is asked to do
it; otherwise it is done here.
`,
  run: async (args, terminal) => {
    const { values, positionals } = readArgs(args, {
      ip: { type: 'string' },
      user: { type: 'string' },
      session: { type: 'string' },
      config: { type: 'string', short: 'c' },
      data: { type: 'string' },
    });
    const named = (['ip', 'user', 'session'] as const).filter((name) => values[name] !== undefined);
    if (named.length !== 1 || positionals.length > 0) {
      throw new HeadcountError('BAD_USAGE', 'Say whom: exactly one of --ip, --user or --session.');
    }
    const who = { [named[0]!]: String(values[named[0]!]) } as Forgettable;
    const place = placeOfHistory(values, terminal);
    checkHistory(place);
    const { directory, config } = place;
    const asked = await askOwner(directory, `${config.basePath}api/v1/forget`, who);
    const sessions =
      asked === null
        ? await forgetHere(directory, who, config, terminal.err)
        : (asked as { sessions: number }).sessions;
    terminal.out(sessions === 0 ? 'No past session fits.\n' : `Forgotten: who it was in ${sessions} past sessions.\n`);
    return 0;
  },
};

async function forgetHere(
  directory: string,
  who: Forgettable,
  config: LoadedConfig,
  write: (text: string) => void,
): Promise<number> {
  // Only who must open the history loads the store.
  const [{ installationKey }, { createMask, keyedHash }, { openDuckDbStore }, { forgetListener }] = await Promise.all([
    import('../config/key.ts'),
    import('../enrich/privacy.ts'),
    import('../store/duckdb/index.ts'),
    import('../store/forget.ts'),
  ]);
  const log = createLog({ level: 'warn', write, now: () => new Date() });
  const store = await openDuckDbStore({ directory, log });
  try {
    await store.resume();
    return await forgetListener(store, who, createMask(config.privacy, keyedHash(installationKey(directory))));
  } finally {
    await store.close();
  }
}
