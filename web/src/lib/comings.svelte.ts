/** Joins and leaves as the ticker shows them: at most a few a second, the newest few, and how many were left out. */

import { untrack } from 'svelte';
import type { LiveSession, SessionWire } from '../../../src/http/contract.ts';
import { clock } from './clock.svelte.ts';
import { live } from './live.svelte.ts';
import { page } from './page.svelte.ts';

const SHOWN = 10;
const MOST_A_BEAT = 3;
const BEAT = 1000;
const MINUTE = 60_000;

export interface Coming {
  readonly key: number;
  readonly change: LiveSession['change'];
  /** When it became known: that somebody has left shows only when the gap is over. */
  readonly at: number;
  readonly session: SessionWire;
}

export interface Comings {
  /** Newest first. */
  readonly shown: readonly Coming[];
  /** How many came and went in the last minute without being shown. */
  readonly unshown: number;
}

/** Must be called while a component is created. Nothing moves while `isHeld`. */
export function createComings(isHeld: () => boolean): Comings {
  let shown = $state.raw<readonly Coming[]>([]);
  let next = 0;
  let heard: LiveSession[] = [];
  $effect(() =>
    live.onSession((change) => {
      heard = [...heard.slice(-SHOWN), change];
    }),
  );
  $effect(() => {
    if (isHeld() || !page.isVisible) return;
    const timer = setInterval(() => {
      const at = untrack(() => clock.now);
      const newest = heard.slice(-MOST_A_BEAT).map((change) => ({ ...change, key: next++, at }));
      heard = [];
      if (newest.length > 0) shown = [...newest.reverse(), ...shown].slice(0, SHOWN);
    }, BEAT);
    return () => clearInterval(timer);
  });
  const unshown = $derived.by(() => {
    const from = (live.samples.at(-1)?.at ?? 0) - MINUTE;
    const all = live.samples.filter(({ at }) => at > from).reduce((sum, { joined, left }) => sum + joined + left, 0);
    return Math.max(0, all - shown.filter(({ at }) => at > from).length);
  });
  return {
    get shown() {
      return shown;
    },
    get unshown() {
      return unshown;
    },
  };
}
