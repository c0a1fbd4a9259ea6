/**
 * Statuses of streams that somebody wants to be told of only once they have been so for some time: a stream that is down
 * for a moment is no news then, and neither is that it is up again.
 */

import type { Instant, Milliseconds, StreamStatus } from '../core/observation.ts';
import type { StreamState, Streams } from '../core/streams.ts';

interface Held {
  readonly source: string;
  readonly stream: string;
  /** What was told last; null is nothing. */
  told: StreamStatus | null;
  status: StreamStatus;
  since: Instant;
}

export interface HeldStatus {
  readonly state: StreamState;
  /** When it had been so for long enough. */
  readonly at: Instant;
}

/** By id of the stream, as it is kept. */
export type HeldState = readonly (readonly [string, Held])[];

/** Streams that are remembered. */
const MAX_STREAMS = 10_000;

export class HeldStatuses {
  readonly held: Milliseconds;
  readonly #streams: Streams;
  readonly #known = new Map<string, Held>();
  /** Streams whose status is not the one that was told. */
  readonly #waiting = new Set<string>();
  #isChanged = false;

  constructor(held: Milliseconds, streams: Streams) {
    this.held = held;
    this.#streams = streams;
  }

  /** The status of a stream has changed. */
  changed({ id, source, stream, status }: StreamState, since: Instant): void {
    const before = this.#known.get(id);
    this.#remember(id, { source, stream, told: before?.told ?? null, status, since });
    this.#isChanged = true;
  }

  /** Those that have held for long enough by now. */
  due(now: Instant): HeldStatus[] {
    const due: HeldStatus[] = [];
    for (const id of this.#waiting) {
      const known = this.#known.get(id)!;
      if (now - known.since < this.held) continue;
      const state = this.#streams.get(known.source, known.stream);
      // After a restart its source has to say again that it is so.
      if (state?.status !== known.status) continue;
      known.told = known.status;
      this.#waiting.delete(id);
      this.#isChanged = true;
      due.push({ state, at: known.since + this.held });
    }
    return due;
  }

  restore(state: HeldState): void {
    for (const [id, held] of state) this.#remember(id, { ...held });
  }

  /** What is to be kept; null if that is still the same. */
  cut(): HeldState | null {
    if (!this.#isChanged) return null;
    this.#isChanged = false;
    return [...this.#known].map(([id, held]) => [id, { ...held }]);
  }

  #remember(id: string, held: Held): void {
    // Moved to the end: the first one is the one that has not changed for longest.
    this.#known.delete(id);
    this.#known.set(id, held);
    if (held.told === held.status) this.#waiting.delete(id);
    else this.#waiting.add(id);
    if (this.#known.size <= MAX_STREAMS) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest!);
    this.#waiting.delete(oldest!);
  }
}
