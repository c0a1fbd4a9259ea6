/**
 * Of what could not be used, the newest example for each counter: anonymised before it is kept, and not more often than
 * once a second, so that it costs nothing where everything is rejected.
 */

import { anonymised } from '../lib/anonymised.ts';
import { type Clock, systemClock } from '../lib/clock.ts';

export interface Example {
  /** Anonymised: see lib/anonymised.ts. */
  readonly text: string;
  /** What it should have been, such as the name of a format; null if nobody says. */
  readonly expected: string | null;
  /** When it was met: milliseconds since the Unix epoch. */
  readonly at: number;
}

const EVERY = 1000;
const MOST = 50;

export class Examples {
  readonly #clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly #kept = new Map<string, Example & { readonly since: number }>();

  constructor(clock: Pick<Clock, 'now' | 'elapsed'> = systemClock) {
    this.#clock = clock;
  }

  /** `text`, as it came, is only asked for if an example is wanted now. */
  offer(counter: string, text: () => string, expected: string | null): void {
    const since = this.#clock.elapsed();
    const before = this.#kept.get(counter);
    if (before === undefined ? this.#kept.size >= MOST : since - before.since < EVERY) return;
    this.#kept.set(counter, { text: anonymised(text()), expected, at: this.#clock.now(), since });
  }

  of(counter: string): Example | null {
    const kept = this.#kept.get(counter);
    if (kept === undefined) return null;
    const { text, expected, at } = kept;
    return { text, expected, at };
  }
}
