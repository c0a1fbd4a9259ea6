/** The columns that the table of sessions may have: in which order, how wide, what sorts by them; and which the viewer wants. */

import { isSort, type SortKey } from './question.svelte.ts';

export interface Column {
  readonly key: ColumnKey;
  /** Missing where the API cannot sort. */
  readonly sort?: SortKey;
  /** What one wants to see first. */
  readonly greatestFirst?: boolean;
  readonly isNumber?: boolean;
  /** At least so many pixels, and this share of what is left. */
  readonly width: number;
  readonly share: number;
  readonly isStandard?: boolean;
}

const ALL = [
  { key: 'stream', sort: 'stream', width: 130, share: 2, isStandard: true },
  { key: 'source', width: 110, share: 1 },
  { key: 'country', sort: 'country', width: 130, share: 2, isStandard: true },
  { key: 'city', sort: 'city', width: 110, share: 2, isStandard: true },
  { key: 'network', width: 160, share: 2 },
  { key: 'player', sort: 'player', width: 130, share: 2, isStandard: true },
  { key: 'platform', width: 90, share: 1 },
  { key: 'user', sort: 'user', width: 110, share: 1 },
  { key: 'address', width: 150, share: 1 },
  { key: 'startedAt', sort: 'startedAt', greatestFirst: true, width: 165, share: 0, isStandard: true },
  { key: 'endedAt', width: 165, share: 0 },
  { key: 'duration', sort: 'duration', greatestFirst: true, isNumber: true, width: 105, share: 0, isStandard: true },
  { key: 'bytes', sort: 'bytes', greatestFirst: true, isNumber: true, width: 95, share: 0, isStandard: true },
  { key: 'rate', isNumber: true, width: 100, share: 0 },
  { key: 'quality', width: 90, share: 0, isStandard: true },
  { key: 'title', width: 170, share: 3 },
  { key: 'requests', isNumber: true, width: 95, share: 0 },
  { key: 'identity', width: 150, share: 1 },
  { key: 'endReason', width: 110, share: 0 },
  { key: 'userAgent', width: 220, share: 3 },
] as const satisfies readonly { readonly key: string; readonly sort?: SortKey; readonly [other: string]: unknown }[];

export type ColumnKey = (typeof ALL)[number]['key'];
export const COLUMNS: readonly Column[] = ALL;

const KEY = 'headcount.sessions.columns';

let chosen = $state.raw<ReadonlySet<ColumnKey>>(remembered());

export const columns = {
  /** At least one, in their own order. */
  get shown(): readonly Column[] {
    return COLUMNS.filter(({ key }) => chosen.has(key));
  },
  has: (key: ColumnKey): boolean => chosen.has(key),
  /** The last one stays. */
  toggle(key: ColumnKey): void {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    if (next.size > 0) keep(next);
  },
  reset: (): void => keep(standard()),
};

/** How to sort by it at first, or the other way round if it is what sorts now. */
export function sortBy(sort: SortKey, now: string): string {
  const isFalling = COLUMNS.find((each) => each.sort === sort)?.greatestFirst === true;
  const first = isFalling ? `-${sort}` : sort;
  if (now !== first) return first;
  return isFalling ? sort : `-${sort}`;
}

export const SORTABLE: readonly SortKey[] = COLUMNS.flatMap(({ sort }) => (isSort(sort) ? [sort] : []));

function standard(): ReadonlySet<ColumnKey> {
  return new Set(COLUMNS.filter(({ isStandard }) => isStandard).map(({ key }) => key));
}

function keep(next: ReadonlySet<ColumnKey>): void {
  chosen = next;
  try {
    localStorage.setItem(KEY, COLUMNS.flatMap(({ key }) => (next.has(key) ? [key] : [])).join(' '));
  } catch {
    // A browser that keeps nothing: they are so until the page is left.
  }
}

function remembered(): ReadonlySet<ColumnKey> {
  try {
    const names = localStorage.getItem(KEY)?.split(' ') ?? [];
    const known = COLUMNS.map(({ key }) => key).filter((key) => names.includes(key));
    return known.length === 0 ? standard() : new Set(known);
  } catch {
    return standard();
  }
}
