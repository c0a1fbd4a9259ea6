/**
 * When many events come at once: so many are told one by one within a time, and what has come beyond that when it is over
 * is told as one. So there are never more messages than that in any time, but those of a queue that is being caught up with.
 */

import { hash } from 'node:crypto';
import type { EventWire } from '../http/contract.ts';
import { time } from '../http/wire.ts';
import type { QueuedEvent } from '../store/store.ts';
import type { CommonSinkOptions } from './sink.ts';

/** What may be told now: so many events one by one; all that wait, as one if they are more than `after`; or nothing yet. */
export type Pace =
  | { readonly kind: 'single'; readonly most: number }
  | { readonly kind: 'sum'; readonly after: number }
  | { readonly kind: 'wait'; readonly ms: number };

export class Pacer {
  readonly #after: number;
  readonly #within: number;
  #window: { readonly since: number; readonly told: number } | null = null;

  constructor({ digestAfter, digestWithin }: CommonSinkOptions) {
    this.#after = digestAfter;
    this.#within = digestWithin;
  }

  /** `now` is elapsed time, in milliseconds. */
  pace(now: number): Pace {
    if (this.#after === 0) return { kind: 'single', most: Number.POSITIVE_INFINITY };
    const { since, told } = this.#window ?? { since: now, told: 0 };
    const isFull = told >= this.#after;
    const passed = now - since;
    if (isFull && passed < this.#within) return { kind: 'wait', ms: this.#within - passed };
    // Nothing came for a whole time: what comes now is not many.
    if (isFull && passed < 2 * this.#within) return { kind: 'sum', after: this.#after };
    return { kind: 'single', most: passed < this.#within ? this.#after - told : this.#after };
  }

  /** So many events were told one by one. */
  told(count: number, now: number): void {
    if (this.#after === 0 || count === 0) return;
    const isOver = this.#window === null || now - this.#window.since >= this.#within;
    this.#window = isOver ? { since: now, told: count } : { ...this.#window!, told: this.#window!.told + count };
  }

  /** They were told as one; `isAll` unless there were more than one message can stand for. */
  summed(isAll: boolean, now: number): void {
    this.#window = { since: isAll ? now : now - this.#within, told: this.#after };
  }
}

/** A digest names so many kinds of events of streams. */
const MOST_COUNTS = 50;

/** At least one event. The same events make the same digest, with the same id. */
export function digestOf(events: readonly QueuedEvent['event'][]): EventWire {
  const counts = new Map<string, { type: string; stream: string | null; events: number }>();
  for (const { type, stream } of events) {
    const key = JSON.stringify([type, stream]);
    const count = counts.get(key);
    if (count === undefined) counts.set(key, { type, stream, events: 1 });
    else count.events++;
  }
  const times = events.map(({ at }) => at);
  const earliest = times.reduce((a, b) => Math.min(a, b));
  const latest = times.reduce((a, b) => Math.max(a, b));
  const all = events.map(({ id }) => id).join('|');
  return {
    id: hash('sha256', `digest|${all}`, 'base64url').slice(0, 20),
    at: time(latest),
    type: 'digest',
    events: events.length,
    from: time(earliest),
    counts: [...counts.values()].sort((a, b) => b.events - a.events).slice(0, MOST_COUNTS),
  };
}
