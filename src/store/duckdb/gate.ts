/**
 * Lets a few in at a time, in the order in which they came, and turns away whom it has no room for: DuckDB's calls
 * occupy threads of libuv's small pool, which files and name lookups need as well.
 */

import { HeadcountError } from '../../lib/errors.ts';

export interface GateOptions {
  /** How many may be inside at a time. */
  readonly width: number;
  /** How many may wait. */
  readonly room: number;
  /** Called for each that is turned away. */
  readonly refused: () => void;
}

export interface Gate {
  /** Rejects with code `STORE_BUSY` when too many wait already; otherwise settles as `work` does. */
  pass<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nobody is inside and nobody waits. */
  idle(): Promise<void>;
}

export function createGate({ width, room, refused }: GateOptions): Gate {
  let inside = 0;
  const waiting: (() => void)[] = [];
  let watchers: (() => void)[] = [];

  function leave(): void {
    const next = waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    inside--;
    if (inside > 0) return;
    for (const watch of watchers) watch();
    watchers = [];
  }

  async function enter(): Promise<void> {
    if (inside < width) {
      inside++;
      return;
    }
    if (waiting.length >= room) {
      refused();
      throw new HeadcountError('STORE_BUSY', 'Too many questions are waiting for the history: ask again in a moment.');
    }
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
  }

  return {
    async pass(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
    async idle() {
      if (inside === 0) return;
      await new Promise<void>((resolve) => {
        watchers.push(resolve);
      });
    },
  };
}
