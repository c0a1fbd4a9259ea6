/**
 * What a heap of sessions came to: sessions, unique clients, listening time, bytes, the peak and when it was, and the
 * same by several dimensions. For `headcount analyze`; a running Headcount asks its store instead.
 */

import type { Instant } from '../../core/observation.ts';
import { type Dimension, facetOf } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';

export const SUMMARY_DIMENSIONS = [
  'stream',
  'country',
  'city',
  'player',
  'platform',
  'quality',
  'user',
] as const satisfies Dimension[];
export type SummaryDimension = (typeof SUMMARY_DIMENSIONS)[number];

export interface SummaryGroup {
  /** Null is unknown. */
  readonly value: string | null;
  readonly sessions: number;
  readonly uniqueClients: number;
  readonly listeningSeconds: number;
  readonly bytes: number;
}

export interface Summary {
  readonly sessions: number;
  readonly uniqueClients: number;
  /** The greatest number of sessions at once, and when it was first reached; `at` is null without a session. */
  readonly peak: { readonly count: number; readonly at: Instant | null };
  readonly listeningSeconds: number;
  readonly bytes: number;
  /** Sessions of bots: in none of the other numbers. */
  readonly bots: number;
  /** Each by listening time, greatest first. */
  readonly by: Readonly<Record<SummaryDimension, readonly SummaryGroup[]>>;
}

interface Tally {
  sessions: number;
  milliseconds: number;
  bytes: number;
  readonly listeners: Set<string>;
}

const newTally = (): Tally => ({ sessions: 0, milliseconds: 0, bytes: 0, listeners: new Set() });

export class Summarizer {
  readonly #total = newTally();
  readonly #by = new Map<SummaryDimension, Map<string | null, Tally>>();
  readonly #starts: Instant[] = [];
  readonly #ends: Instant[] = [];
  #bots = 0;

  add(session: SessionRecord): void {
    if (session.bot) {
      this.#bots++;
      return;
    }
    const end = session.endedAt ?? session.lastSeenAt;
    this.#starts.push(session.startedAt);
    this.#ends.push(end);
    count(this.#total, session, end);
    for (const dimension of SUMMARY_DIMENSIONS) {
      const tallies = this.#by.get(dimension) ?? new Map<string | null, Tally>();
      this.#by.set(dimension, tallies);
      const value = facetOf(session, dimension);
      const tally = tallies.get(value) ?? newTally();
      tallies.set(value, tally);
      count(tally, session, end);
    }
  }

  summary(): Summary {
    const groups = (dimension: SummaryDimension) =>
      [...(this.#by.get(dimension) ?? [])]
        .map(([value, tally]) => ({ value, ...figures(tally) }))
        .sort(
          (a, b) => b.listeningSeconds - a.listeningSeconds || b.sessions - a.sessions || compare(a.value, b.value),
        );
    return {
      ...figures(this.#total),
      peak: peakOf(this.#starts, this.#ends),
      bots: this.#bots,
      by: Object.fromEntries(SUMMARY_DIMENSIONS.map((each) => [each, groups(each)])) as unknown as Summary['by'],
    };
  }
}

function count(tally: Tally, session: SessionRecord, end: Instant): void {
  tally.sessions++;
  tally.milliseconds += end - session.startedAt;
  tally.bytes += session.bytes;
  tally.listeners.add(session.listener);
}

function figures({ sessions, milliseconds, bytes, listeners }: Tally): Omit<SummaryGroup, 'value'> {
  return { sessions, uniqueClients: listeners.size, listeningSeconds: milliseconds / 1000, bytes };
}

function compare(a: string | null, b: string | null): number {
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

/** A sweep over half-open sessions: one that ends when another begins is not there at the same time. */
export function peakOf(starts: readonly Instant[], ends: readonly Instant[]): Summary['peak'] {
  const begins = Float64Array.from(starts).sort();
  const finishes = Float64Array.from(ends).sort();
  let open = 0;
  let peak: Summary['peak'] = { count: 0, at: null };
  for (let i = 0, j = 0; i < begins.length; i++) {
    while (j < finishes.length && finishes[j]! <= begins[i]!) {
      j++;
      open--;
    }
    open++;
    if (open > peak.count) peak = { count: open, at: begins[i]! };
  }
  return peak;
}
