/** The process: arguments, signals, exit code. The only file that may exit. */

import { analyze } from './cli/analyze.ts';
import { nearest } from './cli/args.ts';
import { check } from './cli/check.ts';
import type { Command, Terminal } from './cli/command.ts';
import { forget } from './cli/forget.ts';
import { run } from './cli/run.ts';
import { HeadcountError, messageOf } from './lib/errors.ts';
import { VERSION } from './version.ts';

const COMMANDS: readonly Command[] = [run, analyze, check, forget];

function overview(): string {
  const list = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`);
  return `Headcount ${VERSION} – who is connected to your streams right now, from where, on what, for how long.

  headcount                                  a demo, to look around
  headcount /var/log/nginx/access.log        your own listeners
  headcount -c headcount.yaml                what the configuration says

Commands (headcount COMMAND --help says more):
${list.join('\n')}
`;
}

async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version' || first === 'version') {
    terminal.out(`${VERSION}\n`);
    return 0;
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    const command = COMMANDS.find(({ name }) => name === rest[0]);
    terminal.out(command?.help ?? overview());
    return 0;
  }
  const named = COMMANDS.find(({ name }) => name === first);
  if (named === undefined && first !== undefined && /^[a-z]+$/.test(first)) {
    // A word alone is a command that was mistyped, and no file.
    const near = nearest(
      first,
      COMMANDS.map(({ name }) => name),
    );
    const hint = near === null ? 'See headcount --help.' : `Did you mean "${near}"?`;
    throw new HeadcountError('BAD_USAGE', `There is no command "${first}". ${hint}`);
  }
  const command = named ?? run;
  const own = named === undefined ? args : rest;
  if (own.includes('--help') || own.includes('-h')) {
    terminal.out(command.help);
    return 0;
  }
  return command.run(own, terminal);
}

const stopping = new AbortController();
const reloads = new Set<() => void>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait.
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
  });
}
process.on('SIGHUP', () => {
  for (const reload of reloads) reload();
});
// A reader that has gone away (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

const terminal: Terminal = {
  env: process.env,
  isTerminal: process.stderr.isTTY === true,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  signal: stopping.signal,
  onReload: (reload) => reloads.add(reload),
};

try {
  process.exitCode = await main(process.argv.slice(2), terminal);
} catch (error) {
  const isExpected = error instanceof HeadcountError;
  terminal.err(`${isExpected ? messageOf(error) : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = isExpected && ['BAD_USAGE', 'BAD_CONFIG'].includes(error.code) ? 2 : 1;
}
