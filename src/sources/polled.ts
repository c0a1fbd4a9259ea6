/**
 * What all servers that are asked again and again have in common: the rhythm, and how an answer becomes a batch. What to
 * ask, and what the answer means, is the kind's.
 *
 * A failure of a whole poll is thrown (source.ts, 3): it is silence and ends nobody. A stream that was spoken of before
 * and is spoken of no more is down.
 *
 * Counters: `polls`, and `badAnswers`: those that were no such answers at all.
 */

import type { Instant, Milliseconds, Observation, Presence, StreamReport } from '../core/observation.ts';
import type { Clock } from '../lib/clock.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import { everyTick } from '../transports/poll/every-tick.ts';
import { BadAnswer } from '../transports/poll/fetch-text.ts';
import type { Cursor, KindCounts, KindTraits, Source } from './source.ts';

export interface Poll {
  /** When the question is asked: the time of all that is answered. */
  readonly at: Instant;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly counters: ScopedCounters;
}

export interface PollAnswer {
  /** Of every stream there is, once each: one that is missing is taken to be down. */
  readonly reports: readonly StreamReport[];
  /** Null where the server tells numbers only: a gauge makes no sessions, and ends none; its reports are count-only. */
  readonly listeners: PolledListeners | null;
  /** What else is known of clients, told before the roster. */
  readonly others?: readonly Observation[];
  /** What is told may be so much older than the question. */
  readonly lateness?: Milliseconds;
  readonly cursor?: Cursor;
}

export interface PolledListeners {
  /** Streams whose listeners could not be learned: nothing is said of them. */
  readonly unknown: ReadonlySet<string>;
  /** Everybody on all other streams; each presence is from `at` to `at`. */
  readonly present: readonly Presence[];
}

/** Whoever is in an answer is there until an answer lacks him: nothing needs to be bridged. */
export const POLLED_TRAITS: KindTraits = {
  departures: 'inOrder',
  provisional: false,
  gap: 0,
  lateness: 0,
  resumes: false,
};

/** `rejects`: what else it may find in answers, and cannot use. */
export function polledCounts(rejects: KindCounts['rejects']): KindCounts {
  return { work: ['polls'], rejects: { badAnswers: 'polls', ...rejects } };
}

/** Counts an answer that is no answer, with how it begins; any other error is none. */
export function countBadAnswer(error: unknown, counters: ScopedCounters): void {
  if (!(error instanceof BadAnswer)) return;
  counters.add('badAnswers');
  const { beginning } = error;
  if (beginning !== null) counters.example('badAnswers', () => beginning);
}

/** Asks every `every` milliseconds; `ask` throws to say that it cannot go on. */
export function polledSource(every: number, ask: (poll: Poll) => Promise<PollAnswer>): Source {
  /** Streams that were spoken of: they outlive a failed poll, so that one that vanished meanwhile is told. */
  let spokenOf: ReadonlySet<string> = new Set();
  return {
    run: async ({ emit, signal, clock, counters }) => {
      try {
        for await (const at of everyTick(clock, every, signal)) {
          counters.add('polls');
          const answer = await ask({ at, signal, clock, counters });
          const { listeners, others = [], lateness = 0, cursor } = answer;
          const reports = answer.reports.map((report) => ({ countOnly: listeners === null, ...report }));
          const now = new Set(reports.map(({ stream }) => stream));
          const gone = [...spokenOf].filter((stream) => !now.has(stream));
          spokenOf = now;
          const down = gone.map((stream) => goneDown(stream, at));
          const roster = listeners === null ? [] : [rosterOf(listeners, [...now, ...gone], at)];
          const observations = [...reports, ...down, ...others, ...roster];
          await emit({ observations, watermark: at - lateness, ...(cursor === undefined ? {} : { cursor }) });
        }
      } catch (error) {
        if (signal.aborted) return;
        countBadAnswer(error, counters);
        throw error;
      }
    },
  };
}

function goneDown(stream: string, at: Instant): StreamReport {
  return { kind: 'report', stream, at, status: 'down', title: null, listeners: 0 };
}

/** Covers every stream there is, unless one did not answer: then just those of which something is known. */
function rosterOf({ unknown, present }: PolledListeners, streams: readonly string[], at: Instant) {
  const known = unknown.size === 0 ? null : streams.filter((stream) => !unknown.has(stream));
  return { kind: 'roster' as const, at, streams: known, present };
}
