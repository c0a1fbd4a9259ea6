/**
 * The live events (`/api/v1/live`, server-sent): the newest audience, a short past of it, and who wants to hear of
 * streams and sessions. It reconnects by itself, because `EventSource` gives up for good when an answer is an error, and
 * notices a connection that is open but dead. A tab that nobody looks at lets its connection go: browsers allow six
 * to a host, and forgotten tabs would use them up.
 */

import type { LiveAudience, LiveSession, StreamWire } from '../../../src/http/contract.ts';
import { ask } from './api.ts';
import { backoff } from './backoff.ts';
import { setServerTime } from './clock.svelte.ts';
import { signIn } from './sign-in.svelte.ts';

/** The server speaks once a second; so long without a word means that nobody is there. */
const SILENCE = 10_000;
/** A tab in the background keeps its connection for so long. */
const HIDDEN_FOR = 30_000;
/** One sample a second; older ones are the timeline's. */
const MOST_SAMPLES = 600;

/** `lost` until the next audience arrives; `paused` in the background. */
export type Phase = 'connecting' | 'live' | 'lost' | 'paused';

export interface Sample {
  /** Milliseconds since 1970, the server's. */
  readonly at: number;
  readonly sessions: number;
  readonly joined: number;
  readonly left: number;
}

let phase = $state<Phase>('connecting');
let audience = $state.raw<LiveAudience | null>(null);
let samples = $state.raw<readonly Sample[]>([]);
let generation = $state(0);
let retryAt = $state<number | null>(null);
let found = $state(0);

const streamListeners = new Set<(stream: StreamWire) => void>();
const sessionListeners = new Set<(change: LiveSession) => void>();

let source: EventSource | null = null;
let failures = 0;
let heardAt = 0;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

export const live = {
  get phase(): Phase {
    return phase;
  },
  /** The newest there is, also while the connection is lost. */
  get audience(): LiveAudience | null {
    return audience;
  },
  /** At most ten minutes, oldest first; seconds without a connection are missing. */
  get samples(): readonly Sample[] {
    return samples;
  },
  /** Grows with every connection but the first: whatever was fetched under an earlier one may have missed changes. */
  get generation(): number {
    return generation;
  },
  /** When it tries again, by the viewer's clock; null while it tries. */
  get retryAt(): number | null {
    return retryAt;
  },
  retryNow: connect,
  /** Each answers how to stop listening. */
  onStream: (listener: (stream: StreamWire) => void) => subscribe(streamListeners, listener),
  onSession: (listener: (change: LiveSession) => void) => subscribe(sessionListeners, listener),
  /** So many findings of shared accounts have been told since the page was opened. */
  get found(): number {
    return found;
  },
};

/** Connects, and stays connected until what it answers is called. */
export function startLive(): () => void {
  const comeBack = () => {
    if (phase === 'lost') connect();
  };
  const comeBackFromCache = ({ persisted }: PageTransitionEvent) => {
    // The browser has kept the page for `back`, but not its connection.
    if (persisted) connect();
  };
  const watchdog = setInterval(() => {
    if (phase === 'live' && performance.now() - heardAt > SILENCE) lose();
  }, 2000);
  document.addEventListener('visibilitychange', followVisibility);
  window.addEventListener('online', comeBack);
  window.addEventListener('pageshow', comeBackFromCache);
  connect();
  return () => {
    clearInterval(watchdog);
    document.removeEventListener('visibilitychange', followVisibility);
    window.removeEventListener('online', comeBack);
    window.removeEventListener('pageshow', comeBackFromCache);
    disconnect();
  };
}

function connect(): void {
  disconnect();
  retryAt = null;
  if (phase === 'paused') phase = 'connecting';
  const opened = new EventSource('api/v1/live');
  source = opened;
  let isFirst = true;
  opened.addEventListener('audience', (event) => {
    const isReturn = isFirst && audience !== null;
    isFirst = false;
    takeAudience(JSON.parse(event.data) as LiveAudience);
    if (isReturn) generation++;
  });
  opened.addEventListener('stream', (event) => tell(streamListeners, JSON.parse(event.data) as StreamWire));
  opened.addEventListener('session', (event) => tell(sessionListeners, JSON.parse(event.data) as LiveSession));
  opened.addEventListener('sharing', () => {
    found++;
  });
  opened.addEventListener('error', lose);
}

function takeAudience(next: LiveAudience): void {
  heardAt = performance.now();
  failures = 0;
  phase = 'live';
  audience = next;
  setServerTime(next.at);
  const { sessions, joined, left } = next;
  samples = [...samples.slice(1 - MOST_SAMPLES), { at: Date.parse(next.at), sessions, joined, left }];
}

function disconnect(): void {
  source?.close();
  source = null;
  clearTimeout(retryTimer);
  clearTimeout(hiddenTimer);
}

function lose(): void {
  disconnect();
  phase = 'lost';
  // Whoever signs in comes back at once.
  if (signIn.isNeeded) return;
  // An event source does not say why: this finds out whether somebody has to sign in.
  void ask('status', {}, AbortSignal.timeout(SILENCE)).catch(() => {});
  failures++;
  const wait = backoff(failures, Math.random());
  retryAt = Date.now() + wait;
  retryTimer = setTimeout(connect, wait);
}

function followVisibility(): void {
  clearTimeout(hiddenTimer);
  if (document.hidden) {
    hiddenTimer = setTimeout(() => {
      disconnect();
      phase = 'paused';
    }, HIDDEN_FOR);
  } else if (phase === 'paused' || phase === 'lost') {
    connect();
  }
}

function subscribe<T>(listeners: Set<(value: T) => void>, listener: (value: T) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
  for (const listener of listeners) listener(value);
}
