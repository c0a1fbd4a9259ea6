/**
 * The listening metrics of the radio trade over a period, and over each of its steps; docs/metrics.md says what each
 * means, where its definition is from, and what was decided where that leaves a choice. The store counts (its
 * `listening`); here the ratios are made.
 */

import type { Instant, Milliseconds } from '../../core/observation.ts';
import type { CumeRule, ListeningCount, SessionFilter } from '../../core/query.ts';
import type { Store } from '../../store/store.ts';
import { edgesOf, type Step } from './steps.ts';
import type { TimeZone } from './time-zone.ts';

export interface AudienceQuestion {
  readonly from: Instant;
  readonly to: Instant;
  readonly step: Step | null;
  /** Whose hours, days, weeks and months the steps are. */
  readonly zone: TimeZone;
  readonly filter: SessionFilter;
  readonly minSession: Milliseconds;
  readonly cumeRule: CumeRule;
}

/** A ratio is null where it would be divided by nothing. */
export interface AudienceFigures {
  /** Total listening hours, and the same in seconds. */
  readonly tlhHours: number;
  readonly tlhSeconds: number;
  /** Average active sessions. */
  readonly aas: number;
  /** Session starts. */
  readonly ss: number;
  /** Active sessions. */
  readonly as: number;
  /** Distinct listeners; null if the rule needs a whole quarter-hour and there is none. */
  readonly cume: number | null;
  /** Time spent listening: by listener. */
  readonly tslSeconds: number | null;
  /** Average time spent listening: by active session. */
  readonly atslSeconds: number | null;
  /** Average quarter-hour listeners, and over how many quarter-hours. */
  readonly aqh: number | null;
  readonly quarterHours: number;
  readonly peak: { readonly count: number; readonly at: Instant | null };
  /** Active sessions, also those that are too short for everything else. */
  readonly grossSessions: number;
}

export interface AudiencePeriod extends AudienceFigures {
  readonly from: Instant;
  readonly to: Instant;
  /** How long it really lasts, whatever the clocks did. */
  readonly hours: number;
}

export interface AudienceReport {
  readonly whole: AudiencePeriod;
  /** None unless they were asked for. */
  readonly steps: readonly AudiencePeriod[];
}

/** Rejects with `BAD_QUERY` for more than ten thousand steps, and as `store.listening` does. */
export async function audienceReport(
  store: Pick<Store, 'listening'>,
  { from, to, step, zone, filter, minSession, cumeRule }: AudienceQuestion,
): Promise<AudienceReport> {
  const edges = edgesOf(from, to, step, zone);
  const { whole, steps } = await store.listening({ edges, filter, minSession, cumeRule });
  return {
    whole: periodOf(from, to, whole),
    steps: step === null ? [] : steps.map((count, i) => periodOf(edges[i]!, edges[i + 1]!, count)),
  };
}

function periodOf(from: Instant, to: Instant, count: ListeningCount): AudiencePeriod {
  const { listeningSeconds, activeSessions, listeners, quarterHours, quarterHourListeners } = count;
  const hours = (to - from) / 3_600_000;
  const tlhHours = listeningSeconds / 3600;
  return {
    from,
    to,
    hours,
    tlhHours,
    tlhSeconds: listeningSeconds,
    aas: tlhHours / hours,
    ss: count.startedSessions,
    as: activeSessions,
    cume: listeners,
    tslSeconds: ratio(listeningSeconds, listeners ?? 0),
    atslSeconds: ratio(listeningSeconds, activeSessions),
    aqh: ratio(quarterHourListeners, quarterHours),
    quarterHours,
    peak: count.peak,
    grossSessions: count.grossSessions,
  };
}

function ratio(sum: number, of: number): number | null {
  return of === 0 ? null : sum / of;
}
