/** The lines that cannot be read: how many there are for each reason, and of each the first since the last time it was told. */

import { Buffer } from 'node:buffer';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { decodeText } from '../../transports/poll/decode-text.ts';
import { FAULTS, type Fault, type Line } from './line.ts';

/** So much of a line is kept. */
const MOST_BYTES = 2048;

interface Kept {
  readonly bytes: Uint8Array;
  readonly format: string;
}

export class Rejected {
  readonly counts = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  readonly #kept = new Map<Fault, Kept>();

  /** `format`: the one that it is not written in. */
  add({ fault, block, start, end }: Line, format: string): void {
    this.counts[fault]++;
    if (this.#kept.has(fault)) return;
    this.#kept.set(fault, { bytes: Buffer.from(block.subarray(start, Math.min(end, start + MOST_BYTES))), format });
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  tellExamples(counters: ScopedCounters): void {
    for (const [fault, { bytes, format }] of this.#kept) {
      counters.example(`rejected${fault}`, () => decodeText(bytes), format);
    }
    this.#kept.clear();
  }
}
