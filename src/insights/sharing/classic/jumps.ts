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

/** `plays` newest first: of moments at the same time that order decides. */
export function findJumps(plays: readonly Play[], places: Places): Jump[] {
  const spots = spotsOf(places);
  const sightings: Sighting[] = [];
  for (const play of plays) {
    const place = play.address === null ? undefined : spots.get(play.address);
    if (place === undefined) continue;
    const { startedAt, stoppedAt, address } = play;
    if (startedAt !== null) sightings.push({ at: startedAt, play, address: address!, place });
    if (stoppedAt !== null) sightings.push({ at: stoppedAt, play, address: address!, place });
  }
  sightings.sort((a, b) => a.at - b.at);
  const jumps: Jump[] = [];
  for (let i = 1; i < sightings.length; i++) {
    const [from, to] = [sightings[i - 1]!, sightings[i]!];
    if (from.address === to.address) continue;
    const jump = jumpBetween(from, to);
    if (jump !== null) jumps.push(jump);
  }
  return jumps;
}

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
