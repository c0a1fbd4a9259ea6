/**
 * The values that sessions have, as the server counts them: of the live audience, or of a period of history. Each facet
 * is asked for only when somebody looks for one, one after the other, and again when its counts have grown old.
 */

import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { type ApiError, ask } from '../api.ts';
import { texts } from '../texts.ts';
import { filterText } from './filter-text.ts';
import { type FilterFacet, UNKNOWN } from './filters.svelte.ts';
import type { ValueOffer } from './offers.ts';

const MOST_VALUES = 1000;
/** Counts may be so old before they are asked for again, in milliseconds. */
const LIVE_FOR = 10_000;
const HISTORY_FOR = 60_000;
const EVER = '1970-01-01T00:00:00Z';

/** Times as the API takes them; null in it is the beginning, or now. */
export interface Period {
  readonly from: string | null;
  readonly to: string | null;
}

export interface Suggestions {
  /** All that is known so far, the greatest first. */
  readonly known: readonly ValueOffer[];
  readonly isLoading: boolean;
  /** Must be told when somebody begins to look, of which facet; null is all. */
  look(facet: FilterFacet | null): void;
}

interface Answer {
  readonly question: string;
  readonly at: number;
  readonly values: readonly ValueOffer[];
}

/** Must be called while a component is created. Without a period it suggests what the live audience has. */
export function createSuggestions(options: {
  readonly facets: () => readonly FilterFacet[];
  readonly period: () => Period | null;
}): Suggestions {
  const answers = new SvelteMap<FilterFacet, Answer>();
  const waiting = new Set<FilterFacet>();
  let isLoading = $state(false);
  const stopping = new AbortController();
  $effect(() => () => stopping.abort());

  const load = async () => {
    isLoading = true;
    for (const facet of waiting) {
      const period = options.period();
      const values = await valuesOf(facet, period, stopping.signal).catch((_: ApiError | Error) => null);
      if (stopping.signal.aborted) return;
      // Without an answer it offers what it knew; that the server is lost is said elsewhere.
      if (values !== null) answers.set(facet, { question: JSON.stringify(period), at: performance.now(), values });
      waiting.delete(facet);
    }
    isLoading = false;
  };
  const isFresh = (facet: FilterFacet) => {
    const answer = answers.get(facet);
    const period = options.period();
    if (answer === undefined || answer.question !== JSON.stringify(period)) return false;
    return performance.now() - answer.at < (period === null ? LIVE_FOR : HISTORY_FOR);
  };
  const known = $derived(
    options
      .facets()
      .flatMap((facet) => answers.get(facet)?.values ?? [])
      .sort((a, b) => (b.sessions ?? -1) - (a.sessions ?? -1)),
  );
  return {
    get known() {
      return known;
    },
    get isLoading() {
      return isLoading;
    },
    look: (facet) =>
      untrack(() => {
        for (const each of facet === null ? options.facets() : [facet]) if (!isFresh(each)) waiting.add(each);
        if (!isLoading && waiting.size > 0) void load();
      }),
  };
}

/** Nobody counts addresses: there would be as many as sessions. */
async function valuesOf(facet: FilterFacet, period: Period | null, signal: AbortSignal): Promise<ValueOffer[]> {
  if (facet === 'ip') return [];
  const counts = await countsOf(facet, period, signal);
  const values = counts
    .filter(({ sessions }) => sessions > 0)
    .map(({ value, label, sessions }) => ({
      facet,
      value: value ?? UNKNOWN,
      // The server knows countries in English.
      text: (facet === 'country' ? null : label) ?? filterText(facet, value ?? UNKNOWN),
      sessions,
    }));
  return facet === 'stream' ? [...values, ...(await streamsBySource(signal))] : values;
}

interface Count {
  readonly value: string | null;
  readonly label: string | null;
  readonly sessions: number;
}

async function countsOf(
  facet: Exclude<FilterFacet, 'ip'>,
  period: Period | null,
  signal: AbortSignal,
): Promise<readonly Count[]> {
  if (period !== null) {
    const query = { by: facet, from: period.from ?? EVER, to: period.to, limit: MOST_VALUES };
    return (await ask('history', query, signal)).groups;
  }
  if (facet === 'programme') {
    const { items } = await ask('programmes', {}, signal);
    return items.map(({ name, sessions }) => ({ value: name, label: null, sessions }));
  }
  return (await ask('audience', { by: facet, limit: MOST_VALUES }, signal)).groups;
}

/** A name that several sources have is also offered as each one's. */
async function streamsBySource(signal: AbortSignal): Promise<ValueOffer[]> {
  const { items } = await ask('streams', {}, signal);
  const sources = Map.groupBy(items, ({ stream }) => stream);
  return items
    .filter(({ stream }) => sources.get(stream)!.length > 1)
    .map(({ stream, source }) => ({
      facet: 'stream' as const,
      value: stream,
      source,
      text: texts.filters.ofSource(stream, source),
      sessions: null,
    }));
}
