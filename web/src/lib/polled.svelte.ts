/** What the live events do not carry: asked again and again, but only while somebody looks and the server answers. */

import { untrack } from 'svelte';
import { ApiError } from './api.ts';
import { live } from './live.svelte.ts';
import { page } from './page.svelte.ts';

export interface Polled<T> {
  /** The newest answer, also after a later attempt has failed; null before the first. */
  readonly value: T | null;
  /** Why the newest attempt failed; null if it did not. */
  readonly error: ApiError | null;
}

/**
 * Must be called while a component is created; ends with it. Loads at once, `every` so many milliseconds after each
 * answer, after every reconnect, and when something changes that `isWanted` reads.
 */
export function polled<T>(
  load: (signal: AbortSignal) => Promise<T>,
  every: number,
  isWanted: () => boolean = () => true,
): Polled<T> {
  let value = $state.raw<T | null>(null);
  let error = $state.raw<ApiError | null>(null);
  const loadOnce = async (signal: AbortSignal) => {
    try {
      const answer = await load(signal);
      if (signal.aborted) return;
      value = answer;
      error = null;
    } catch (thrown) {
      if (signal.aborted) return;
      error = thrown instanceof ApiError ? thrown : new ApiError('UNREADABLE', String(thrown), { cause: thrown });
    }
  };
  const isLost = $derived(live.phase === 'lost');
  $effect(() => {
    void live.generation;
    if (!isWanted() || !page.isVisible || isLost) return;
    return untrack(() => repeat(loadOnce, every));
  });
  return {
    get value() {
      return value;
    },
    get error() {
      return error;
    },
  };
}

/** Runs it, waits, and runs it again, until what it answers is called. */
export function repeat(run: (signal: AbortSignal) => Promise<void>, every: number): () => void {
  const stopping = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = async () => {
    await run(stopping.signal);
    if (!stopping.signal.aborted) timer = setTimeout(() => void turn(), every);
  };
  void turn();
  return () => {
    stopping.abort();
    clearTimeout(timer);
  };
}
