/** What has played on a stream: its newest titles, with the times at which they began. */

import type { Instant, TitleChange } from './observation.ts';

/** So many titles of a stream are remembered; the oldest go first. */
export const MAX_TITLES = 50;
/** Titles are remembered up to this length, in UTF-16 units. */
export const LONGEST_TITLE = 300;

/** As it is remembered. */
export function shortTitle(title: string): string {
  return title.length <= LONGEST_TITLE ? title : title.slice(0, LONGEST_TITLE).toWellFormed();
}

/**
 * Both as one list, oldest first; `known` is one already, and comes back itself if `more` has nothing new. A title that
 * follows itself has played on: whoever noticed it earlier is right.
 */
export function mergeTitles(known: readonly TitleChange[], more: readonly TitleChange[]): readonly TitleChange[] {
  if (more.length === 0) return known;
  const merged = [...known, ...more.map(({ at, title }) => ({ at, title: shortTitle(title) }))]
    .sort((a, b) => a.at - b.at || (a.title < b.title ? -1 : a.title > b.title ? 1 : 0))
    .filter(({ title }, i, all) => i === 0 || title !== all[i - 1]!.title)
    .slice(-MAX_TITLES);
  return merged.length === known.length && merged.every((each, i) => isSame(each, known[i]!)) ? known : merged;
}

export function isSame(a: TitleChange, b: TitleChange): boolean {
  return a.at === b.at && a.title === b.title;
}

/** A title while it played. */
export interface TitleSpan {
  readonly from: Instant;
  readonly to: Instant;
  readonly title: string;
}

/**
 * What played within `[from, to)`, in order. The changes may be in any order; null is that nothing plays, and what played
 * before the first of them is not known.
 */
export function titlesBetween(
  changes: readonly { readonly at: Instant; readonly title: string | null }[],
  from: Instant,
  to: Instant,
): TitleSpan[] {
  const inOrder = changes
    .toSorted((a, b) => a.at - b.at)
    .filter(({ title }, i, all) => i === 0 || title !== all[i - 1]!.title);
  return inOrder.flatMap(({ at, title }, i) => {
    const span = { from: Math.max(at, from), to: Math.min(inOrder[i + 1]?.at ?? to, to) };
    return title === null || span.from >= span.to ? [] : [{ ...span, title: shortTitle(title) }];
  });
}
