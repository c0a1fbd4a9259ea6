/** The process: arguments, signals, exit code. The only file that may exit. */

import { ask } from './cli/ask.ts';
import type { Terminal } from './cli/command.ts';
import { screenOf } from './cli/screen.ts';
import { HeadcountError, messageOf } from './lib/errors.ts';

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
  columns: () => process.stderr.columns ?? null,
  // Who only reads a log does not need standard input.
  get screen() {
    return screenOf(process.stdin, process.stdout, process.env);
  },
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  signal: stopping.signal,
  onReload: (reload) => reloads.add(reload),
};

try {
  process.exitCode = await ask(process.argv.slice(2), terminal);
} catch (error) {
  const isExpected = error instanceof HeadcountError;
  terminal.err(`${isExpected ? messageOf(error) : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = isExpected && ['BAD_USAGE', 'BAD_CONFIG'].includes(error.code) ? 2 : 1;
}
