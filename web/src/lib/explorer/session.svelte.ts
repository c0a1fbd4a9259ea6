/** One session with what it has heard: asked for again while it is open. */

import type { SessionTitlesWire, SessionWire } from '../../../../src/http/contract.ts';
import { askSession, askTitles } from '../api.ts';
import { type Polled, polled } from '../polled.svelte.ts';

const EVERY = 5000;

export interface WatchedSession {
  readonly session: SessionWire;
  /** Null where they cannot be read. */
  readonly titles: SessionTitlesWire | null;
}

/** Must be called while a component is created, which is for this session alone. */
export function watchedSession(id: string): Polled<WatchedSession> {
  const answer: Polled<WatchedSession> = polled(load, EVERY, () => !isOver);
  const isOver: boolean = $derived(answer.value !== null && answer.value.session.endedAt !== null);

  async function load(signal: AbortSignal): Promise<WatchedSession> {
    const titles = askTitles(id, signal).catch(() => null);
    return { session: await askSession(id, signal), titles: await titles };
  }

  return answer;
}
