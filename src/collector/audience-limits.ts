/**
 * Which streams have an audience beyond a limit. A reading alone says nothing: so many one after the other must agree
 * (`AudienceLimit`).
 */

import type { AudienceLimit } from '../core/event.ts';

/** How many listen to a stream now. */
export interface AudienceReading {
  readonly id: string;
  readonly source: string;
  readonly stream: string;
  readonly listeners: number;
}

export type Crossing = Omit<AudienceReading, 'listeners'> & { readonly type: 'audience.above' | 'audience.below' };

/** Streams that are above. */
export type LimitState = readonly { readonly id: string; readonly source: string; readonly stream: string }[];

/** Streams that are remembered to be above; the rest is as if it were not. */
const MAX_STREAMS = 10_000;

export class AudienceLimits {
  readonly limit: AudienceLimit;
  readonly #above = new Map<string, LimitState[number]>();
  /** So many readings in a row say that it is no longer as it was; by id of the stream. */
  #runs = new Map<string, number>();
  #isChanged = false;

  constructor(limit: AudienceLimit) {
    this.limit = limit;
  }

  /** Streams of which it is known how many listen; a stream that is above and is not among them has none. */
  read(readings: readonly AudienceReading[], isKnown: (source: string) => boolean): Crossing[] {
    const seen = new Set(readings.map(({ id }) => id));
    const gone = [...this.#above.values()].filter(({ id }) => !seen.has(id));
    const crossings: Crossing[] = [];
    const runs = new Map<string, number>();
    for (const reading of [...readings, ...gone.map((stream) => ({ ...stream, listeners: 0 }))]) {
      const { id, source, stream, listeners } = reading;
      const run = this.#runs.get(id) ?? 0;
      if (!isKnown(source)) {
        if (run > 0) runs.set(id, run);
        continue;
      }
      const isAbove = this.#above.has(id);
      if (isAbove ? listeners >= this.limit.below : listeners <= this.limit.above) continue;
      if (run + 1 < this.limit.readings) runs.set(id, run + 1);
      else if (this.#cross(isAbove, { id, source, stream })) {
        crossings.push({ id, source, stream, type: isAbove ? 'audience.below' : 'audience.above' });
      }
    }
    this.#runs = runs;
    return crossings;
  }

  restore(state: LimitState): void {
    for (const stream of state) this.#above.set(stream.id, stream);
  }

  /** What is to be kept; null if that is still the same. */
  cut(): LimitState | null {
    if (!this.#isChanged) return null;
    this.#isChanged = false;
    return [...this.#above.values()];
  }

  #cross(wasAbove: boolean, stream: LimitState[number]): boolean {
    if (wasAbove) this.#above.delete(stream.id);
    else if (this.#above.size >= MAX_STREAMS) return false;
    else this.#above.set(stream.id, stream);
    this.#isChanged = true;
    return true;
  }
}
