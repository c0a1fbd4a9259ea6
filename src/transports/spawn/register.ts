/**
 * The programs that run, in a small file of the data directory: if we are killed and one of them survives that, the next
 * start finds it there and ends it. Only what is ours is ended: a process with the same id, start time and executable and
 * with our mark in its environment, and what is in its session and bears that mark. What it prints cannot be taken up
 * again: the other end of its terminal died with us.
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { allProcesses, executableOf, factsOf, type ProcessFacts, variableOf } from './processes.ts';

/** The variable in whose value every program of ours has its mark, and whatever it starts. */
export const MARK = 'HEADCOUNT_CHILD';

export interface RegisterOptions {
  /** Nobody else may use it at the same time. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

const entry = z.object({
  pid: z.int().positive(),
  startedAt: z.number(),
  mark: z.string().min(1),
  /** Null until it is certain: a program is started by way of others. */
  executable: z.string().nullable(),
});
type Entry = z.output<typeof entry>;

const WAIT_MS = 50;
const WAITS = 60;

let open: RegisterOptions | null = null;
const entries = new Map<number, Entry>();
const notes = new Set<string>();

/** Ends what an earlier run has left behind, and from then on writes down what runs, until `close` is called. */
export async function openRegister(options: RegisterOptions): Promise<() => void> {
  await endLeftBehind(options);
  open = options;
  write();
  return () => {
    if (open === options) open = null;
  };
}

/** `pid` has been started with this mark. */
export function enter(pid: number, mark: string): void {
  const facts = factsOf(pid);
  if (facts === null) return;
  entries.set(pid, { pid, startedAt: facts.startedAt, mark, executable: null });
  write();
}

/** It runs as what it is from now on. */
export function settle(pid: number): void {
  const known = entries.get(pid);
  if (known === undefined || known.executable !== null) return;
  const executable = executableOf(pid);
  if (executable === null) return;
  entries.set(pid, { ...known, executable });
  write();
}

/** It has ended. */
export function strike(pid: number): void {
  if (entries.delete(pid)) write();
}

/** Says it in the log, each sentence once. */
export function noteOnce(sentence: string): void {
  if (open === null || notes.has(sentence)) return;
  notes.add(sentence);
  open.log.warn(sentence);
}

/** At once, since we may be killed the next moment; a power cut ends them all and may cost the file. */
function write(): void {
  if (open === null) return;
  const { file, log } = open;
  try {
    writeFileSync(`${file}.partial`, JSON.stringify([...entries.values()]), { mode: 0o600 });
    renameSync(`${file}.partial`, file);
  } catch (error) {
    log.warn(`the programs that run cannot be written down: ${messageOf(error)}`);
  }
}

function read({ file, log }: RegisterOptions): Entry[] {
  try {
    return z.array(entry).parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing) log.warn('what an earlier run has written of its programs cannot be read: none of them is ended');
    return [];
  }
}

async function endLeftBehind(options: RegisterOptions): Promise<void> {
  const known = read(options);
  if (known.length === 0) return;
  const left = allProcesses().filter((facts) => known.some((each) => isOurs(facts, each)));
  if (left.length === 0) return;
  for (const { pid } of left) kill(pid);
  const isThere = ({ pid, startedAt }: ProcessFacts) => {
    const now = factsOf(pid);
    return now !== null && now.startedAt === startedAt && !now.isZombie;
  };
  const never = new AbortController().signal;
  for (let i = 0; i < WAITS && left.some(isThere); i++) await options.clock.sleep(WAIT_MS, never);
  const living = left.filter(isThere).length;
  options.log.info(`ended ${count(left.length - living)} that an earlier run had left behind`);
  if (living > 0) options.log.warn(`${count(living)} of an earlier run cannot be ended`);
}

function count(processes: number): string {
  return processes === 1 ? '1 process' : `${processes} processes`;
}

function isOurs({ pid, session, startedAt, isZombie }: ProcessFacts, known: Entry): boolean {
  if (isZombie || pid === process.pid) return false;
  if (pid === known.pid) {
    if (startedAt !== known.startedAt) return false;
    if (known.executable !== null && executableOf(pid) !== known.executable) return false;
  } else if (session !== known.pid || startedAt < known.startedAt) {
    return false;
  }
  return variableOf(pid, MARK) === known.mark;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself, or is not ours to end: who is still there is said.
  }
}
