/**
 * How long a listener may be silent on a stream: as the configuration says it, or found out from the log: three times the
 * target duration of its segments (RFC 8216 §4.3.3.1), but not less than 30 s. The target duration is the median of the times
 * between the first requests for the first twenty segments of a rendition; after that it is fixed.
 */

import type { Milliseconds } from '../../core/observation.ts';

const LEAST: Milliseconds = 30_000;
const SEGMENTS = 20;
const DURATIONS = 3;

/** Renditions that are looked at, at once; of streams that are never done the first ones are given up. */
const MOST_RENDITIONS = 1000;
const MOST_STREAMS = 10_000;

export interface GapOptions {
  readonly gap: Milliseconds;
  readonly isAuto: boolean;
  /** By stream. */
  readonly gaps: ReadonlyMap<string, Milliseconds>;
}

/** Streams whose gap was found out. Plain JSON, for a restart. */
export type GapsMark = readonly (readonly [string, Milliseconds])[];

interface Rendition {
  readonly stream: string;
  readonly seen: Set<string>;
  readonly times: number[];
}

export class Gaps {
  readonly #options: GapOptions;
  readonly #found: Map<string, Milliseconds>;
  readonly #renditions = new Map<string, Rendition>();

  constructor(options: GapOptions, mark: GapsMark = []) {
    this.#options = options;
    this.#found = new Map(options.isAuto ? mark : []);
  }

  /** Is anything to be found out about this stream? */
  isOpen(stream: string): boolean {
    const { isAuto, gaps } = this.#options;
    return isAuto && !gaps.has(stream) && !this.#found.has(stream) && this.#found.size < MOST_STREAMS;
  }

  of(stream: string): Milliseconds {
    return this.#options.gaps.get(stream) ?? this.#found.get(stream) ?? this.#options.gap;
  }

  /** What the tracker must be told; null if it is as all others. */
  told(stream: string): Milliseconds | null {
    const gap = this.of(stream);
    return gap === this.#options.gap ? null : gap;
  }

  /** A segment was asked for; answers whether the gap of its stream is known now. */
  see(stream: string, path: string, time: number): boolean {
    const folder = `${stream}\0${path.replace(/[^/]*$/, '')}`;
    let rendition = this.#renditions.get(folder);
    if (rendition === undefined) {
      if (this.#renditions.size >= MOST_RENDITIONS) this.#renditions.delete(this.#renditions.keys().next().value!);
      rendition = { stream, seen: new Set(), times: [] };
      this.#renditions.set(folder, rendition);
    }
    if (rendition.seen.has(path)) return false;
    rendition.seen.add(path);
    rendition.times.push(time);
    if (rendition.times.length < SEGMENTS) return false;
    this.#found.set(stream, Math.max(LEAST, DURATIONS * medianStep(rendition.times)));
    for (const [key, each] of this.#renditions) if (each.stream === stream) this.#renditions.delete(key);
    return true;
  }

  get mark(): GapsMark {
    return [...this.#found];
  }
}

function medianStep(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const steps = sorted.slice(1).map((time, i) => time - sorted[i]!);
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)]!;
}
