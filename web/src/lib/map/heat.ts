/**
 * Very many places seen from far: where they are dense is told by colour, and only the greatest have a mark. Pure. Pixels
 * are those of the whole world at a zoom, as in cluster.ts.
 */

import type { FeatureCollection, Point } from 'geojson';
import { isRough, type Place, pixelOf } from './cluster.ts';

/** The square root of the count, so that one great place does not outshine the rest. */
export type Heat = FeatureCollection<Point, { weight: number }>;

export const NO_HEAT: Heat = { type: 'FeatureCollection', features: [] };

/** In degrees. East may be beyond 180, west beyond -180. */
export interface View {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** More places than this in view, and they have no room for marks of their own. */
const CROWD = 300;
/** Nearer than this there is room. */
export const LAST_HEAT_ZOOM = 5;
/** From here on heat fades and marks become more. */
export const FADING_ZOOM = 3;
/** Of the frame a mark has so many square pixels. */
const ROOM = 22_000;
/** So wide are the spots from which the densest is known, in pixels. */
const SPOT = 20;

export function isCrowded(places: readonly Place[], view: View, zoom: number): boolean {
  if (zoom >= LAST_HEAT_ZOOM || places.length <= CROWD) return false;
  let seen = 0;
  for (const place of places) {
    if (isWithin(place, view) && ++seen > CROWD) return true;
  }
  return false;
}

function isWithin({ longitude, latitude }: Place, { west, south, east, north }: View): boolean {
  if (latitude < south || latitude > north) return false;
  return [-360, 0, 360].some((turn) => longitude + turn >= west && longitude + turn <= east);
}

/** A place that is known only roughly is nowhere in particular: it makes no spot hot. */
export function heatOf(places: readonly Place[]): Heat {
  const features = places
    .filter((place) => !isRough(place))
    .map(({ longitude, latitude, count }) => ({
      type: 'Feature' as const,
      properties: { weight: Math.sqrt(count) },
      geometry: { type: 'Point' as const, coordinates: [longitude, latitude] },
    }));
  return { type: 'FeatureCollection', features };
}

/** The sum of the weights where they are densest; at least 1. */
export function densest(places: readonly Place[], zoom: number): number {
  const spots = new Map<string, number>();
  for (const place of places) {
    if (isRough(place)) continue;
    const { x, y } = pixelOf(place, zoom);
    const spot = `${Math.floor(x / SPOT)} ${Math.floor(y / SPOT)}`;
    spots.set(spot, (spots.get(spot) ?? 0) + Math.sqrt(place.count));
  }
  return Math.max(1, ...spots.values());
}

/** So many marks stay over the heat in a frame of this size. */
export function marksOverHeat(width: number, height: number, zoom: number): number {
  const room = Math.max(6, Math.min(24, Math.round((width * height) / ROOM)));
  return Math.round(room * 2 ** (2 * Math.max(0, zoom - FADING_ZOOM)));
}
