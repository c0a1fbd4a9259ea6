/**
 * A count of a server over time, from the samples that were kept of it (collector/gauges.ts): each holds until the next
 * one, but no longer than two of the longest pauses between them; after that nothing is known. Several sources of one
 * stream are added up.
 */

import type { Instant, Milliseconds } from '../../core/observation.ts';
import { GAUGE_EVERY } from '../../core/query.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { nextTurn } from '../../lib/turn.ts';
import { SAMPLES_AT_ONCE, type Sample, type Store } from '../../store/store.ts';

const HOLDS_FOR: Milliseconds = 2 * GAUGE_EVERY;
const MOST_SAMPLES = 2_000_000;

/** `from` before `to`; the steps are as many as the caller allows. */
export interface GaugeQuery {
  readonly sources: readonly string[];
  readonly stream: string;
  readonly metric: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly step: Milliseconds;
}

export interface Gauge {
  /** The start of every step; the last one may be shorter. */
  readonly steps: readonly Instant[];
  /** One a step, weighted by time, over what is known of it; null where nothing is. */
  readonly average: readonly (number | null)[];
  /** One a step: the greatest that was kept. Of several sources the sum of theirs, which may never have been at once. */
  readonly peak: readonly (number | null)[];
}

/** Rejects with `BAD_QUERY` when there are too many samples in the period, and as the store does. */
export async function gaugeOver(store: Pick<Store, 'samples'>, query: GaugeQuery): Promise<Gauge> {
  const { from, to, step } = query;
  const steps = Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
  const average = steps.map((): number | null => null);
  const peak = steps.map((): number | null => null);
  for (const source of query.sources) {
    const levels = await levelsOf(store, source, query, steps.length);
    for (const i of steps.keys()) {
      if (levels.known[i] === 0) continue;
      average[i] = (average[i] ?? 0) + levels.area[i]! / levels.known[i]!;
      peak[i] = (peak[i] ?? 0) + levels.peak[i]!;
    }
  }
  return { steps, average, peak };
}

/** By step. */
class Levels {
  /** Milliseconds of which the count is known, and the count summed up over them. */
  readonly known: Float64Array;
  readonly area: Float64Array;
  readonly peak: Float64Array;
  readonly #query: GaugeQuery;

  constructor(query: GaugeQuery, steps: number) {
    this.#query = query;
    this.known = new Float64Array(steps);
    this.area = new Float64Array(steps);
    this.peak = new Float64Array(steps);
  }

  add(value: number, since: Instant, until: Instant): void {
    const { from, to, step } = this.#query;
    const end = Math.min(until, to);
    let begin = Math.max(since, from);
    while (begin < end) {
      const i = Math.floor((begin - from) / step);
      const edge = Math.min(from + (i + 1) * step, end);
      this.known[i]! += edge - begin;
      this.area[i]! += value * (edge - begin);
      this.peak[i] = Math.max(this.peak[i]!, value);
      begin = edge;
    }
  }
}

async function levelsOf(
  store: Pick<Store, 'samples'>,
  source: string,
  query: GaugeQuery,
  steps: number,
): Promise<Levels> {
  const { stream, metric, from, to } = query;
  const levels = new Levels(query, steps);
  let last: Sample | null = null;
  let read = 0;
  for (let next = from - HOLDS_FOR; ; ) {
    const samples = await store.samples(source, stream, metric, next, to);
    for (const sample of samples) {
      if (last !== null) levels.add(last.value, last.at, Math.min(sample.at, last.at + HOLDS_FOR));
      last = sample;
    }
    if (samples.length < SAMPLES_AT_ONCE) break;
    read += samples.length;
    if (read > MOST_SAMPLES) {
      throw new HeadcountError('BAD_QUERY', `These are more than ${MOST_SAMPLES} measurements: ask for less time.`);
    }
    // There is one sample of a time.
    next = last!.at + 1;
    await nextTurn();
  }
  if (last !== null) levels.add(last.value, last.at, last.at + HOLDS_FOR);
  return levels;
}
