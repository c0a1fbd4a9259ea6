/** Waits for files to change: told by the system where it tells (inotify and its like), by looking again where not. */

import { type FSWatcher, watch } from 'node:fs';
import type { Clock } from '../../lib/clock.ts';

/** After a change, wait so long for its like: a busy log changes thousands of times a second. */
const SETTLE_MS = 25;

export interface Waker {
  /** Watches the file that has this name from now on, instead of the one that had it before. */
  watch(path: string): void;
  /** Watches for names that come and go in this folder, and tells of it before it wakes. */
  watchNames(folder: string, onNames: () => void): void;
  unwatch(path: string): void;
  /** Resolves after a change, or when the time is up, or at once if the signal has aborted. */
  wait(): Promise<void>;
  close(): void;
}

export function createWaker(clock: Clock, pollMs: number, signal: AbortSignal): Waker {
  const watchers = new Map<string, FSWatcher>();
  let hasChanged = false;
  let nap = new AbortController();
  const wake = () => nap.abort();
  const changed = () => {
    hasChanged = true;
    wake();
  };
  const unwatch = (path: string) => {
    watchers.get(path)?.close();
    watchers.delete(path);
  };
  const watchAs = (path: string, listener: (event: string) => void) => {
    unwatch(path);
    try {
      const watcher = watch(path, { persistent: false }, listener);
      watchers.set(path, watcher);
      // Whatever is wrong with it, looking again every `pollMs` still works.
      watcher.on('error', () => watcher.close());
    } catch {
      // It is not there.
    }
  };
  signal.addEventListener('abort', wake);
  return {
    watch: (path) => watchAs(path, changed),
    watchNames: (folder, onNames) =>
      watchAs(folder, (event) => {
        if (event !== 'rename') return;
        onNames();
        changed();
      }),
    unwatch,
    wait: async () => {
      if (!hasChanged && !signal.aborted) {
        nap = new AbortController();
        await clock.sleep(pollMs, nap.signal);
      }
      if (hasChanged) await clock.sleep(Math.min(SETTLE_MS, pollMs), signal);
      hasChanged = false;
    },
    close: () => {
      for (const path of [...watchers.keys()]) unwatch(path);
      signal.removeEventListener('abort', wake);
    },
  };
}
