/**
 * The coarse world as whole numbers, for maps that are drawn where no map library is: `npm run docs` writes it into
 * src/lib/world/world.json. Cut at the antimeridian, like the map of the dashboard; without Antarctica.
 */

import { type Atlas, worldOf } from './world.ts';

/**
 * One country: its ISO 3166-1 alpha-2 code (null where there is none) and its rings. A ring is a flat list of tenths of
 * a degree, longitude before latitude: the first point, then how far each is from the one before it. Rings are closed.
 */
export type Outline = readonly [code: string | null, rings: readonly (readonly number[])[]];

export function outlinesOf(atlas: Atlas): Outline[] {
  return worldOf(atlas)
    .countries.features.filter(({ properties }) => properties.code !== 'AQ')
    .map(({ properties, geometry }) => {
      const rings = geometry.coordinates.flat().map((ring) => deltas(ring as [number, number][]));
      return [properties.code ?? null, rings.filter((ring) => ring.length >= 6)] as const;
    });
}

function deltas(ring: readonly (readonly [longitude: number, latitude: number])[]): number[] {
  const result: number[] = [];
  let [x, y] = [0, 0];
  // The last point is the first.
  for (const [longitude, latitude] of ring.slice(0, -1)) {
    const [nextX, nextY] = [Math.round(longitude * 10), Math.round(latitude * 10)];
    const [dx, dy] = [nextX - x, nextY - y];
    if (result.length > 0 && dx === 0 && dy === 0) continue;
    result.push(dx, dy);
    [x, y] = [nextX, nextY];
  }
  return result;
}
