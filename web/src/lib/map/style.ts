/** The look of the base map: three layers and no text, so that neither glyphs nor tiles are ever asked for. */

import type { MultiLineString } from 'geojson';
import type { FilterSpecification, StyleSpecification } from 'maplibre-gl';
import type { World } from './world.ts';

export interface MapColours {
  readonly water: string;
  readonly land: string;
  readonly border: string;
  /** Land where most listeners are; shares between are mixed. */
  readonly busy: string;
  /** Of journeys. */
  readonly line: string;
}

export const NO_LINES: MultiLineString = { type: 'MultiLineString', coordinates: [] };

/** Countries are told apart by their code: `setFeatureState({ source: 'countries', id: 'DE' }, { share })`, 0 … 1. */
export function styleOf(world: World, colours: MapColours, lines: MultiLineString = NO_LINES): StyleSpecification {
  const hasCode: FilterSpecification = ['has', 'code'];
  return {
    version: 8,
    sources: {
      countries: { type: 'geojson', data: world.countries, promoteId: 'code', tolerance: 0.2 },
      borders: { type: 'geojson', data: world.borders, tolerance: 0.2 },
      lines: { type: 'geojson', data: lines },
    },
    layers: [
      { id: 'water', type: 'background', paint: { 'background-color': colours.water } },
      { id: 'land', type: 'fill', source: 'countries', paint: { 'fill-color': colours.land } },
      {
        id: 'busy',
        type: 'fill',
        source: 'countries',
        filter: hasCode,
        paint: {
          'fill-color': colours.busy,
          'fill-opacity': ['coalesce', ['feature-state', 'share'], 0],
        },
      },
      {
        id: 'borders',
        type: 'line',
        source: 'borders',
        paint: { 'line-color': colours.border, 'line-width': ['interpolate', ['linear'], ['zoom'], 0, 0.5, 5, 1.2] },
      },
      {
        id: 'lines',
        type: 'line',
        source: 'lines',
        paint: { 'line-color': colours.line, 'line-width': 2, 'line-dasharray': [2, 1.6] },
      },
    ],
  };
}
