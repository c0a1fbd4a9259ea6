/**
 * A busy web server, as far as its log can tell: a process of its own (log-writer-child.ts) appends so many lines a second
 * to a file, in small steps as a server does it, and says afterwards what it has written. It ends with this process.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Load {
  readonly path: string;
  readonly linesPerSecond: number;
  /** So many are there at a time, once all have come; as one leaves, another comes. */
  readonly players: number;
  /** They come evenly within so many seconds. */
  readonly arriveSeconds: number;
  /** How long somebody stays, on average; ten minutes if nothing is said. */
  readonly staySeconds?: number;
  /** From the first line to the last. */
  readonly seconds: number;
  /** How often it writes: 10 to 50 milliseconds. */
  readonly stepMs: number;
  readonly seed: number;
}

/** What it has written. */
export interface Written {
  readonly lines: number;
  /** Those that are audience, and the bytes that they sent. */
  readonly requests: number;
  readonly bytes: number;
  /** Nobody comes back, nobody pauses: as many as there were players. */
  readonly sessions: number;
}

/** A step: the last of its lines is one of `MARKER`, the only one of that user in the step. */
export interface Step {
  /** Milliseconds since the epoch: it stood in the file by then. */
  readonly at: number;
  /** In the file so far. */
  readonly lines: number;
}

/** The user of whom the last line of each step tells: as many requests as it has, so many steps have been read. */
export const MARKER = 'marker';

export interface LogWriter {
  /** In order; it grows. */
  readonly steps: readonly Step[];
  readonly ended: Promise<Written>;
  stop(): void;
}

export function startLogWriter(load: Load): LogWriter {
  const script = fileURLToPath(new URL('log-writer-child.ts', import.meta.url));
  const child = fork(script, [JSON.stringify(load)], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const steps: Step[] = [];
  let written: Written | null = null;
  child.on('message', (message: Step | Written) => {
    if ('at' in message) steps.push(message);
    else written = message;
  });
  // All messages have come when the channel is closed.
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(([[code]]) => {
    if (written === null) throw new Error(`the writer of the log ended with ${code}`);
    return written;
  });
  // Whoever stops it need not wait for it.
  ended.catch(() => {});
  return { steps, ended, stop: () => child.kill() };
}
