/** `headcount run`: watch the sources and serve the answers, until told to stop. Without anything to watch, the demo. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../app.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { impliedSources } from '../config/outputs.ts';
import { FACADE_KINDS } from '../facades/index.ts';
import { aborted } from '../lib/abort.ts';
import { systemClock } from '../lib/clock.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import { parseIp } from '../lib/ip.ts';
import { SINK_KINDS } from '../sinks/index.ts';
import { KINDS } from '../sources/index.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { createLog, type Log, silentLog } from '../telemetry/log.ts';
import { readArgs } from './args.ts';
import { DEFAULT_FILE } from './check.ts';
import type { Command, Terminal } from './command.ts';
import { wrap } from './wrap.ts';

export const run: Command = {
  help: `Watch sources, keep every session, serve the dashboard and the API.

  headcount
  headcount /var/log/nginx/access.log
  headcount icecast://admin:PASSWORD@radio.example.org:8000 --listen 0.0.0.0:80
  headcount run -c headcount.yaml --data /var/lib/headcount

Sources, as many as you like: a path or a URL
${KINDS.map(({ usage, summary }) => `${wrap(usage, 2)}\n${wrap(summary, 6)}`).join('\n')}

Options
  -c, --config FILE       the configuration; default: ${DEFAULT_FILE}, if it is
                          there. The <proxyConfig> of CasterStats Proxy is
                          taken as it is
      --listen HOST:PORT  where to serve; default 127.0.0.1:8700
      --data DIR          where the history is kept; default ./data

Sources on the command line take the place of those in the configuration.
Without any source and without a configuration, a demo starts: a small HLS
origin and a crowd of simulated listeners, in a temporary data directory.

SIGHUP reads the configuration again, SIGTERM and Ctrl+C end Headcount.
Exit code: 0 when told to end, 1 if it cannot go on, 2 for wrong usage or
configuration.
`,
  run: async (args, terminal) => {
    const { values, positionals } = readArgs(args, {
      config: { type: 'string', short: 'c' },
      listen: { type: 'string' },
      data: { type: 'string' },
    });
    const file = fileOf(values['config'] as string | undefined);
    const given = {
      kinds: KINDS,
      facades: FACADE_KINDS,
      sinks: SINK_KINDS,
      file,
      env: terminal.env,
      listen: values['listen'] as string | undefined,
      data: values['data'] as string | undefined,
    };
    const isSaid = Boolean(terminal.env['HEADCOUNT_SOURCES']) || impliedSources(FACADE_KINDS, terminal.env).length > 0;
    const isDemo = positionals.length === 0 && file === null && !isSaid;
    if (isDemo) return runDemo(terminal, given);
    const load = () => loadConfig({ ...given, sources: positionals });
    return runApp(terminal, load(), load);
  },
};

function fileOf(asked: string | undefined): string | null {
  if (asked === undefined) return existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null;
  if (!existsSync(asked)) throw new HeadcountError('BAD_CONFIG', `There is no file ${asked}.`);
  return asked;
}

async function runApp(terminal: Terminal, config: LoadedConfig, reload: () => LoadedConfig): Promise<number> {
  const log = logOf(config, terminal);
  for (const note of config.notes) log.warn(note);
  if (config.sources.length === 0) log.warn('nothing is watched: add sources to the configuration');
  return serve(terminal, config, log, { isDemo: false, reload });
}

async function runDemo(terminal: Terminal, given: Parameters<typeof loadConfig>[0]): Promise<number> {
  const [{ demoLog, startDemo }, { openGeo }] = await Promise.all([
    import('../demo/demo.ts'),
    import('../enrich/geo/index.ts'),
  ]);
  const temporary = await mkdtemp(join(tmpdir(), 'headcount-demo-'));
  try {
    const data = given.data ?? join(temporary, 'data');
    const directory = join(temporary, 'origin');
    const source = `log:${demoLog(directory)}`;
    const config = loadConfig({ ...given, data, sources: [`${source}?name=demo`] });
    const log = logOf(config, terminal);
    const geo = await openGeo({ database: null, log: silentLog, counters: new ScopedCounters() });
    const demo = await startDemo({
      directory,
      clock: systemClock,
      random: Math.random,
      countryOf: (address) => geo.find(parseIp(address)!)?.countryCode ?? null,
    });
    try {
      return await serve(terminal, config, log, { isDemo: true, reload: () => config });
    } finally {
      await demo.stop();
      await geo.close();
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function logOf(config: LoadedConfig, terminal: Terminal): Log {
  return createLog({ level: config.log.level, write: terminal.err, now: () => new Date() });
}

interface Serving {
  readonly isDemo: boolean;
  reload(): LoadedConfig;
}

/** Runs until the signal, or until the store is beyond use. */
async function serve(terminal: Terminal, config: LoadedConfig, log: Log, { isDemo, reload }: Serving): Promise<number> {
  // Loaded last: who has made a mistake in the configuration hears of it at once.
  const { startApp } = await import('../app.ts');
  const broken = new AbortController();
  const app = await startApp({
    config,
    clock: systemClock,
    log,
    random: Math.random,
    isDemo,
    onFatal: (error) => {
      log.error(messageOf(error));
      broken.abort();
    },
  });
  if (isDemo) log.info('this is the demo: all listeners are simulated');
  log.info(`serving on ${app.url}`);
  if (app.trialUrl !== null) log.info(`to try a source in the browser: ${app.trialUrl}`);
  const reloading = reloader(app, log, reload);
  terminal.onReload(reloading.ask);
  await aborted(AbortSignal.any([terminal.signal, broken.signal]));
  log.info('stopping');
  await reloading.done();
  await app.close();
  return broken.signal.aborted ? 1 : 0;
}

/** One reload at a time; a mistake in the file leaves everything as it is. */
function reloader(app: App, log: Log, reload: () => LoadedConfig): { ask(): void; done(): Promise<void> } {
  let last: Promise<void> = Promise.resolve();
  return {
    ask: () => {
      last = last.then(async () => {
        try {
          await app.reload(reload());
        } catch (error) {
          log.error(`the configuration stays as it was: ${messageOf(error)}`);
        }
      });
    },
    done: () => last,
  };
}
