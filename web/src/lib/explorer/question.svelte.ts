/** Which sessions the explorer shows, as its address says: state, period, filters and order, by the names of the API. */

import { untrack } from 'svelte';
import { filters } from '../filters/filters.svelte.ts';
import type { Period } from '../filters/suggestions.svelte.ts';
import { period } from '../period.svelte.ts';
import { route } from '../route.svelte.ts';

export const STATES = ['open', 'closed', 'all'] as const;
export type State = (typeof STATES)[number];

const SORTS = ['startedAt', 'duration', 'bytes', 'stream', 'country', 'city', 'player', 'user'] as const;
export type SortKey = (typeof SORTS)[number];
const STANDARD_SORT = '-startedAt';

const state = $derived(STATES.find((each) => each === route.query.get('state')) ?? 'open');
const sort = $derived(sortOf(route.query.get('sort')));
/** A period that ends now moves on: what is asked for stays until something else is wanted. */
const chosenPeriod = $derived.by((): Period | null => {
  for (const name of ['last', 'from', 'to', 'zone']) void route.query.get(name);
  if (state === 'open') return null;
  // When all there is begins is learnt only later, and need not be told.
  if (period.last === 'all') return { from: null, to: null };
  return untrack(() => ({
    from: new Date(period.from).toISOString(),
    to: period.endsNow ? null : new Date(period.to).toISOString(),
  }));
});
const query = $derived<Readonly<Record<string, string | readonly string[]>>>({
  ...filters.query,
  state,
  sort,
  ...(chosenPeriod?.from == null ? {} : { from: chosenPeriod.from }),
  ...(chosenPeriod?.to == null ? {} : { to: chosenPeriod.to }),
});

export const question = {
  get state(): State {
    return state;
  },
  set state(next: State) {
    route.setQuery({ state: next === 'open' ? null : next });
  },
  /** `-` in front is descending. */
  get sort(): string {
    return sort;
  },
  set sort(next: string) {
    route.setQuery({ sort: next === STANDARD_SORT ? null : next });
  },
  /** Null where only the present counts. */
  get period(): Period | null {
    return chosenPeriod;
  },
  /** As the API is asked, but for the page. */
  get query(): Readonly<Record<string, string | readonly string[]>> {
    return query;
  },
  /** May the answer change while one looks at it? */
  get isMoving(): boolean {
    return chosenPeriod === null || chosenPeriod.to === null;
  },
};

export function isSort(text: string | undefined): text is SortKey {
  return SORTS.some((each) => each === text);
}

function sortOf(written: string | null): string {
  return isSort(written?.replace('-', '')) ? written! : STANDARD_SORT;
}
