/**
 * What every benchmark needs: both sides warmed up and then run in turns, so that whatever else the machine does meets
 * both; the median of several runs, and how far apart they were. A peer that is a program runs as a child process, and so
 * do we then; a peer that is a library is called in the same process as we are.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './report.ts';

export interface Bench {
  readonly name: string;
  /** What it measures, in a sentence. */
  readonly question: string;
  /** Throws if an answer is wrong: what is fast and wrong has no figure. */
  run(report: Report): Promise<void>;
}

export interface Samples {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function samplesOf(values: readonly number[]): Samples {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, least: sorted[0]!, most: sorted.at(-1)! };
}

/** Of two sides, how many times as fast the first one is, by their times. */
export function ratioOf(ours: Samples, theirs: Samples): number {
  return theirs.median / ours.median;
}

export interface Turns {
  readonly rounds: number;
  /** Rounds before these that do not count. */
  readonly warmUps: number;
}

/** Runs all sides in turns, every other round in reverse; each answers its measure, such as milliseconds. */
export async function inTurns<Side extends string>(
  { rounds, warmUps }: Turns,
  sides: Readonly<Record<Side, () => number | Promise<number>>>,
): Promise<Record<Side, Samples>> {
  const names = Object.keys(sides) as Side[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Side, number[]>;
  for (let round = -warmUps; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const value = await sides[name]();
      if (round >= 0) values[name].push(value);
    }
  }
  return Object.fromEntries(names.map((name) => [name, samplesOf(values[name])])) as Record<Side, Samples>;
}

/** Milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export interface ChildRun {
  readonly seconds: number;
  /** The most memory that it had; 0 where the system does not tell. */
  readonly peakBytes: number;
  readonly output: string;
}

/** Runs a program to its end, start included. What it prints is kept, or dropped unread. */
export async function runProgram(
  program: string,
  args: readonly string[],
  output: 'keep' | 'drop' = 'keep',
): Promise<ChildRun> {
  const start = performance.now();
  const env = { ...process.env, TZ: 'UTC', LANG: 'C.UTF-8' };
  const child = spawn(program, args, { env, stdio: ['ignore', output === 'keep' ? 'pipe' : 'ignore', 'pipe'] });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const chunks: Buffer[] = [];
  const complaints: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk));
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid));
  }, 50);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${Buffer.concat(complaints).toString()}`);
  } finally {
    clearInterval(timer);
    process.off('exit', end);
  }
  return { seconds: (performance.now() - start) / 1000, peakBytes, output: Buffer.concat(chunks).toString() };
}

/** Runs a script of this folder in a Node of its own, where `gc` can be called. */
export function runScript(script: string, ...args: string[]): Promise<ChildRun> {
  return runProgram(process.execPath, ['--expose-gc', fileURLToPath(new URL(script, import.meta.url)), ...args]);
}

/** The same for a script that prints one line of JSON, which is believed. */
export async function scriptResult<Result>(script: string, ...args: string[]): Promise<Result> {
  return JSON.parse((await runScript(script, ...args)).output) as Result;
}

/** The most memory that a process has had so far, from Linux. */
export function peakOf(pid: number | undefined): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Processor time that a process has used so far, of all its threads, from Linux. */
export function processorSecondsOf(pid: number): number {
  const TICKS_A_SECOND = 100;
  // Behind the name, which may hold anything: utime and stime are the 14th and 15th field of proc(5).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** A folder that is gone when this process is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What is left of memory when all garbage is gone. */
export function memoryNow(): NodeJS.MemoryUsage {
  if (globalThis.gc === undefined) throw new Error('node must be started with --expose-gc');
  // What the first one lets go of by finalizers and weak references the second one takes.
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage();
}
