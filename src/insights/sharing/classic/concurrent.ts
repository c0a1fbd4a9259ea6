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

/** Plain loops over plain arrays: an account may have a hundred thousand plays. */
export function findConcurrent(plays: readonly Play[], most = MOST_PAIRS): Concurrency {
  const timed = plays.filter(({ startedAt }) => startedAt !== null);
  const count = timed.length;
  const [starts, ends] = [new Float64Array(count), new Float64Array(count)];
  const [devices, networks] = [new Uint32Array(count), new Uint32Array(count)];
  const [deviceOf, networkOf] = [numbering(), numbering((address) => (isLan(address) ? 'LAN' : address))];
  for (let i = 0; i < count; i++) {
    const play = timed[i]!;
    starts[i] = play.startedAt!;
    ends[i] = effectiveEnd(play, play.startedAt!);
    devices[i] = deviceOf(play.device ?? '');
    networks[i] = networkOf(play.address ?? '');
  }
  const isConcurrent = new Uint8Array(count);
  const pairs = new Set<number>();
  let overlaps = 0;
  const visit = (one: number, other: number) => {
    const [a, b] = [devices[one]!, devices[other]!];
    if (a === b || networks[one] === networks[other]) return;
    overlaps++;
    pairs.add(Math.min(a, b) * count + Math.max(a, b));
    isConcurrent[one] = 1;
    isConcurrent[other] = 1;
  };
  const notCompared = sweepOverlaps({ starts, ends }, visit, most);
  const concurrent = timed.filter((_, i) => isConcurrent[i] === 1);
  concurrent.sort((a, b) => a.startedAt! - b.startedAt!);
  return { overlaps, devicePairs: pairs.size, plays: concurrent, notCompared };
}

/** The same number for the same text, and for texts that mean the same. */
function numbering(meaning: (text: string) => string = (text) => text): (text: string) => number {
  const numbers = new Map<string, number>();
  const meanings = new Map<string, number>();
  return (text) => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    const meant = meaning(text);
    const number = meanings.get(meant) ?? meanings.size;
    meanings.set(meant, number);
    numbers.set(text, number);
    return number;
  };
}
