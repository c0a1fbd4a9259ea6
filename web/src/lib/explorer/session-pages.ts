/** The rows of a table that is scrolled anywhere, by pages that come and go. Pure. */

import type { SessionWire } from '../../../../src/http/contract.ts';

export const PAGE = 100;
/** So many pages are kept: those nearest to what is seen. */
const MOST_PAGES = 40;

export type Pages = ReadonlyMap<number, readonly SessionWire[]>;

/** The pages that hold these rows. */
export function pagesOf(first: number, last: number): readonly number[] {
  const from = Math.floor(Math.max(first, 0) / PAGE);
  const to = Math.floor(Math.max(last, 0) / PAGE);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

export function rowAt(pages: Pages, index: number): SessionWire | null {
  return pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
}

/** With this page; those farthest from it go. */
export function withPage(pages: Pages, page: number, items: readonly SessionWire[]): Pages {
  const kept = [...pages].filter(([each]) => each !== page).sort(([a], [b]) => Math.abs(a - page) - Math.abs(b - page));
  return new Map([...kept.slice(0, MOST_PAGES - 1), [page, items]]);
}

/** Every row stays where it is, with its newest values. */
export function heldPage(rows: readonly SessionWire[], newest: readonly SessionWire[]): readonly SessionWire[] {
  const byId = new Map(newest.map((session) => [session.id, session]));
  return rows.map((row) => byId.get(row.id) ?? row);
}

/** Do both have the same sessions, in the same order? */
export function areSame(rows: readonly SessionWire[], newest: readonly SessionWire[]): boolean {
  return rows.length === newest.length && rows.every(({ id }, i) => id === newest[i]!.id);
}

/** Open sessions that an answer of their page does not hold: they have ended, or are elsewhere. */
export function missingFrom(rows: readonly SessionWire[], newest: readonly SessionWire[]): readonly SessionWire[] {
  const known = new Set(newest.map(({ id }) => id));
  return rows.filter(({ id, endedAt }) => endedAt === null && !known.has(id));
}
