/** `headcount top`: the live numbers of a running Headcount in a terminal, or once as text or JSON. */

import type { Command, Terminal } from './command.ts';
import { type Api, apiOf } from './top/api.ts';
import { readQuestion } from './top/question.ts';

/** Where nothing says how wide a line may be. */
const PLAIN_COLUMNS = 120;

export const top: Command = {
  help: `Show who listens now, in the terminal.

  headcount top
  headcount top --data /var/lib/headcount
  headcount top https://radio.example/ --user anna --password-file secret
  headcount top --once
  headcount top --json > now.json

Asks the Headcount that runs on the data directory, through the socket that it
keeps there for its owner, or the one at a URL. How many are here, streams,
sessions and sources, as they change. ? shows the keys, q ends.

Where standard output is no terminal it prints everything once, and ends.

Whom it asks
      --data DIR            the data directory; default: as the configuration
                            says, else ./data
  -c, --config FILE         the configuration that says where that is
  -u, --user NAME           who you are, for a URL, with
      --password-file FILE  the password alone in a file; or
      --token-file FILE     a token alone in a file

How it tells
      --once                as text, once: the first 100 of each
      --json                what the API answers, in one object, once

NO_COLOR is respected, and with TERM=dumb it prints once.
Exit code: 0 fine, 1 if no Headcount answers, 2 for wrong usage.
`,
  run: async (args, terminal) => {
    const { place, isOnce, isJson } = readQuestion(args, terminal);
    const api = apiOf(place);
    const { screen, signal } = terminal;
    if (isJson) {
      const { snapshotJson } = await import('./top/snapshot.ts');
      terminal.out(await snapshotJson(api, signal));
    } else if (!isOnce && screen !== null) {
      const { follow } = await import('./top/follow.ts');
      // SIGHUP: whoever was there has closed the terminal.
      const gone = new AbortController();
      terminal.onReload(() => gone.abort());
      const until = AbortSignal.any([signal, gone.signal]);
      await follow(api, screen, { signal: until, isColoured: !terminal.env['NO_COLOR'] });
    } else {
      await printOnce(api, terminal);
    }
    return 0;
  },
};

async function printOnce(api: Api, { screen, signal, out }: Terminal): Promise<void> {
  const [{ snapshotText }, { Watch }, { FIRST_VIEW, questionOf }] = await Promise.all([
    import('./top/snapshot.ts'),
    import('./top/watch.ts'),
    import('./top/view.ts'),
  ]);
  const watch = new Watch({ api, signal, onChange: () => {} }, questionOf(FIRST_VIEW, 0));
  const picture = await watch.once();
  out(snapshotText(picture, { now: Date.now(), columns: screen?.columns ?? PLAIN_COLUMNS }));
}
