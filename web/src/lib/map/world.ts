/** The base map: the countries of Natural Earth (world-atlas) as GeoJSON, cut at the antimeridian. */

import type { Feature, FeatureCollection, MultiLineString, MultiPolygon } from 'geojson';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { cutLines, cutShape } from './cut.ts';

export interface World {
  /** `code` is ISO 3166-1 alpha-2; missing where there is none. */
  readonly countries: FeatureCollection<MultiPolygon, { code?: string }>;
  /** Each border once, coasts left out. */
  readonly borders: Feature<MultiLineString>;
}

/** The shape of world-atlas 2. */
export type Atlas = Topology<{ countries: GeometryCollection<{ name: string }> }>;

export function worldOf(atlas: Atlas): World {
  const { countries } = atlas.objects;
  const features = feature(atlas, countries).features.flatMap(({ id, geometry }) => {
    if (geometry.type !== 'Polygon' && geometry.type !== 'MultiPolygon') return [];
    const code = alpha2(id);
    const properties = code === null ? {} : { code };
    return [{ type: 'Feature' as const, properties, geometry: cutShape(geometry) }];
  });
  const borders = mesh(atlas, countries, (a, b) => a !== b);
  return {
    countries: { type: 'FeatureCollection', features },
    borders: {
      type: 'Feature',
      properties: {},
      geometry: { type: 'MultiLineString', coordinates: cutLines(borders.coordinates) },
    },
  };
}

/** Browsers know numeric codes (world-atlas has no others) as old names of regions: `276` is canonically `DE` (UTS 35 §3.2.1). */
function alpha2(numeric: string | number | undefined): string | null {
  if (!/^\d{3}$/.test(String(numeric))) return null;
  const { region } = new Intl.Locale(`und-${numeric}`);
  return region !== undefined && /^[A-Z]{2}$/.test(region) ? region : null;
}
