/**
 * Which sessions the viewer wants to see: at most one value of each kind, all of them together. It is kept in the
 * address, so that it can be shared, and so that back and forward do what they say.
 */

const FACETS = ['stream', 'country', 'city', 'player', 'quality', 'asn', 'user', 'ip'] as const;
export type Facet = (typeof FACETS)[number];

export interface Chosen {
  readonly facet: Facet;
  /** Null is "unknown". */
  readonly value: string | null;
  /** Only of streams: names are each source's own. */
  readonly source?: string;
}

/** How the API writes "unknown". */
const UNKNOWN = '~';

let all = $state.raw<readonly Chosen[]>(read());
addEventListener('popstate', () => {
  all = read();
});

export const choice = {
  get all(): readonly Chosen[] {
    return all;
  },
  has: (wanted: Chosen): boolean => all.some((each) => isSame(each, wanted)),
  /** Chooses it instead of another value of its kind. Answers whether it is chosen now. */
  toggle(wanted: Chosen): boolean {
    const others = all.filter(({ facet }) => facet !== wanted.facet);
    const isChosen = !choice.has(wanted);
    go(isChosen ? [...others, wanted] : others);
    return isChosen;
  },
  clear: (): void => go([]),
};

/** As the API asks for it. */
export function queryOf(chosen: readonly Chosen[]): Record<string, string> {
  const pairs = chosen.flatMap(({ facet, value, source }) => [
    [facet, value ?? UNKNOWN],
    ...(source === undefined ? [] : [['source', source]]),
  ]);
  return Object.fromEntries(pairs);
}

function isSame(a: Chosen, b: Chosen): boolean {
  return a.facet === b.facet && a.value === b.value && a.source === b.source;
}

function read(): Chosen[] {
  const query = new URLSearchParams(location.search);
  return FACETS.flatMap((facet): Chosen[] => {
    const written = query.get(facet);
    if (written === null || written === '') return [];
    const source = facet === 'stream' ? query.get('source') : null;
    return [{ facet, value: written === UNKNOWN ? null : written, ...(source === null ? {} : { source }) }];
  });
}

function go(next: readonly Chosen[]): void {
  all = next;
  const query = new URLSearchParams(queryOf(next));
  history.pushState(null, '', `${location.pathname}${query.size > 0 ? `?${query}` : ''}`);
}
