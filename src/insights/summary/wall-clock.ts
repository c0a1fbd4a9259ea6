/**
 * What the clocks on the walls of a time zone show, for as many moments as a report has: the answer is kept for each day
 * in which the clock is not set.
 */

import type { Instant, Milliseconds } from '../../core/observation.ts';
import { namedZoneOffset, type ZoneOffset } from '../../lib/zone-offset.ts';

const DAY = 86_400_000;
/** Zones have always set their clocks on a multiple of this, in UTC, for as long as anybody has streamed. */
const QUARTER = 900_000;
const MAX_KEPT = 20_000;

/** Quick to ask, unlike what it is made of. */
export type WallClock = ZoneOffset;

/** By the IANA name of its zone; null if there is no such zone. */
export function wallClockOf(name: string): WallClock | null {
  const found = namedZoneOffset(name);
  if (found === null) return null;
  const { zone, offsetAt } = found;
  const kept = new Map<Instant, Milliseconds>();
  const ask = (at: Instant) => {
    const known = kept.get(at);
    if (known !== undefined) return known;
    if (kept.size >= MAX_KEPT) kept.clear();
    const offset = offsetAt(at);
    kept.set(at, offset);
    return offset;
  };
  return {
    zone,
    offsetAt: (at) => {
      const day = Math.floor(at / DAY) * DAY;
      const offset = ask(day);
      return offset === ask(day + DAY) ? offset : ask(Math.floor(at / QUARTER) * QUARTER);
    },
  };
}
