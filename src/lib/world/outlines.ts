/** The outlines of the countries, as paths of SVG on the map of projection.ts. */

import { readFileSync } from 'node:fs';
import { project } from './projection.ts';

/** What docs/generate.ts has made of the base map of the dashboard. */
type Outline = readonly [code: string | null, rings: readonly (readonly number[])[]];

export interface CountryOutline {
  /** ISO 3166-1 alpha-2; null where nobody agrees on one. */
  readonly code: string | null;
  /** The `d` of a path. */
  readonly path: string;
}

/** Read and projected each time: some milliseconds. */
export function countryOutlines(): CountryOutline[] {
  const outlines = JSON.parse(readFileSync(new URL('world.json', import.meta.url), 'utf8')) as readonly Outline[];
  return outlines.map(([code, rings]) => ({ code, path: pathOf(rings) }));
}

/** Relative and in whole units, half a pixel each: a quarter of what absolute ones with decimals take. */
function pathOf(rings: readonly (readonly number[])[]): string {
  return rings
    .map((ring) => {
      let [longitude, latitude, x, y] = [0, 0, 0, 0];
      const parts: string[] = [];
      for (let i = 0; i < ring.length; i += 2) {
        longitude += ring[i]!;
        latitude += ring[i + 1]!;
        const [toX, toY] = project(longitude / 10, latitude / 10).map(Math.round) as [number, number];
        if (i > 0 && toX === x && toY === y) continue;
        parts.push(`${i === 0 ? 'M' : i === 2 || parts.length === 1 ? 'l' : ' '}${toX - x} ${toY - y}`);
        [x, y] = [toX, toY];
      }
      return parts.length < 3 ? '' : `${absolute(parts)}z`;
    })
    .join('');
}

/** The first step of a ring is from the corner of the map, which is where `M` counts from. */
function absolute(parts: readonly string[]): string {
  return parts.join('').replaceAll(' -', '-');
}
