/**
 * What the search field offers: the values that the open sessions have, as the server counts them, so that it finds the
 * one among a hundred thousand that no page of the table holds. Asked for only while somebody searches.
 */

import { ask } from './api.ts';
import { choiceText } from './choice-text.ts';
import { matching, type Offer } from './matching.ts';

const COUNTED = ['stream', 'country', 'city', 'player', 'quality', 'user'] as const;
const MOST_VALUES = 5000;
/** Counts may be so old before they are asked for again, in milliseconds. */
const FRESH_FOR = 10_000;

export interface Finder {
  /** Must be told when somebody begins to search, and at every key. */
  look(): void;
  offers(wanted: string): readonly Offer[];
}

/** Must be called while a component is created. */
export function createFinder(): Finder {
  let known = $state.raw<readonly Offer[]>([]);
  let askedAt = Number.NEGATIVE_INFINITY;
  const stopping = new AbortController();
  $effect(() => () => stopping.abort());
  const load = async () => {
    const lists = await Promise.all(COUNTED.map((facet) => valuesOf(facet, stopping.signal)));
    known = lists.flat().sort((a, b) => (b.sessions ?? 0) - (a.sessions ?? 0));
  };
  return {
    look: () => {
      if (performance.now() - askedAt < FRESH_FOR) return;
      askedAt = performance.now();
      // Without an answer it offers what it knew; that the server is lost is said elsewhere.
      load().catch(() => {});
    },
    offers: (wanted) => matching(known, wanted.trim()),
  };
}

async function valuesOf(facet: (typeof COUNTED)[number], signal: AbortSignal): Promise<Offer[]> {
  const { groups } = await ask('audience', { by: facet, limit: MOST_VALUES }, signal);
  return groups
    .filter(({ value, sessions }) => value !== null && sessions > 0)
    .map(({ value, label, sessions }) => ({
      ...{ facet, value, sessions },
      // The server has countries in English.
      text: (facet === 'country' ? null : label) ?? choiceText({ facet, value }),
    }));
}
