/** What Linux tells of a process in /proc (proc(5)); elsewhere, and of processes of others, nothing. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessFacts {
  readonly pid: number;
  /** Its session leader's process id. */
  readonly session: number;
  /** In clock ticks since the system's start: with the process id it tells one process from all others. */
  readonly startedAt: number;
  /** It has ended, and nobody has asked how. */
  readonly isZombie: boolean;
}

/** Null if there is no such process. */
export function factsOf(pid: number): ProcessFacts | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The second field is its name in parentheses, and may have anything in it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => fields[number - 3] ?? '';
  return { pid, session: Number(field(6)), startedAt: Number(field(22)), isZombie: field(3) === 'Z' };
}

/** The path of its program; null if that may not be seen. */
export function executableOf(pid: number): string | null {
  try {
    // Replaced by a newer one meanwhile, it is still the same process.
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
}

/** A variable of the environment with which it was started. */
export function variableOf(pid: number, name: string): string | null {
  const start = `${name}=`;
  const entry = read(`/proc/${pid}/environ`)
    ?.split('\0')
    .find((each) => each.startsWith(start));
  return entry?.slice(start.length) ?? null;
}

export function allProcesses(): ProcessFacts[] {
  try {
    const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return names.map((name) => factsOf(Number(name))).filter((facts) => facts !== null);
  } catch {
    return [];
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
