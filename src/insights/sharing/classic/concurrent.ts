/** Plays of one account that overlap in time on different devices in different networks. */

import type { Instant } from '../../../core/observation.ts';
import { MOST_PAIRS, sweepOverlaps } from '../overlaps.ts';
import type { Play } from '../play.ts';
import { isLan } from './network.ts';

export interface Concurrency {
  /** Pairs of plays. */
  readonly overlaps: number;
  /** Distinct pairs of devices among them. */
  readonly devicePairs: number;
  /** Every play that overlaps another one so, by its start. */
  readonly plays: readonly Play[];
  /** Plays that were not compared with those before them, since there were too many pairs: then the others are "at least". */
  readonly notCompared: number;
}

/**
 * When a play ended: as long after its start as it played, since what is left paused is often never stopped. Without
 * a playing time when it was stopped, or at once.
 */
export function effectiveEnd({ stoppedAt, playSeconds }: Play, startedAt: Instant): Instant {
  return playSeconds > 0 ? startedAt + playSeconds * 1000 : (stoppedAt ?? startedAt);
}

export function findConcurrent(plays: readonly Play[], most = MOST_PAIRS): Concurrency {
  const timed = plays.filter(({ startedAt }) => startedAt !== null);
  const starts = Float64Array.from(timed, ({ startedAt }) => startedAt!);
  const ends = Float64Array.from(timed, (play, i) => effectiveEnd(play, starts[i]!));
  const devices = numbered(timed, ({ device }) => device ?? '');
  const networks = networksOf(timed);
  const isConcurrent = new Uint8Array(timed.length);
  const pairs = new Set<number>();
  let overlaps = 0;
  const notCompared = sweepOverlaps(
    { starts, ends },
    (one, other) => {
      const [a, b] = [devices[one]!, devices[other]!];
      if (a === b || networks[one] === networks[other]) return;
      overlaps++;
      pairs.add(Math.min(a, b) * timed.length + Math.max(a, b));
      isConcurrent[one] = 1;
      isConcurrent[other] = 1;
    },
    most,
  );
  const concurrent = timed.filter((_, i) => isConcurrent[i] === 1).sort((a, b) => a.startedAt! - b.startedAt!);
  return { overlaps, devicePairs: pairs.size, plays: concurrent, notCompared };
}

/** All local addresses are one network. */
function networksOf(plays: readonly Play[]): Uint32Array {
  const networks = new Map<string, string>();
  return numbered(plays, ({ address }) => {
    const text = address ?? '';
    let network = networks.get(text);
    if (network === undefined) {
      network = isLan(text) ? 'LAN' : text;
      networks.set(text, network);
    }
    return network;
  });
}

/** The same number for the same text. */
function numbered(plays: readonly Play[], textOf: (play: Play) => string): Uint32Array {
  const numbers = new Map<string, number>();
  return Uint32Array.from(plays, (play) => {
    const text = textOf(play);
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  });
}
