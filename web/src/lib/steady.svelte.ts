/**
 * A list by size whose sizes change every second: it is put in order again only now and then, and never under the
 * pointer, so that it can be read.
 */

import { untrack } from 'svelte';
import { clock } from './clock.svelte.ts';

const EVERY = 5000;

export interface Steady<T> {
  readonly items: readonly T[];
}

/** Must be called while a component is created. What is new comes last until the next time. */
export function steady<T>(
  newest: () => readonly T[],
  keyOf: (item: T) => string,
  isHeld: () => boolean = () => false,
): Steady<T> {
  let order = $state.raw<ReadonlyMap<string, number>>(new Map());
  const beat = $derived(Math.floor(clock.now / EVERY));
  $effect(() => {
    void beat;
    if (isHeld()) return;
    order = new Map(untrack(newest).map((item, i) => [keyOf(item), i]));
  });
  const place = (item: T) => order.get(keyOf(item)) ?? Number.MAX_SAFE_INTEGER;
  const items = $derived(newest().toSorted((a, b) => place(a) - place(b)));
  return {
    get items() {
      return items;
    },
  };
}
