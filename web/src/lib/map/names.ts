/** Where the names of countries stand on the base map, and from which zoom on they have room. Pure. */

import type { FeatureCollection, MultiPolygon, Point, Position } from 'geojson';
import type { World } from './world.ts';

/** `from` is a zoom; `size` is the extent in degrees: of two that have no room beside each other the greater is shown. */
export type CountryNames = FeatureCollection<Point, { name: string; from: number; size: number }>;

/** Nothing is written on the whole world: the marks have it to themselves. */
const LEAST_ZOOM = 1.5;
/** A letter has so many pixels. */
const LETTER = 6.5;
const DEGREES_AT_ZOOM_0 = 512 / 360;

/** In the middle of the greatest part of each. Countries without a code have no name in every language, so they have none. */
export function countryNames({ countries }: World, nameOf: (code: string) => string): CountryNames {
  const features = countries.features.flatMap(({ properties: { code }, geometry }) => {
    const part = greatestPart(geometry);
    if (code === undefined || part === null || part.area === 0) return [];
    const name = nameOf(code);
    const size = Math.sqrt(part.area);
    const from = Math.max(LEAST_ZOOM, Math.log2((name.length * LETTER) / (size * DEGREES_AT_ZOOM_0)));
    const geometryOf = { type: 'Point' as const, coordinates: part.middle };
    return [{ type: 'Feature' as const, properties: { name, from, size }, geometry: geometryOf }];
  });
  return { type: 'FeatureCollection', features };
}

function greatestPart({ coordinates }: MultiPolygon): { area: number; middle: Position } | null {
  const parts = coordinates.map(([outer = []]) => middleOf(outer));
  return parts.length === 0 ? null : parts.reduce((a, b) => (b.area > a.area ? b : a));
}

/** The centre of mass of a closed ring, and its area in square degrees. */
function middleOf(ring: readonly Position[]): { area: number; middle: Position } {
  let [twice, x, y] = [0, 0, 0];
  for (let i = 1; i < ring.length; i++) {
    const [[x0 = 0, y0 = 0], [x1 = 0, y1 = 0]] = [ring[i - 1]!, ring[i]!];
    const cross = x0 * y1 - x1 * y0;
    twice += cross;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  }
  if (twice === 0) return { area: 0, middle: ring[0] ?? [0, 0] };
  return { area: Math.abs(twice) / 2, middle: [x / (3 * twice), y / (3 * twice)] };
}
