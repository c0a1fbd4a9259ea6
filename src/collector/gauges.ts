/**
 * Which counts of the servers are kept as samples. A server that is asked every second says the same again and again: a
 * sample is kept when the count has changed, at most every ten seconds, and every five minutes if it has not, so that an
 * unchanged count can be told from one that nobody knows.
 */

import type { Instant, StreamReport } from '../core/observation.ts';
import { GAUGE_EVERY } from '../core/query.ts';
import type { Sample } from '../store/store.ts';

const AT_MOST_EVERY = 10_000;
/** Streams whose last sample is remembered; the one that was silent for longest goes first, and is sampled anew. */
const MAX_STREAMS = 20_000;

export class Gauges {
  /** By source and stream. */
  readonly #last = new Map<string, { readonly at: Instant; readonly value: number }>();

  /** What of the report is to be kept; null is nothing. */
  sampleOf(source: string, { stream, at, listeners }: StreamReport): Sample | null {
    if (listeners === undefined || listeners === null) return null;
    const key = JSON.stringify([source, stream]);
    const last = this.#last.get(key);
    if (last !== undefined && at < last.at + (last.value === listeners ? GAUGE_EVERY : AT_MOST_EVERY)) return null;
    this.#last.delete(key);
    this.#last.set(key, { at, value: listeners });
    if (this.#last.size > MAX_STREAMS) this.#last.delete(this.#last.keys().next().value!);
    return { source, stream, at, metric: 'listeners', value: listeners };
  }
}
