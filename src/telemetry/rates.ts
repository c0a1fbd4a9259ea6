/** How much of something there is a second, by its totals of the last minute. */

interface Sample {
  /** Milliseconds of a clock that only grows. */
  readonly at: number;
  readonly totals: readonly number[];
}

export interface Rate {
  readonly counter: string;
  readonly perSecond: number;
}

/** Milliseconds between two samples. */
export const SAMPLE_EVERY = 5000;
const WINDOW = 60_000;
/** A shorter time says nothing. */
const LEAST = 1000;

export class Rates {
  readonly #names: readonly string[];
  /** Oldest first; all but the first are of the last minute. */
  #samples: Sample[] = [];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  sample(at: number, read: (name: string) => number): void {
    const newest = this.#samples.at(-1);
    // Whoever samples more often than is of use fills no memory.
    if (newest !== undefined && at - newest.at < SAMPLE_EVERY / 2) return;
    this.#samples.push({ at, totals: this.#names.map(read) });
    while (this.#samples.length > 1 && at - this.#samples[1]!.at >= WINDOW) this.#samples.shift();
  }

  /** Since a minute ago, or since the first sample; empty before that says anything. */
  read(at: number, read: (name: string) => number): Rate[] {
    const first = this.#samples.find((sample) => at - sample.at <= WINDOW + SAMPLE_EVERY) ?? this.#samples.at(-1);
    if (first === undefined || at - first.at < LEAST) return [];
    const rates = this.#names.map((counter, i) => ({
      counter,
      // Counters that began anew have told nothing backwards.
      perSecond: (Math.max(0, read(counter) - first.totals[i]!) * 1000) / (at - first.at),
    }));
    // What a source does not do is not said beside what it does.
    const done = rates.filter(({ counter }) => read(counter) > 0);
    return done.length > 0 ? done : rates;
  }
}
