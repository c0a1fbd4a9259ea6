/**
 * The look of the map: countries and their names, the tiles of a server if there is one, heat and journeys. Names are drawn
 * with the letters of the viewer's own system, so that no font is ever asked for.
 */

import type { MultiLineString } from 'geojson';
import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  SourceSpecification,
  StyleSpecification,
} from 'maplibre-gl';
import { FADING_ZOOM, type Heat, LAST_HEAT_ZOOM } from './heat.ts';
import type { CountryNames } from './names.ts';
import type { World } from './world.ts';

export interface MapColours {
  readonly water: string;
  readonly land: string;
  readonly border: string;
  /** Land where most listeners are; shares between are mixed. */
  readonly busy: string;
  /** Of journeys. */
  readonly line: string;
  /** Of the names of countries. */
  readonly text: string;
  /** From where hardly anybody is to where most are. */
  readonly heat: readonly [string, string, string, string];
  /** Tiles are made for light pages. */
  readonly isDark: boolean;
}

/** All that is drawn on the canvas. */
export interface Picture {
  readonly world: World;
  readonly names: CountryNames;
  /** The URL of a tile, with {z}, {x} and {y}. Null is none. */
  readonly tiles: string | null;
  readonly colours: MapColours;
  readonly lines: MultiLineString;
  readonly heat: Heat;
  /** So much weight on one spot is as hot as can be. */
  readonly densest: number;
}

export const NO_LINES: MultiLineString = { type: 'MultiLineString', coordinates: [] };
/** Of what the densest spot has, to what is drawn: MapLibre adds up the bells of neighbours. */
const HEAT_GAIN = 1.6;

/** Countries are told apart by their code: `setFeatureState({ source: 'countries', id: 'DE' }, { share })`, 0 … 1. */
export function styleOf(picture: Picture): StyleSpecification {
  const { tiles } = picture;
  return {
    version: 8,
    sources: sourcesOf(picture),
    layers: [
      { id: 'water', type: 'background', paint: { 'background-color': picture.colours.water } },
      { id: 'land', type: 'fill', source: 'countries', paint: { 'fill-color': picture.colours.land } },
      ...(tiles === null
        ? [busyLayer(picture, 1), bordersLayer(picture), namesLayer(picture)]
        : [bordersLayer(picture), tilesLayer(picture), busyLayer(picture, 0.4)]),
      heatLayer(picture),
      {
        id: 'lines',
        type: 'line',
        source: 'lines',
        paint: { 'line-color': picture.colours.line, 'line-width': 2, 'line-dasharray': [2, 1.6] },
      },
    ],
  };
}

function sourcesOf({ world, names, tiles, lines, heat }: Picture): Record<string, SourceSpecification> {
  return {
    countries: { type: 'geojson', data: world.countries, promoteId: 'code', tolerance: 0.2 },
    borders: { type: 'geojson', data: world.borders, tolerance: 0.2 },
    ...(tiles === null
      ? { names: { type: 'geojson', data: names } }
      : { tiles: { type: 'raster', tiles: [tiles], tileSize: 256 } }),
    heat: { type: 'geojson', data: heat },
    lines: { type: 'geojson', data: lines },
  };
}

function busyLayer({ colours }: Picture, strength: number): LayerSpecification {
  const hasCode: FilterSpecification = ['has', 'code'];
  const share: ExpressionSpecification = ['coalesce', ['feature-state', 'share'], 0];
  return {
    id: 'busy',
    type: 'fill',
    source: 'countries',
    filter: hasCode,
    paint: { 'fill-color': colours.busy, 'fill-opacity': ['*', strength, share] },
  };
}

function bordersLayer({ colours }: Picture): LayerSpecification {
  return {
    id: 'borders',
    type: 'line',
    source: 'borders',
    paint: { 'line-color': colours.border, 'line-width': ['interpolate', ['linear'], ['zoom'], 0, 0.5, 5, 1.2] },
  };
}

function namesLayer({ colours }: Picture): LayerSpecification {
  return {
    id: 'names',
    type: 'symbol',
    source: 'names',
    filter: ['>=', ['zoom'], ['get', 'from']],
    layout: {
      'text-field': ['get', 'name'],
      'text-font': ['system-ui', 'sans-serif'],
      'text-size': 12,
      'text-max-width': 9,
      'symbol-sort-key': ['-', ['get', 'size']],
    },
    paint: { 'text-color': colours.text, 'text-halo-color': colours.land, 'text-halo-width': 1.2 },
  };
}

/** Only dimmed in the dark: photographs must not be turned round. */
function tilesLayer({ colours }: Picture): LayerSpecification {
  const dimmed = { 'raster-brightness-max': 0.5, 'raster-saturation': -0.5, 'raster-contrast': 0.1 };
  return {
    id: 'tiles',
    type: 'raster',
    source: 'tiles',
    paint: colours.isDark ? dimmed : { 'raster-saturation': -0.2 },
  };
}

export function heatIntensity(densest: number): number {
  return HEAT_GAIN / densest;
}

function heatLayer({ colours: { heat }, densest }: Picture): LayerSpecification {
  const [least, less, more, most] = heat;
  return {
    id: 'heat',
    type: 'heatmap',
    source: 'heat',
    maxzoom: LAST_HEAT_ZOOM,
    paint: {
      'heatmap-weight': ['get', 'weight'],
      'heatmap-intensity': heatIntensity(densest),
      'heatmap-radius': 26,
      'heatmap-color': [
        ...(['interpolate', ['linear'], ['heatmap-density']] as const),
        ...[0, least, 0.03, less, 0.2, more, 0.8, most],
      ] as ExpressionSpecification,
      'heatmap-opacity': ['interpolate', ['linear'], ['zoom'], FADING_ZOOM, 0.85, LAST_HEAT_ZOOM, 0],
    },
  };
}
