/**
 * The sessions of the table: fetched page by page through the API's cursor, sorted and filtered by the server, refreshed
 * while the table is looked at, and held still while it is read (session-rows.ts).
 */

import type { SessionPageWire, SessionWire } from '../../../src/http/contract.ts';
import { type ApiError, ask } from './api.ts';
import { polled } from './polled.svelte.ts';
import { follow, hold, type Row } from './session-rows.ts';

const FIRST = 40;
const PAGE = 100;
/** The API's greatest page. */
const LARGEST_PAGE = 1000;
/** More rows than these make a browser slow and no reader wiser. */
const MOST_ROWS = 2000;
const REFRESH = 3000;

export type SortKey = 'startedAt' | 'duration' | 'bytes' | 'stream' | 'country' | 'player';
export interface Sort {
  readonly key: SortKey;
  readonly isDescending: boolean;
}

interface Fetched {
  readonly items: readonly SessionWire[];
  readonly total: number;
  readonly isAll: boolean;
}

export interface SessionList {
  readonly rows: readonly Row[];
  readonly total: number;
  /** How many new sessions wait until the reader lets go. */
  readonly waiting: number;
  readonly isLoaded: boolean;
  readonly error: ApiError | null;
  /** How many more rows `showMore` would bring. */
  readonly more: number;
  readonly isFull: boolean;
  sort: Sort;
  showMore(): void;
  showWaiting(): void;
}

/** Must be called while a component is created. */
export function createSessionList(options: {
  isInView: () => boolean;
  isHeld: () => boolean;
  /** Which sessions, as the API asks for them. */
  only: () => Readonly<Record<string, string>>;
}): SessionList {
  let sort = $state.raw<Sort>({ key: 'startedAt', isDescending: true });
  let wanted = $state(FIRST);
  let rows = $state.raw<readonly Row[]>([]);
  let waiting = $state(0);
  let newest = $state.raw<Fetched | null>(null);
  /** What the rows answer: other sessions are asked for as soon as this differs. */
  let answered = '';

  const question = $derived(JSON.stringify([sort, options.only()]));
  const showNewest = () => {
    if (newest !== null) rows = follow(rows, newest.items);
    waiting = 0;
  };
  const list = polled(
    async (signal) => {
      const asked = question;
      newest = await fetchSessions({ sort, only: options.only(), wanted }, signal);
      const isSame = asked === answered;
      answered = asked;
      if (!isSame) rows = [];
      if (!isSame || !options.isHeld()) showNewest();
      else ({ rows, waiting } = hold(rows, { ...newest, wanted }));
    },
    REFRESH,
    () => {
      void [question, wanted];
      return options.isInView();
    },
  );
  return {
    get rows() {
      return rows;
    },
    get total() {
      return newest?.total ?? 0;
    },
    get waiting() {
      return waiting;
    },
    get isLoaded() {
      return newest !== null;
    },
    get error() {
      return list.error;
    },
    get more() {
      return Math.min(PAGE, MOST_ROWS - wanted, (newest?.total ?? 0) - rows.length);
    },
    get isFull() {
      return wanted >= MOST_ROWS && (newest?.isAll ?? true) === false;
    },
    get sort() {
      return sort;
    },
    set sort(next: Sort) {
      sort = next;
    },
    showMore: () => {
      wanted = Math.min(wanted + PAGE, MOST_ROWS);
    },
    showWaiting: showNewest,
  };
}

interface Question {
  readonly sort: Sort;
  readonly only: Readonly<Record<string, string>>;
  readonly wanted: number;
}

/** The first `wanted` sessions, in as few pages as the API allows. */
async function fetchSessions({ sort, only, wanted }: Question, signal: AbortSignal): Promise<Fetched> {
  const items: SessionWire[] = [];
  let cursor: string | null = null;
  for (;;) {
    const page: SessionPageWire = await ask(
      'sessions',
      {
        sort: `${sort.isDescending ? '-' : ''}${sort.key}`,
        ...only,
        limit: Math.min(wanted - items.length, LARGEST_PAGE),
        cursor,
      },
      signal,
    );
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === null || items.length >= wanted) return { items, total: page.total, isAll: cursor === null };
  }
}
