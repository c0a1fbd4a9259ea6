/**
 * Runs one source for as long as it is configured: starts it, takes its word when it says that it cannot go on, logs
 * once, backs off with jitter and starts it again. A source that is silent for too long is reported as such.
 */

import type { MessageSink } from '../core/messages.ts';
import type { Instant } from '../core/observation.ts';
import { unlessAborted } from '../lib/abort.ts';
import { Backoff } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import type { Inboxes } from '../lib/inboxes.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import { RecentLines } from '../telemetry/recent-lines.ts';
import type { Batch, Cursor, Source } from './source.ts';

/** `waiting` is for the next try after a failure; `finished` has told all there was (a file that is not followed). */
export type SourceStatus = 'starting' | 'running' | 'waiting' | 'finished' | 'stopped';

export interface SourceHealth {
  readonly status: SourceStatus;
  readonly statusSince: Instant;
  /** Of the last failure, in words, until it runs again. */
  readonly lastError: { readonly code: string; readonly message: string; readonly at: Instant } | null;
  readonly restarts: number;
  /** When the last batch came; null if none has. */
  readonly lastBatchAt: Instant | null;
}

export interface SupervisorOptions {
  readonly source: Source;
  readonly cursor: Cursor | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ScopedCounters;
  readonly messages?: MessageSink;
  readonly inboxes: Pick<Inboxes, 'open'>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Without a batch for so long, `onSilent` is called, once until the next batch. */
  readonly staleAfterMs: number;
  /** A batch that the signal catches before it was taken in is not taken in at all. */
  emit(batch: Batch, signal: AbortSignal): Promise<void>;
  onFailed(): void;
  onFinished(): void;
  onSilent(): void;
}

export interface Supervisor {
  health(): SourceHealth;
  /** What the program that it runs has printed; nothing if it runs none. */
  readonly recent: RecentLines;
  /** Resolves when the source has ended. */
  stop(): Promise<void>;
  /** Resolves when the source has finished by itself or was stopped. */
  readonly ended: Promise<void>;
}

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;
/** So long it must run for a failure to count as the first again. */
const HEALTHY_AFTER = 60_000;

export function supervise(options: SupervisorOptions): Supervisor {
  const { source, clock, log, counters, inboxes, messages } = options;
  const stopping = new AbortController();
  const backoff = new Backoff({ first: FIRST_WAIT, most: LONGEST_WAIT, random: options.random });
  let health: SourceHealth = {
    status: 'starting',
    statusSince: clock.now(),
    lastError: null,
    restarts: 0,
    lastBatchAt: null,
  };
  let cursor = options.cursor;
  let lastBatch = clock.elapsed();
  let isSilent = false;
  const recent = new RecentLines();

  const become = (status: SourceStatus, more: Partial<SourceHealth> = {}) => {
    health = { ...health, ...more, status, statusSince: status === health.status ? health.statusSince : clock.now() };
  };

  const emit = async (batch: Batch) => {
    if (stopping.signal.aborted) return;
    if (batch.cursor !== undefined) cursor = batch.cursor;
    lastBatch = clock.elapsed();
    isSilent = false;
    become('running', { lastBatchAt: clock.now(), lastError: null });
    await unlessAborted(options.emit(batch, stopping.signal), stopping.signal);
  };

  const failed = (error: unknown) => {
    const code = error instanceof HeadcountError ? error.code : 'SOURCE_FAILED';
    const message = messageOf(error);
    // Said once: the same trouble again is no news.
    if (health.lastError?.message === message) log.debug(`${message} (again)`);
    else if (error instanceof HeadcountError) log.warn(message);
    else log.error(error instanceof Error && error.stack !== undefined ? error.stack : message);
    counters.add('failures');
    become('waiting', { lastError: { code, message, at: clock.now() }, restarts: health.restarts + 1 });
    options.onFailed();
  };

  const watchSilence = async () => {
    while (!stopping.signal.aborted && health.status !== 'finished') {
      const left = options.staleAfterMs - (clock.elapsed() - lastBatch);
      if (left <= 0 && !isSilent) {
        isSilent = true;
        log.warn('has been silent for too long: its sessions end at their last sight');
        options.onSilent();
      }
      await clock.sleep(Math.max(left, 1000), stopping.signal);
    }
  };

  const runForever = async () => {
    while (!stopping.signal.aborted) {
      const startedAt = clock.elapsed();
      try {
        await source.run({
          ...{ emit, signal: stopping.signal, cursor, log, counters, clock, recent, inboxes },
          ...(messages === undefined ? {} : { messages }),
        });
        if (stopping.signal.aborted) break;
        become('finished', { lastError: null });
        options.onFinished();
        return;
      } catch (error) {
        if (stopping.signal.aborted) break;
        if (clock.elapsed() - startedAt > HEALTHY_AFTER) backoff.reset();
        failed(error);
        await clock.sleep(backoff.next(), stopping.signal);
      }
    }
    become('stopped');
  };

  const watching = watchSilence();
  const ended = runForever();
  return {
    health: () => health,
    ended,
    recent,
    stop: async () => {
      stopping.abort();
      await Promise.all([ended, watching]);
    },
  };
}
