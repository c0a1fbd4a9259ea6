/**
 * Who was there at the moment that the address names (`at`), under its filters. The newest moment is asked for when the
 * one before has been answered (in-turn.ts), so that a cursor can be dragged.
 */

import { untrack } from 'svelte';
import type { AudienceWire, PlacesWire, SessionPageWire, StreamWire } from '../../../../src/http/contract.ts';
import { ApiError, ask, type Query } from '../api.ts';
import { type Bots, filters } from '../filters/filters.svelte.ts';
import { page } from '../page.svelte.ts';
import { route } from '../route.svelte.ts';
import { inTurn } from './in-turn.ts';

export const TOPS = ['stream', 'country', 'city', 'player', 'quality'] as const;
export type Top = (typeof TOPS)[number];

export const MOST_SESSIONS = 100;
export const MOST_VALUES = 8;
/** Whoever drags shall not keep the server busy all the time. */
const REST = 60;

export interface Group {
  readonly value: string | null;
  readonly count: number;
}

export interface MomentAnswer {
  readonly at: number;
  readonly total: AudienceWire['total'];
  /** Greatest first, of those that the filter for bots lets pass. */
  readonly tops: Readonly<Record<Top, readonly Group[]>>;
  readonly places: PlacesWire;
  readonly streams: readonly StreamWire[];
  readonly sessions: SessionPageWire;
}

export interface Moment {
  /** Null if the address names none, or no time. */
  readonly at: number | null;
  /** The newest answer, also while the next is waited for. */
  readonly answer: MomentAnswer | null;
  readonly error: ApiError | null;
  readonly isLoading: boolean;
  tryAgain(): void;
}

interface Question {
  readonly at: number;
  readonly filters: Query;
  readonly bots: Bots;
}

/** Must be called while a component is created; ends with it. */
export function createMoment(): Moment {
  let answer = $state.raw<MomentAnswer | null>(null);
  let error = $state.raw<ApiError | null>(null);
  let answered = $state('');
  let attempt = $state(0);

  const at = $derived(timeOf(route.query.get('at')));
  const wanted = $derived<Question | null>(at === null ? null : { at, filters: filters.query, bots: filters.bots });
  const key = $derived(JSON.stringify([wanted, attempt]));
  const turns = inTurn<{ readonly question: Question; readonly key: string }, MomentAnswer>({
    ask: ({ question }, signal) => askMoment(question, signal),
    took: (asked, next) => {
      answer = next;
      error = null;
      answered = asked.key;
    },
    failed: (asked, thrown) => {
      error = thrown instanceof ApiError ? thrown : new ApiError('UNREADABLE', String(thrown), { cause: thrown });
      answered = asked.key;
    },
    rest: () => new Promise((resolve) => setTimeout(resolve, REST)),
  });
  $effect(() => {
    if (wanted === null) turns.want(null);
    else if (page.isVisible && key !== untrack(() => answered)) turns.want({ question: wanted, key });
  });
  $effect(() => turns.stop);
  return {
    get at() {
      return at;
    },
    get answer() {
      return answer;
    },
    get error() {
      return error;
    },
    get isLoading() {
      return wanted !== null && answered !== key;
    },
    tryAgain: () => {
      attempt++;
    },
  };
}

function timeOf(written: string | null): number | null {
  const at = written === null ? Number.NaN : Date.parse(written);
  return Number.isNaN(at) ? null : at;
}

async function askMoment(question: Question, signal: AbortSignal): Promise<MomentAnswer> {
  const at = new Date(question.at).toISOString();
  const { bot: _, ...facets } = question.filters;
  // Bots are counted beside the people, and groups are ordered by these: the greatest of the bots may be anywhere.
  const limit = question.bots === 'false' ? MOST_VALUES : 1000;
  const [places, sessions, streams, ...audiences] = await Promise.all([
    ask('places', { ...question.filters, at }, signal),
    ask('sessions', { ...question.filters, at, limit: MOST_SESSIONS }, signal),
    ask('streams', { at }, signal),
    ...TOPS.map((by) => ask('audience', { ...facets, at, by, limit }, signal)),
  ]);
  const tops = TOPS.map((top, i) => [top, groupsOf(audiences[i]!, question.bots)]);
  return {
    at: question.at,
    total: audiences[0]!.total,
    tops: Object.fromEntries(tops) as unknown as MomentAnswer['tops'],
    places,
    streams: streams.items,
    sessions,
  };
}

function groupsOf({ groups }: AudienceWire, bots: Bots): Group[] {
  return groups
    .map(({ value, sessions, bots: others }) => ({
      value,
      count: (bots === 'true' ? 0 : sessions) + (bots === 'false' ? 0 : others),
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_VALUES);
}
