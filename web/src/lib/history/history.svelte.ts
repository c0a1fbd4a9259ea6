/**
 * What the page of the past asks for, by its address: `by` divides, `compare` lays another period beside it, `show=peak`
 * and `without` are how it is looked at. Each of its three questions is asked when it changes; while somebody drags on the
 * chart nothing changes under them.
 */

import type { AudienceReportWire, HistoryWire } from '../../../../src/http/contract.ts';
import { type ApiError, ask, type Query } from '../api.ts';
import { FILTER_FACETS, type FilterFacet, filters } from '../filters/filters.svelte.ts';
import { period } from '../period.svelte.ts';
import { type Shift, type Span, shiftedSpan, shiftOf } from '../period.ts';
import { polled } from '../polled.svelte.ts';
import { route } from '../route.svelte.ts';
import { type Zone, zoneOf } from '../zone.ts';
import { askedSpan, type Chart, chartOf, comparedWith, MOST_STEPS, type Steps, stepsFor } from './chart.ts';

/** A stream may carry several programmes, and addresses are too many for lines. */
export type Split = Exclude<FilterFacet, 'programme' | 'ip'>;
export const SPLITS = FILTER_FACETS.filter((facet): facet is Split => facet !== 'programme' && facet !== 'ip');

export const COMPARES = ['before', 'week', 'year'] as const;
export type Compare = (typeof COMPARES)[number];

/** So many lines have a colour of their own. */
const MOST_LINES = 8;
const MOST_GROUPS = 1000;
/** A period that is over changes only by what is forgotten, or read late. */
const AGAIN = 600_000;
const DAY_SHIFT: Readonly<Record<'week' | 'year', Shift>> = { week: { days: 7 }, year: { months: 12 } };
/** Reports begin there. */
const EARLIEST = Date.UTC(1980, 0);

export interface Asked<T> {
  /** The newest answer, also while the next is waited for. */
  readonly value: T | null;
  readonly error: ApiError | null;
  readonly isLoading: boolean;
}

export interface Drawn {
  readonly span: Span;
  readonly zone: Zone;
  readonly by: Split | null;
  readonly chart: Chart;
  readonly before: ReturnType<typeof comparedWith> | null;
}

export interface Figures {
  readonly now: AudienceReportWire['totals'];
  readonly before: AudienceReportWire['totals'] | null;
}

export interface Groups {
  readonly by: Split;
  readonly items: HistoryWire['groups'];
}

/** Everything that the chart depends on, as text: two of them are the same if nothing that matters has changed. */
interface ChartQuestion {
  readonly span: Span;
  readonly now: number;
  readonly zone: string;
  readonly steps: Steps;
  readonly by: Split | null;
  readonly filter: Query;
  readonly compare: { readonly span: Span; readonly shift: Shift } | null;
}

function chosen<T extends string>(name: string, among: readonly T[]): T | null {
  const asked = route.query.get(name);
  return among.find((each) => each === asked) ?? null;
}

/** A narrow screen has no room for more. */
function mostSteps(): number {
  return innerWidth < 640 ? 150 : MOST_STEPS;
}

/** Days are long and many: a period of them that goes on as time does need not be asked for with every minute. */
function steady({ from, to }: Span): Span {
  if (period.last === null || !stepsFor({ from, to }, mostSteps()).areDays) return { from, to };
  const whole = (at: number) => Math.floor(at / AGAIN) * AGAIN;
  return { from: whole(from), to: whole(to) };
}

/** Must be called while a component is created; ends with it. */
export function createHistory() {
  let isBrushing = $state(false);
  let attempts = $state(0);
  const by = $derived(chosen('by', SPLITS));
  const span = $derived(steady({ from: period.from, to: period.to }));
  const reached = $derived<Span>({ from: span.from, to: Math.max(Math.min(span.to, period.now), span.from + 1000) });
  const compared = $derived.by(() => {
    const compare = chosen('compare', COMPARES);
    if (compare === null) return null;
    const shift = compare === 'before' ? shiftOf(span, period.last, period.zone) : DAY_SHIFT[compare];
    const earlier = shiftedSpan(reached, shift, -1, period.zone);
    // Before all there is nothing to compare with.
    return earlier.from < EARLIEST || period.last === 'all' ? null : { compare, shift, span: earlier };
  });
  const steps = $derived(stepsFor(span, mostSteps()));

  const chartQuestion = $derived(
    JSON.stringify({
      ...{ span, steps, by, filter: filters.query, zone: period.zone.name },
      now: reached.to,
      compare: compared,
    } satisfies ChartQuestion),
  );
  const figureQuestion = $derived(
    JSON.stringify({ span: reached, filter: filters.query, before: compared?.span ?? null }),
  );
  const groupQuestion = $derived(JSON.stringify({ span: reached, filter: filters.query, by: by ?? 'stream' }));

  const asking = <T>(question: () => string, load: (question: string, signal: AbortSignal) => Promise<T>): Asked<T> => {
    let held = $state(question());
    $effect.pre(() => {
      if (!isBrushing) held = question();
    });
    const answers = polled(
      async (signal) => {
        const asked = held;
        return { asked, answer: await load(asked, signal) };
      },
      AGAIN,
      () => {
        void [held, attempts];
        return true;
      },
    );
    return {
      get value() {
        return answers.value?.answer ?? null;
      },
      get error() {
        return answers.error;
      },
      get isLoading() {
        return answers.error === null && answers.value?.asked !== held;
      },
    };
  };

  return {
    chart: asking(() => chartQuestion, loadChart),
    figures: asking(() => figureQuestion, loadFigures),
    groups: asking(() => groupQuestion, loadGroups),
    get by() {
      return by;
    },
    set isBrushing(isIt: boolean) {
      isBrushing = isIt;
    },
    tryAgain: () => {
      attempts++;
    },
  };
}
export type History = ReturnType<typeof createHistory>;

const iso = (at: number) => new Date(at).toISOString();
const edges = ({ from, to }: Span) => ({ from: iso(from), to: iso(to) });

async function loadChart(text: string, signal: AbortSignal): Promise<Drawn> {
  const { span, now, zone: zoneName, steps, by, filter, compare } = JSON.parse(text) as ChartQuestion;
  // The one that is there knows its offsets already.
  const zone = period.zone.name === zoneName ? period.zone : zoneOf(zoneName)!;
  const timeline = (of: Span, more: Query) =>
    ask('timeline', { ...filter, ...edges(askedSpan(of, steps, now, zone)), step: steps.seconds, ...more }, signal);
  const [answer, earlier] = await Promise.all([
    timeline(span, by === null ? {} : { by, limit: MOST_LINES }),
    compare === null ? null : timeline(compare.span, {}),
  ]);
  const chart = chartOf(answer, steps, zone);
  const before =
    earlier === null || compare === null
      ? null
      : comparedWith(chart.edges, chartOf(earlier, steps, zone), compare.shift, -1, zone);
  return { span, zone, by, chart, before };
}

async function loadFigures(text: string, signal: AbortSignal): Promise<Figures> {
  const { span, filter, before } = JSON.parse(text) as { span: Span; filter: Query; before: Span | null };
  const report = (of: Span) => ask('reports/audience', { ...filter, ...edges(of) }, signal);
  const [now, earlier] = await Promise.all([report(span), before === null ? null : report(before)]);
  return { now: now.totals, before: earlier?.totals ?? null };
}

async function loadGroups(text: string, signal: AbortSignal): Promise<Groups> {
  const { span, filter, by } = JSON.parse(text) as { span: Span; filter: Query; by: Split };
  const { groups } = await ask('history', { ...filter, ...edges(span), by, limit: MOST_GROUPS }, signal);
  return { by, items: groups };
}
