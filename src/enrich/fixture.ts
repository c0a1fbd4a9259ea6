/** For tests and benches: the cases that none of us wrote, and random addresses that are the same in every run. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../lib/clock.ts';
import type { IpBytes } from '../lib/ip.ts';

/** The path of a file beside the repository, in `shared/cases`. */
export function caseFile(path: string): string {
  return fileURLToPath(new URL(`../../../shared/cases/${path}`, import.meta.url));
}

/** For `test(name, { skip })`: false where the cases are there. */
export const noCases: string | false = existsSync(caseFile('README.md'))
  ? false
  : 'SKIPPED: ../shared/cases is not here, so nothing has been compared with the reference reader';

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What has been given out of IPv6 begins with these. */
const IPV6_FIRST_BYTES = [0x20, 0x24, 0x26, 0x28, 0x2a, 0x2c];

export function randomAddress(random: () => number, bytes: 4 | 16): IpBytes {
  const address = Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
  if (bytes === 4) return address;
  address[0] = IPV6_FIRST_BYTES[Math.floor(random() * IPV6_FIRST_BYTES.length)]!;
  address[1] = address[0] === 0x20 ? 1 : address[1]! & 15;
  return address;
}

/** A clock that a test turns: whoever sleeps wakes when enough time has passed. */
export class HandClock implements Clock {
  #elapsed = 0;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  /** When each of those who sleep will wake, counted from the beginning. */
  get alarms(): number[] {
    return [...this.#sleepers].map(({ until }) => until).sort((a, b) => a - b);
  }

  now(): number {
    return this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        until: this.#elapsed + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  pass(ms: number): void {
    this.#elapsed += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.until <= this.#elapsed) sleeper.wake();
  }
}
