/** Waits for a file to change: told by the system where it tells (inotify and its like), by looking again where not. */

import { type FSWatcher, watch } from 'node:fs';
import type { Clock } from '../../lib/clock.ts';

/** After a change, wait so long for its like: a busy log changes thousands of times a second. */
const SETTLE_MS = 25;

export interface Waker {
  /** Watches this file from now on instead of the one before. */
  watch(path: string): void;
  /** Resolves after a change, or when the time is up, or at once if the signal has aborted. */
  wait(): Promise<void>;
  close(): void;
}

export function createWaker(clock: Clock, pollMs: number, signal: AbortSignal): Waker {
  let watcher: FSWatcher | null = null;
  let hasChanged = false;
  let nap = new AbortController();
  const wake = () => nap.abort();
  const changed = () => {
    hasChanged = true;
    wake();
  };
  const unwatch = () => {
    watcher?.close();
    watcher = null;
  };
  signal.addEventListener('abort', wake);
  return {
    watch: (path) => {
      unwatch();
      try {
        watcher = watch(path, { persistent: false }, changed);
        // Whatever is wrong with it, looking again every `pollMs` still works.
        watcher.on('error', unwatch);
      } catch {
        watcher = null;
      }
    },
    wait: async () => {
      if (!hasChanged && !signal.aborted) {
        nap = new AbortController();
        await clock.sleep(pollMs, nap.signal);
      }
      if (hasChanged) await clock.sleep(Math.min(SETTLE_MS, pollMs), signal);
      hasChanged = false;
    },
    close: () => {
      unwatch();
      signal.removeEventListener('abort', wake);
    },
  };
}
