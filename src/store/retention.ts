/** Applies retention at the start and then on a schedule, until the signal aborts. What is kept how long: store.ts. */

import type { Milliseconds } from '../core/observation.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import type { Retention, Store } from './store.ts';

export interface RetentionOptions {
  readonly store: Pick<Store, 'retain'>;
  readonly retention: Retention;
  /** Default: an hour. */
  readonly every?: Milliseconds;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** `retained` rows deleted or erased, `retentionFailures`. */
  readonly counters: ScopedCounters;
}

/** Resolves when the signal has aborted, at once when everything is kept for ever; it never rejects. */
export async function keepRetention(options: RetentionOptions): Promise<void> {
  const { retention, every = 3_600_000, clock, signal } = options;
  if (Object.values(retention).every((kept) => kept === null)) return;
  while (!signal.aborted) {
    await retainOnce(options);
    await clock.sleep(every, signal);
  }
}

/** A failure (a full disk, say) is no reason to stop: the next time does what this one has not. */
async function retainOnce({ store, retention, clock, log, counters }: RetentionOptions): Promise<void> {
  try {
    const touched = await store.retain(retention, clock.now());
    counters.add('retained', touched);
    if (touched > 0) log.info(`retention has deleted or erased ${touched} rows`);
  } catch (error) {
    counters.add('retentionFailures');
    log.warn(`retention could not be applied this time: ${messageOf(error)}`);
  }
}
