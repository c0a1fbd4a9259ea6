/**
 * The log of the process: one line an event, on standard error. Addresses and names of listeners never get here.
 * Counting what happens is counters.ts; `Telemetry.report` does both at once, so that they cannot disagree.
 */

import { printable } from '../lib/printable.ts';

export { printable } from '../lib/printable.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

const ORDER: readonly Level[] = ['debug', 'info', 'warn', 'error'];

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** A log whose lines begin with this scope, such as the name of a source. */
  scoped(scope: string): Log;
}

export interface LogOptions {
  readonly level: Level;
  readonly write: (line: string) => void;
  readonly now: () => Date;
}

export function createLog(options: LogOptions, scope = ''): Log {
  const say = (level: Level) => (message: string) => {
    if (ORDER.indexOf(level) < ORDER.indexOf(options.level)) return;
    const where = scope === '' ? '' : `${scope}: `;
    options.write(`${options.now().toISOString()} ${level.padEnd(5)} ${where}${printable(message)}\n`);
  };
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    scoped: (inner) => createLog(options, scope === '' ? inner : `${scope}/${inner}`),
  };
}

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  scoped: () => silentLog,
};
