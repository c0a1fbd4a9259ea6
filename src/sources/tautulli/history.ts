/**
 * Which rows of Tautulli's history have been told, so that each is told once: a pass reads what may be new, page by
 * page, and the progress is kept in the cursor. Pure; asking is index.ts's.
 *
 * Rows are ordered by their start, but are written when they end: one that took long appears among older ones. So every
 * pass begins `overlap` before the newest start that was told, and skips the rows it knows. What took longer than that,
 * and was overtaken meanwhile, is missed.
 */

import type { HistoryPage, HistoryRow } from './parse.ts';

/** Plain JSON: the cursor of the source. */
export interface Progress {
  readonly version: 1;
  /** Rows that started before are not wanted; seconds since the epoch. Pinned at the first start. */
  readonly begin: number;
  /** The newest start that was told, or `begin`. */
  readonly newest: number;
  /** The keys of the rows that were told and started no more than `overlap` before `newest`, oldest first. */
  readonly told: readonly string[];
}

/** About 200 kB of cursor; forgotten ones are told again, which changes nothing in the store. */
export const MAX_TOLD = 10_000;

/** The cursor of an earlier run; without one, a beginning: seconds since the epoch, 0 is the very first row. */
export function progressFrom(cursor: unknown, begin: number): Progress {
  const saved = cursor as Partial<Progress> | null;
  const isOurs = saved?.version === 1 && Number.isFinite(saved.newest) && Number.isFinite(saved.begin);
  if (isOurs && Array.isArray(saved.told)) return saved as Progress;
  return { version: 1, begin, newest: begin, told: [] };
}

const DAY = 86_400;

/** One reading of what may be new. */
export interface Pass {
  /**
   * The value of `after`, or null for everything. Tautulli compares days of its own time zone, inclusively; that is at
   * most a day off from ours.
   */
  readonly after: string | null;
  /** What started before is known, or was given up. */
  readonly floor: number;
  /** How many rows it has read, and how many there were in all. */
  start: number;
  filtered: number;
  /** How many of them still play, or cannot be read. */
  active: number;
  unreadable: number;
}

export function beginPass({ newest, begin }: Progress, overlapSeconds: number): Pass {
  const floor = Math.max(newest - overlapSeconds, begin);
  const day = floor - DAY;
  return {
    after: day <= 0 ? null : new Date(day * 1000).toISOString().slice(0, 10),
    floor,
    start: 0,
    filtered: 0,
    active: 0,
    unreadable: 0,
  };
}

export interface Taken {
  readonly progress: Progress;
  /** Rows that were not told yet. */
  readonly fresh: readonly HistoryRow[];
  /** How many keys had to be forgotten too early. */
  readonly forgotten: number;
}

/** Takes the next page of a pass in. */
export function takePage(progress: Progress, pass: Pass, page: HistoryPage, overlapSeconds: number): Taken {
  pass.start += page.length;
  pass.filtered = page.filtered;
  pass.active += page.active;
  pass.unreadable += page.unreadable;
  const known = new Set(progress.told);
  const fresh = page.rows.filter(({ key, started }) => started >= pass.floor && !known.has(key));
  if (fresh.length === 0) return { progress, fresh, forgotten: 0 };
  const newest = fresh.reduce((most, { started }) => Math.max(most, started), progress.newest);
  const oldest = newest - overlapSeconds;
  const startOf = (key: string) => Number(key.slice(key.lastIndexOf(':') + 1));
  const told = [...progress.told, ...fresh.map(({ key }) => key)]
    .filter((key) => startOf(key) >= oldest)
    .sort((a, b) => startOf(a) - startOf(b));
  const forgotten = Math.max(told.length - MAX_TOLD, 0);
  return { progress: { ...progress, newest, told: told.slice(forgotten) }, fresh, forgotten };
}
