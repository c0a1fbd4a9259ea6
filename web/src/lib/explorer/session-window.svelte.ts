/**
 * The sessions of the explorer: whatever rows are seen are fetched by their place, one question at a time, the newest wanted
 * first. What is open is asked for again while one looks at it; whoever reads keeps every row where it is.
 */

import { untrack } from 'svelte';
import type { SessionWire } from '../../../../src/http/contract.ts';
import { ApiError, ask, askSession } from '../api.ts';
import { polled } from '../polled.svelte.ts';
import { question } from './question.svelte.ts';
import { areSame, heldPage, missingFrom, PAGE, type Pages, pagesOf, rowAt, withPage } from './session-pages.ts';

const REFRESH = 3000;
/** Where nothing is open, rows change seldom; what is past for good does not change. */
const REFRESH_CLOSED = 15_000;
/** So many sessions that are no longer in their place are asked for one by one, each time. */
const MOST_ASKED = 6;

export interface SessionWindow {
  /** Null before the first answer. */
  readonly total: number | null;
  readonly error: ApiError | null;
  /** The rows answer another question than the one that is asked now. */
  readonly isStale: boolean;
  /** Rows stand elsewhere by now, or new ones have come. */
  readonly hasNews: boolean;
  /** Null where it is not known yet. */
  at(index: number): SessionWire | null;
  /** These rows are seen. */
  show(first: number, last: number): void;
  /** Lets everything stand where it stands now. */
  catchUp(): void;
}

/** Must be called while a component is created. */
export function createSessionWindow(isHeld: () => boolean): SessionWindow {
  let pages = $state.raw<Pages>(new Map());
  let total = $state<number | null>(null);
  let hasNews = $state(false);
  let failed = $state.raw<ApiError | null>(null);
  let answered = $state('');
  let seen = { first: 0, last: PAGE - 1 };
  let isBusy = false;
  let refreshedAt = 0;
  const stopping = new AbortController();
  $effect(() => () => stopping.abort());

  const asked = $derived(JSON.stringify(question.query));
  const fetchPage = (page: number, signal: AbortSignal) =>
    ask('sessions', { ...question.query, limit: PAGE, offset: page * PAGE }, signal);

  const refreshPage = async (page: number, signal: AbortSignal) => {
    const wanted = asked;
    const answer = await fetchPage(page, signal);
    if (signal.aborted || wanted !== asked) return;
    total = answer.total;
    failed = null;
    const rows = wanted === answered ? pages.get(page) : undefined;
    if (wanted !== answered) pages = new Map();
    answered = wanted;
    if (rows === undefined || areSame(rows, answer.items)) {
      pages = withPage(pages, page, answer.items);
    } else if (isHeld()) {
      hasNews = true;
      pages = withPage(pages, page, heldPage(rows, answer.items));
      await askMissing(page, missingFrom(rows, answer.items).slice(0, MOST_ASKED), signal);
    } else {
      pages = withPage(new Map(), page, answer.items);
      hasNews = false;
    }
  };
  /** What became of them: only they themselves can tell. */
  const askMissing = async (page: number, missing: readonly SessionWire[], signal: AbortSignal) => {
    for (const { id } of missing) {
      const newest = await askSession(id, signal).catch(() => null);
      const rows = pages.get(page);
      if (signal.aborted || newest === null || rows === undefined) continue;
      pages = withPage(pages, page, heldPage(rows, [newest]));
    }
  };
  const refresh = polled(
    async (signal) => {
      if (asked === answered && performance.now() - refreshedAt < pauseOf()) return;
      refreshedAt = performance.now();
      for (const page of pagesOf(seen.first, seen.last)) await refreshPage(page, signal);
    },
    REFRESH,
    () => {
      void asked;
      return true;
    },
  );

  const pauseOf = () => {
    if (!question.isMoving) return Number.POSITIVE_INFINITY;
    return question.state === 'closed' ? REFRESH_CLOSED : 0;
  };

  /** Fetches the pages that are seen and missing, until there are none. */
  const fill = async () => {
    if (isBusy) return;
    isBusy = true;
    const { signal } = stopping;
    try {
      for (let page = nextMissing(); page !== undefined && !signal.aborted; page = nextMissing()) {
        const wanted = asked;
        const answer = await fetchPage(page, signal);
        if (wanted !== asked || wanted !== answered) continue;
        pages = withPage(pages, page, answer.items);
        total = answer.total;
        failed = null;
      }
    } catch (error) {
      if (!signal.aborted) failed = error instanceof ApiError ? error : new ApiError('UNREADABLE', String(error));
    } finally {
      isBusy = false;
    }
  };
  const nextMissing = () =>
    asked === answered ? pagesOf(seen.first, seen.last).find((page) => !pages.has(page)) : undefined;

  return {
    get total() {
      return total;
    },
    get error() {
      return refresh.error ?? failed;
    },
    get isStale() {
      return asked !== answered;
    },
    get hasNews() {
      return hasNews;
    },
    at: (index) => rowAt(pages, index),
    show: (first, last) =>
      untrack(() => {
        seen = { first, last: total === null ? last : Math.min(last, Math.max(total - 1, 0)) };
        void fill();
      }),
    catchUp: () => {
      hasNews = false;
      pages = new Map();
      void fill();
    },
  };
}
