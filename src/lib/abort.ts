/** Waiting that can be given up. */

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Waits for the promise, but no longer than until the signal aborts; leaves no listener behind. */
export async function unlessAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise: given, resolve } = Promise.withResolvers<void>();
  const giveUp = () => resolve();
  signal.addEventListener('abort', giveUp);
  try {
    await Promise.race([promise, given]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
