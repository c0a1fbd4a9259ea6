/**
 * Runs one program and hands over what it prints, line by line. It knows nothing of what is printed.
 *
 * - No shell; fixed arguments; of our environment the program sees `PATH`, `HOME` and `LANG` alone, and besides `TERM=dumb`
 *   and our mark (register.ts).
 * - Programs are started at least a second apart (turns.ts).
 * - Its output is a terminal (terminal.ts), on which nobody types; or, if asked for, a pipe.
 * - The program leads a session and a process group of its own. To end it, the group gets SIGINT, after two seconds SIGTERM,
 *   after two more SIGKILL. If our own process ends without that, it is killed; also if we are killed with SIGKILL, where
 *   Linux's `setpriv` is installed. Elsewhere its terminal hangs up (SIGHUP), and the next start ends what is left
 *   (register.ts).
 * - Standard output and standard error are read together; lines of more than 64 KiB are skipped and counted as
 *   `longLines`. Reading stops while the lines that were read are not taken.
 */

import type { Clock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { RecentLines } from '../../telemetry/recent-lines.ts';
import { collect, type Ending, type Output } from './output.ts';
import { startProgram } from './program.ts';
import { settle } from './register.ts';
import { takeTurn } from './turns.ts';

export type { Ending } from './output.ts';

export interface SpawnOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Aborted, it ends the program; the steps go on until it has ended. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly counters: ScopedCounters;
  /** There is a step at least this often. */
  readonly beatMs?: number;
  /** What its output is: a terminal, unless it is one of those that flush their lines by themselves. */
  readonly output?: 'terminal' | 'pipe';
  /** Where its newest lines are kept, to be shown. */
  readonly recent?: RecentLines | undefined;
}

export type SpawnStep =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** Nothing was printed; perhaps it has not even been started yet. */
  | { readonly kind: 'quiet' }
  /** The last step: all that it printed has been handed over. `at` is when it ended, in milliseconds since the Unix epoch. */
  | { readonly kind: 'ended'; readonly ending: Ending; readonly at: number };

const BEAT_MS = 1000;

/** Rejects with `CHILD_NOT_STARTED` if the program cannot be run. However the steps are left, the program has ended. */
export async function* spawnLines(options: SpawnOptions): AsyncGenerator<SpawnStep, void, undefined> {
  const { signal, clock, beatMs = BEAT_MS } = options;
  if (signal.aborted) return;
  const turn = takeTurn(clock);
  for (let left = turn - clock.elapsed(); left > 0; left = turn - clock.elapsed()) {
    await clock.sleep(Math.min(left, beatMs), signal);
    if (signal.aborted) return;
    yield { kind: 'quiet' };
  }
  yield* runNow(options);
}

async function* runNow(options: SpawnOptions): AsyncGenerator<SpawnStep, void, undefined> {
  const { signal, clock, recent, beatMs = BEAT_MS } = options;
  let nap = new AbortController();
  const { pid, output } = start(options, () => nap.abort());
  const stop = () => void output.end();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    for (;;) {
      const lines = output.take();
      if (lines.length > 0) {
        settle(pid);
        recent?.add(lines, clock.now());
        yield { kind: 'lines', lines };
        continue;
      }
      if (output.failure !== null) throw notStarted(options.program, output.failure);
      if (output.ending !== null) {
        yield { kind: 'ended', ending: output.ending, at: output.endedAt };
        return;
      }
      nap = new AbortController();
      await clock.sleep(beatMs, nap.signal);
      if (nap.signal.aborted) continue;
      settle(pid);
      yield { kind: 'quiet' };
    }
  } finally {
    signal.removeEventListener('abort', stop);
    output.discard();
    await output.end();
  }
}

/** `pid` is 0 if it could not be started. */
function start(options: SpawnOptions, changed: () => void): { pid: number; output: Output } {
  const { program, args, output = 'terminal' } = options;
  try {
    const started = startProgram({ program, args, output });
    return { pid: started.child.pid ?? 0, output: collect(started, options, changed) };
  } catch (error) {
    throw notStarted(program, error);
  }
}

function notStarted(program: string, cause: unknown): HeadcountError {
  return new HeadcountError('CHILD_NOT_STARTED', `The program ${program} cannot be started.`, { cause });
}
