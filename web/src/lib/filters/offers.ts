/** What a field offers to somebody who adds a filter: facets first, then the values of one, or of all of them. Pure. */

import { addressOf, ranked } from '../matching.ts';
import type { Addition, FilterFacet } from './filters.svelte.ts';

/** So many are seen at once and read through. */
const MOST_OFFERED = 10;

export interface ValueOffer extends Addition {
  readonly text: string;
  /** Null where only the answer will tell. */
  readonly sessions: number | null;
}

export type Offer =
  | { readonly facet: FilterFacet; readonly text: string; readonly isFacet: true }
  | (ValueOffer & { readonly isFacet: false });

export interface Wanted {
  readonly text: string;
  /** Null is all of them. */
  readonly facet: FilterFacet | null;
  /** What may be filtered by, with its name. */
  readonly facets: readonly { readonly facet: FilterFacet; readonly text: string }[];
  /** The greatest first. */
  readonly known: readonly ValueOffer[];
  readonly isChosen: (facet: FilterFacet, value: string) => boolean;
}

/**
 * Without a facet and a word it offers the facets; with a word those that it names and the values that hold it. Within a
 * facet it offers the greatest values, and what was typed as it is: nobody's list holds everything.
 */
export function offersOf({ text, facet, facets, known, isChosen }: Wanted): readonly Offer[] {
  const wanted = text.trim();
  const free = known.filter((each) => !isChosen(each.facet, each.value) || each.source !== undefined);
  if (facet !== null) {
    const own = free.filter((each) => each.facet === facet);
    const found = wanted === '' ? own : ranked(own, wanted);
    return [...found.slice(0, MOST_OFFERED), ...asTyped(facet, wanted, found, isChosen)].map(asValue);
  }
  const named = facets.map((each) => ({ ...each, isFacet: true as const }));
  if (wanted === '') return named;
  const address = facets.some((each) => each.facet === 'ip') ? addressOf(wanted) : null;
  const values = [
    ...(address === null ? [] : [{ facet: 'ip' as const, value: address, text: address, sessions: null }]),
    ...ranked(free, wanted),
  ];
  return [...values.slice(0, MOST_OFFERED).map(asValue), ...ranked(named, wanted)];
}

function asTyped(
  facet: FilterFacet,
  value: string,
  found: readonly ValueOffer[],
  isChosen: Wanted['isChosen'],
): ValueOffer[] {
  const isThere = found.some((each) => each.value === value || each.text.toLowerCase() === value.toLowerCase());
  if (value === '' || isThere || isChosen(facet, value)) return [];
  return [{ facet, value, text: value, sessions: null }];
}

function asValue(offer: ValueOffer): Offer {
  return { ...offer, isFacet: false };
}
