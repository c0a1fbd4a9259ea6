/** What the reader makes of the options, and of those that nobody has written. */

import { randomInt } from 'node:crypto';
import { parseDuration } from '../../lib/duration.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { KindTraits } from '../source.ts';
import type { Options } from './options.ts';
import type { ReaderMark, ReaderOptions } from './reading.ts';

/** `STREAM=DURATION`. */
export const GAP = /^(.{1,255})=([^=]+)$/;

export const TRAITS = {
  ...{ departures: 'never', provisional: false, gap: 40_000, lateness: 5000, resumes: true, findsGaps: true },
} as const satisfies KindTraits;

/** What reading is about. */
export type ReadingOptions = Omit<Options, 'path' | 'from' | 'follow' | 'poll' | 'protocol' | 'senders'>;

/** As options.ts has them: who only wants to read need not wait for what checks options. */
export const DEFAULTS: ReadingOptions = {
  format: 'auto',
  timeZone: 'UTC',
  captures: [],
  rules: [],
  gaps: [],
  playbackId: [],
  playbackIssued: false,
  cmcd: true,
  trustedProxies: [],
};

export interface Timing {
  readonly gap: number;
  readonly lateness: number;
  readonly autoGap?: boolean;
}

export function readerOptions(
  options: ReadingOptions,
  { gap, lateness, autoGap }: Timing,
  counters: ScopedCounters,
  from: ReaderMark | null = null,
): ReaderOptions {
  const { format, timeZone, captures, playbackId, cmcd, trustedProxies } = options;
  return {
    format,
    timeZone,
    captures,
    playback: playbackId,
    gap,
    isAuto: autoGap === true,
    gaps: new Map(
      options.gaps.map((text) => GAP.exec(text)!).map(([, stream, each]) => [stream!, parseDuration(each!)!]),
    ),
    lateness,
    playbackId,
    isIssued: options.playbackIssued,
    cmcd,
    trustedProxies,
    rules: options.rules,
    counters,
    seed: randomInt(2 ** 31),
    from,
  };
}
