/**
 * Runs one program and hands over what it prints, line by line. It knows nothing of what is printed.
 *
 * - No shell; fixed arguments; of our environment the program sees `PATH`, `HOME` and `LANG` alone.
 * - The program leads a process group of its own. To end it, the group gets SIGINT, after two seconds SIGTERM, after two
 *   more SIGKILL. If our own process ends without that, it is killed; also if we are killed with SIGKILL, where Linux's
 *   `setpriv` is installed. Elsewhere it then lives on until its next line, which nobody takes any more (SIGPIPE).
 * - Standard output and standard error are read together; lines of more than 64 KiB are skipped and counted as
 *   `longLines`. Reading stops while the lines that were read are not taken.
 *
 * The program's output is a pipe: a C program that does not flush its lines holds them back for up to 4 KiB.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { lineSplitter } from './lines.ts';

export interface SpawnOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Aborted, it ends the program; the steps go on until it has ended. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly counters: ScopedCounters;
  /** There is a step at least this often. */
  readonly beatMs?: number;
}

/** How a program ended: by itself with a code, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type SpawnStep =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'quiet' }
  /** The last step: all that it printed has been handed over. */
  | { readonly kind: 'ended'; readonly ending: Ending };

type Program = ChildProcessByStdio<null, Readable, Readable>;

/** Of util-linux: every Debian has it. */
const SETPRIV = '/usr/bin/setpriv';
const BEAT_MS = 1000;
const LONGEST_LINE = 64 * 1024;
/** With so many lines waiting to be taken, reading stops. */
const MANY_LINES = 1000;
const PATIENCE_MS = 2000;
/** What a program has left behind may hold its output open for so long. */
const LEFT_BEHIND_MS = 500;

/** Rejects with `CHILD_NOT_STARTED` if the program cannot be run. However the steps are left, the program has ended. */
export async function* spawnLines(options: SpawnOptions): AsyncGenerator<SpawnStep, void, undefined> {
  const { signal, clock, counters, beatMs = BEAT_MS } = options;
  if (signal.aborted) return;
  let nap = new AbortController();
  const output = watch(start(options), counters, () => nap.abort());
  const stop = () => void output.end();
  signal.addEventListener('abort', stop);
  try {
    for (;;) {
      const lines = output.take();
      if (lines.length > 0) {
        yield { kind: 'lines', lines };
        continue;
      }
      if (output.failure !== null) throw notStarted(options.program, output.failure);
      if (output.ending !== null) {
        yield { kind: 'ended', ending: output.ending };
        return;
      }
      nap = new AbortController();
      await clock.sleep(beatMs, nap.signal);
      if (!nap.signal.aborted) yield { kind: 'quiet' };
    }
  } finally {
    signal.removeEventListener('abort', stop);
    output.discard();
    await output.end();
  }
}

function start({ program, args }: SpawnOptions): Program {
  const { PATH, HOME, LANG } = process.env;
  const env = Object.fromEntries(Object.entries({ PATH, HOME, LANG }).filter(([, value]) => value !== undefined));
  try {
    const isBound = existsSync(SETPRIV);
    if (isBound) checkRunnable(program, PATH ?? '');
    // prctl(2) PR_SET_PDEATHSIG: the kernel kills it when we are gone, however that came.
    const [file, before] = isBound ? [SETPRIV, ['--pdeathsig', 'KILL', '--', program]] : [program, []];
    return spawn(file, [...before, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  } catch (error) {
    throw notStarted(program, error);
  }
}

/** Throws if there is no such program that may be run: setpriv would say so only by ending at once. */
function checkRunnable(program: string, path: string): void {
  const places = program.includes('/') ? [program] : path.split(delimiter).map((folder) => join(folder, program));
  const isRunnable = (place: string) => {
    try {
      accessSync(place, constants.X_OK);
      return statSync(place).isFile();
    } catch {
      return false;
    }
  };
  if (!places.some(isRunnable)) throw new Error(`no program ${program} that may be run`);
}

function notStarted(program: string, cause: unknown): HeadcountError {
  return new HeadcountError('CHILD_NOT_STARTED', `The program ${program} cannot be started.`, { cause });
}

interface Output {
  readonly ending: Ending | null;
  /** Why it could not be started. */
  readonly failure: Error | null;
  /** The lines that have come since the last time. */
  take(): string[];
  /** Nobody will take any more lines. */
  discard(): void;
  /** Makes the program end; resolves when it has, and nothing more comes. */
  end(): Promise<void>;
}

/** Collects what the program prints, and calls `changed` when there is something new. */
function watch(child: Program, counters: ScopedCounters, changed: () => void): Output {
  const streams = [child.stdout, child.stderr];
  let lines: string[] = [];
  let isDiscarding = false;
  const add = (more: readonly string[]) => {
    if (isDiscarding || more.length === 0) return;
    lines.push(...more);
    if (lines.length > MANY_LINES) for (const each of streams) each.pause();
    changed();
  };
  for (const stream of streams) {
    const splitter = lineSplitter(LONGEST_LINE, () => counters.add('longLines'));
    stream.on('data', (chunk: Buffer) => add(splitter.take(chunk)));
    stream.on('end', () => add([splitter.rest()].filter((rest) => rest !== null)));
    // Destroyed by us, or broken: either way it is over.
    stream.on('error', () => {});
  }
  const resume = () => {
    lines = [];
    for (const stream of streams) stream.resume();
  };
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let ending: Promise<void> | null = null;
  const output = {
    ending: null as Ending | null,
    failure: null as Error | null,
    take: () => {
      const taken = lines;
      resume();
      return taken;
    },
    discard: () => {
      isDiscarding = true;
      resume();
    },
    end: () => {
      const isOver = output.ending !== null || output.failure !== null;
      ending ??= isOver ? ended : endStepByStep(child, ended);
      return ending;
    },
  };
  child.once('error', (error) => {
    if (child.pid === undefined) output.failure = error;
  });
  child.once('exit', () => cutOff(child, streams));
  child.once('close', (code, signal) => {
    output.ending = { code, signal };
    forget(child);
    resolve();
    changed();
  });
  remember(child);
  return output;
}

/** What the program has left behind must not hold its output open for ever; what it has printed is still read. */
function cutOff(child: Program, streams: readonly Readable[]): void {
  const timer = setInterval(() => {
    if (streams.some((stream) => stream.isPaused())) return;
    signalGroup(child, 'SIGKILL');
    for (const stream of streams) stream.destroy();
  }, LEFT_BEHIND_MS);
  child.once('close', () => clearInterval(timer));
}

async function endStepByStep(child: Program, ended: Promise<void>): Promise<void> {
  const timers = [
    setTimeout(() => signalGroup(child, 'SIGTERM'), PATIENCE_MS),
    setTimeout(() => signalGroup(child, 'SIGKILL'), 2 * PATIENCE_MS),
  ];
  signalGroup(child, 'SIGINT');
  await ended;
  for (const timer of timers) clearTimeout(timer);
}

/** Programs that run: they do not outlive us. */
const running = new Set<Program>();

function remember(child: Program): void {
  if (running.size === 0) process.on('exit', killAll);
  running.add(child);
}

function forget(child: Program): void {
  running.delete(child);
  if (running.size === 0) process.off('exit', killAll);
}

function killAll(): void {
  for (const child of running) signalGroup(child, 'SIGKILL');
}

function signalGroup(child: Program, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // There is nobody left in it.
  }
}
