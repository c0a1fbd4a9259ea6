/**
 * What a page is limited to, as the address says it: `country=DE&country=~&player=VLC`, by the names that the API has for
 * it. Several values of one facet are "one of these", facets stand together. For every page that keeps its state in the
 * query of its fragment; the page of the audience has its own (choice.svelte.ts).
 */

import { route } from '../route.svelte.ts';

export const FILTER_FACETS = [
  'stream',
  'programme',
  'source',
  'country',
  'city',
  'player',
  'platform',
  'quality',
  'asn',
  'user',
  'identity',
  'ip',
] as const;
export type FilterFacet = (typeof FILTER_FACETS)[number];

/** Only bots, only people, or both; `false` is what the API does when it is not told. */
export const BOTS = ['false', 'true', 'all'] as const;
export type Bots = (typeof BOTS)[number];

/** How the API writes "unknown". */
export const UNKNOWN = '~';
/** The API takes no more of one facet. */
const MOST_VALUES = 100;

export interface Chosen {
  readonly facet: FilterFacet;
  /** As the API writes it. */
  readonly values: readonly string[];
}

/** A value of a facet that may be added. */
export interface Addition {
  readonly facet: FilterFacet;
  readonly value: string;
  /** Only of streams: names are each source's own. */
  readonly source?: string;
}

export const filters = {
  /** In the order of the facets; those without a value are missing. */
  get chosen(): readonly Chosen[] {
    return FILTER_FACETS.map((facet) => ({ facet, values: valuesOf(facet) })).filter(({ values }) => values.length > 0);
  },
  get bots(): Bots {
    const written = route.query.get('bot');
    return BOTS.find((each) => each === written) ?? 'false';
  },
  set bots(bots: Bots) {
    route.setQuery({ bot: bots === 'false' ? null : bots });
  },
  /** As the API is asked: with `bot` where it is not its default. Reading it follows the address. */
  get query(): Readonly<Record<string, readonly string[]>> {
    const { chosen, bots } = filters;
    return {
      ...Object.fromEntries(chosen.map(({ facet, values }) => [facet, values])),
      ...(bots === 'false' ? {} : { bot: [bots] }),
    };
  },
  has: (facet: FilterFacet, value: string): boolean => valuesOf(facet).includes(value),
  add({ facet, value, source }: Addition): void {
    route.setQuery({
      [facet]: withValue(facet, value),
      ...(source === undefined ? {} : { source: withValue('source', source) }),
    });
  },
  remove(facet: FilterFacet, value: string): void {
    route.setQuery({ [facet]: valuesOf(facet).filter((each) => each !== value) });
  },
  /** Lets go of all of these facets, and of the limit to bots or people. */
  clear(facets: readonly FilterFacet[]): void {
    route.setQuery({ ...Object.fromEntries(facets.map((facet) => [facet, null])), bot: null });
  },
};

function valuesOf(facet: FilterFacet): readonly string[] {
  const written = route.query.getAll(facet).filter((value) => value !== '');
  return [...new Set(written)].slice(0, MOST_VALUES);
}

function withValue(facet: FilterFacet, value: string): readonly string[] {
  return [...new Set([...valuesOf(facet), value])].slice(0, MOST_VALUES);
}
