/** For tests of what is left behind: what this process holds. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** How many of each: by what they are. */
export type Held = Readonly<Record<string, number>>;

/** Files and sockets, timers, child processes. */
export function held(): Held {
  const counts: Record<string, number> = {};
  const add = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      add(readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, ''));
    } catch {
      // The descriptor that listed the others is gone.
    }
  }
  for (const each of process.getActiveResourcesInfo()) add(each);
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  counts['children'] = children === '' ? 0 : children.split(' ').length;
  return counts;
}

/** Nothing is held now that was not held before. */
export function isNoMoreThan(before: Held): boolean {
  return Object.entries(held()).every(([what, count]) => count <= (before[what] ?? 0));
}
