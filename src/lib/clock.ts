/** Time as it is handed down: wall time for records, elapsed time for everything that waits. */

export interface Clock {
  /** Milliseconds since the Unix epoch. May step back. */
  now(): number;
  /** Milliseconds that only ever grow, from an arbitrary origin. */
  elapsed(): number;
  /** Resolves after `ms`, or as soon as the signal aborts: never rejects, and leaves no timer behind. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    }),
};
