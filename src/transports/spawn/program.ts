/**
 * Starts one program, and signals it with all that it has started: it leads a session and a process group of its own. None
 * of them outlives us: what runs when we exit is killed.
 */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { messageOf } from '../../lib/errors.ts';
import { enter, MARK, noteOnce, strike } from './register.ts';
import { openMasters, openTerminal, type Terminal } from './terminal.ts';

export interface Program {
  readonly child: ChildProcess;
  /** Where it prints: a terminal, or its standard output and standard error. */
  readonly outputs: readonly Readable[];
}

export interface ProgramOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** What its output is. A terminal that cannot be had is a pipe, and said to be. */
  readonly output: 'terminal' | 'pipe';
}

/** Of util-linux: every Debian has them. */
const SETPRIV = '/usr/bin/setpriv';
const SETSID = '/usr/bin/setsid';

/** Throws why if there is no such program that may be run; else an `error` event of the child may still say so. */
export function startProgram({ program, args, output }: ProgramOptions): Program {
  checkRunnable(program);
  const terminal = output === 'terminal' ? terminalOrNull() : null;
  try {
    // Whoever leads a session may have a terminal of its own: the kernel then tells them (SIGHUP) when we close it or are
    // gone. setsid(1) makes one without another process only if it does not lead a group already.
    const ownTerminal = terminal !== null && existsSync(SETSID) ? [SETSID, '-c', '--'] : [];
    // prctl(2) PR_SET_PDEATHSIG: the kernel kills it when we are gone, however that came.
    const bound = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : [];
    const [file, ...rest] = [...bound, ...ownTerminal, program, ...args];
    const mark = randomBytes(12).toString('hex');
    const child = startWith(terminal, (stdio) =>
      spawn(file!, rest, { env: environment(mark), stdio, detached: ownTerminal.length === 0 }),
    );
    if (child.pid !== undefined) remember(child, mark);
    return { child, outputs: terminal === null ? [child.stdout!, child.stderr!] : [terminal.output] };
  } catch (error) {
    terminal?.output.destroy();
    throw error;
  }
}

/** All that a program sees of our environment; and what tells it from the programs of others. */
function environment(mark: string): Record<string, string> {
  const { PATH, HOME, LANG } = process.env;
  const all = Object.entries({ PATH, HOME, LANG, TERM: 'dumb', [MARK]: mark });
  return Object.fromEntries(all.filter((each): each is [string, string] => each[1] !== undefined));
}

function terminalOrNull(): Terminal | null {
  try {
    return openTerminal();
  } catch (error) {
    const hint = 'a program that does not flush its lines holds them back for up to 4 KiB';
    noteOnce(`programs are run without a terminal: ${messageOf(error).split('\n')[0]}; ${hint}`);
    return null;
  }
}

function startWith(terminal: Terminal | null, start: (stdio: StdioOptions) => ChildProcess): ChildProcess {
  if (terminal === null) return start(['ignore', 'pipe', 'pipe']);
  const nothing = openSync('/dev/null', 'r');
  const stdio: (number | 'ignore')[] = [terminal.slave, terminal.slave, terminal.slave];
  for (const master of openMasters()) {
    while (stdio.length < master) stdio.push('ignore');
    stdio[master] = nothing;
  }
  try {
    return start(stdio);
  } finally {
    closeSync(nothing);
    closeSync(terminal.slave);
  }
}

/** Throws if there is no such program that may be run: setpriv would say so only by ending at once. */
function checkRunnable(program: string): void {
  const path = process.env['PATH'] ?? '';
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

/** Programs that run: they do not outlive us. */
const running = new Set<ChildProcess>();

function remember(child: ChildProcess, mark: string): void {
  if (running.size === 0) process.on('exit', killAll);
  running.add(child);
  enter(child.pid!, mark);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killAll);
    strike(child.pid!);
  });
}

function killAll(): void {
  for (const child of running) signalGroup(child, 'SIGKILL');
}

export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // There is nobody left in it; or it does not lead it yet, having been started just now.
    child.kill(signal);
  }
}
