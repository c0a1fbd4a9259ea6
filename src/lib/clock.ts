/** Time as it is handed down: wall time for records, elapsed time for everything that waits. */

export interface Clock {
  /** Milliseconds since the Unix epoch. May step back. */
  now(): number;
  /** Milliseconds that only ever grow, from an arbitrary origin. */
  elapsed(): number;
  /**
   * Resolves after `ms`, at once if that is negative because something was due before now, or as soon as the signal
   * aborts: never rejects, and leaves no timer behind.
   */
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
      // Node warns of negative ones, and takes them for 1.
      const timer = setTimeout(done, Math.max(0, ms));
      signal.addEventListener('abort', done);
    }),
};

/**
 * The same clock, but `now` never goes back: when the wall clock is set back, `now` goes on at half speed until the wall
 * clock has caught up, as adjtime(3) does. Records then stay in order, and nothing that was true becomes the future.
 */
export function steadyClock(clock: Clock): Clock {
  let told = Number.NEGATIVE_INFINITY;
  let toldAt = clock.elapsed();
  return {
    now: () => {
      const elapsed = clock.elapsed();
      told = Math.max(clock.now(), told + (elapsed - toldAt) / 2);
      toldAt = elapsed;
      return Math.floor(told);
    },
    elapsed: () => clock.elapsed(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}
