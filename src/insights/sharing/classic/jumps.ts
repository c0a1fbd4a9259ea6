/** Jumps from place to place that nobody can travel: of all moments at which an account began or stopped, two in a row. */

import type { Instant } from '../../../core/observation.ts';
import { distanceKm, type Point } from '../distance.ts';
import type { Places, Play, Whereabouts } from '../play.ts';
import { isLan } from './network.ts';

/** No airliner is faster. */
export const MAX_SPEED_KMH = 900;
/** What is nearer is one metropolis, or the same place located anew. */
const LEAST_KM = 50;
/** Moments at once, or in reverse, count as so many hours apart. */
const AT_ONCE_HOURS = 0.001;
const HOUR = 3_600_000;

/** Somebody was there then. */
export interface Sighting {
  readonly at: Instant;
  readonly play: Play;
  readonly address: string;
  readonly place: Whereabouts & Point;
}

export interface Jump {
  readonly from: Sighting;
  readonly to: Sighting;
  readonly km: number;
  readonly hours: number;
  readonly speedKmh: number;
}

/** `plays` newest first: of moments at the same time that order decides, begin before end. */
export function findJumps(plays: readonly Play[], places: Places): Jump[] {
  const spots = spotsOf(places);
  const placed: Placed[] = [];
  for (const play of plays) {
    const place = play.address === null ? undefined : spots.get(play.address);
    if (place !== undefined) placed.push({ play, address: play.address!, place });
  }
  // Moment 2 i is when play i began, 2 i + 1 when it was stopped.
  const times = new Float64Array(2 * placed.length);
  const moments: number[] = [];
  // Oldest first, they are nearly in order already.
  for (let i = placed.length - 1; i >= 0; i--) {
    const { startedAt, stoppedAt } = placed[i]!.play;
    times[2 * i] = startedAt ?? 0;
    times[2 * i + 1] = stoppedAt ?? 0;
    if (startedAt !== null) moments.push(2 * i);
    if (stoppedAt !== null) moments.push(2 * i + 1);
  }
  moments.sort((a, b) => times[a]! - times[b]! || a - b);
  const jumps: Jump[] = [];
  for (let i = 1; i < moments.length; i++) {
    const [one, other] = [moments[i - 1]!, moments[i]!];
    const [from, to] = [placed[one >> 1]!, placed[other >> 1]!];
    if (from.address === to.address) continue;
    const jump = jumpBetween({ ...from, at: times[one]! }, { ...to, at: times[other]! });
    if (jump !== null) jumps.push(jump);
  }
  return jumps;
}

type Placed = Omit<Sighting, 'at'>;

/** Null if somebody could have travelled so, or need not have. */
export function jumpBetween(from: Sighting, to: Sighting): Jump | null {
  const km = distanceKm(from.place, to.place);
  if (km < LEAST_KM) return null;
  const passed = (to.at - from.at) / HOUR;
  const hours = passed <= 0 ? AT_ONCE_HOURS : passed;
  const speedKmh = km / hours;
  return speedKmh > MAX_SPEED_KMH ? { from, to, km, hours, speedKmh } : null;
}

/** Where on the map: local addresses are wherever they are. */
function spotsOf(places: Places): Map<string, Whereabouts & Point> {
  const spots = new Map<string, Whereabouts & Point>();
  for (const [address, place] of places) if (isPlaced(place) && !isLan(address)) spots.set(address, place);
  return spots;
}

function isPlaced(place: Whereabouts): place is Whereabouts & Point {
  return place.latitude !== null && place.longitude !== null;
}
