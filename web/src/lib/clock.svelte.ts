/** The server's time, ticking: durations and ages are counted by it, so that a viewer's wrong clock does no harm. */

import { page } from './page.svelte.ts';

/** A difference below this is the network's, not the clock's. */
const TOLERANCE = 500;

/** Server less viewer, in milliseconds. */
let offset = 0;
let now = $state(Date.now());

export const clock = {
  /** Milliseconds since 1970; moves once a second, while somebody looks. */
  get now(): number {
    return now;
  },
};

/** Takes over what the server says the time is. */
export function setServerTime(at: string): void {
  const difference = Date.parse(at) - Date.now();
  if (Math.abs(difference - offset) > TOLERANCE) offset = difference;
}

/** Answers how to stop it. */
export function startClock(): () => void {
  const tick = () => {
    if (page.isVisible) now = Date.now() + offset;
  };
  const timer = setInterval(tick, 1000);
  document.addEventListener('visibilitychange', tick);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}
