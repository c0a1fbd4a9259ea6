/**
 * The map: MapLibre with our base map and whatever tiles there are over it, heat where very many are, and marks as HTML.
 * Loaded lazily, after the numbers. Names and counts on marks are set as text. Throws when the browser cannot draw it (no WebGL 2): the page then says the places in words.
 */

import 'maplibre-gl/dist/maplibre-gl.css';
import { Map as MapLibreMap, NavigationControl, type RequestParameters, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { loadWorld } from './atlas.ts';
import { type Box, boundsOf } from './bounds.ts';
import { cluster, isRough, type Place } from './cluster.ts';
import { cutLines } from './cut.ts';
import { densest, heatOf, isCrowded, marksOverHeat, NO_HEAT, type View } from './heat.ts';
import { countryNames } from './names.ts';
import { drawPins, type Pin, type PinOptions } from './pins.ts';
import { heatIntensity, type MapColours, NO_LINES, type Picture, styleOf } from './style.ts';

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

/** From here on the finer base map is worth its size. */
const FINE_ZOOM = 2.5;
const LEAST_ZOOM = -2;
const MOST_ZOOM = 7;
/** No place is known so well that a house would say more. */
const MOST_TILE_ZOOM = 12;
/** What everybody sees first: all inhabited places, cut in the Bering Strait rather than through Siberia and Fiji. */
const WHOLE_WORLD: Box = [
  [-168, -52],
  [190, 74],
];
/** Marks beyond these are too small to be missed, and the table has them. */
const MOST_MARKS = 250;

export interface WorldMapOptions extends PinOptions {
  readonly container: HTMLElement;
  readonly colours: MapColours;
  /** The URL of a raster tile, with {z}, {x} and {y}; null is the base map alone. */
  readonly tiles: string | null;
  /** In the viewer's language, by ISO 3166-1 alpha-2. */
  readonly nameCountry: (code: string) => string;
  /** It shows the places first, and not the whole world. */
  readonly isClose: boolean;
  /** MapLibre's own words. */
  readonly locale: Record<string, string>;
  /** Somebody has moved it away from the whole world, or back. */
  readonly onMove: (isAway: boolean) => void;
}

export type Line = readonly [[number, number], [number, number]];

export interface WorldMap {
  show(places: readonly Place[]): void;
  /** Straight lines between points `[longitude, latitude]`. */
  showLines(lines: readonly Line[]): void;
  setColours(colours: MapColours): void;
  showWholeWorld(): void;
  remove(): void;
}

export async function createWorldMap(options: WorldMapOptions): Promise<WorldMap> {
  let picture = await firstPicture(options);
  const map = openMap(options, picture);
  const pins = new Map<string, Pin>();
  let places: readonly Place[] = [];
  /** What everybody sees first. */
  let home = WHOLE_WORLD;
  let drawnAt = Number.NaN;
  let isHot = false;
  const draw = () => {
    const zoom = stepOf(map.getZoom());
    drawnAt = zoom;
    const { clientWidth, clientHeight } = options.container;
    const most = isHot ? Math.min(MOST_MARKS, marksOverHeat(clientWidth, clientHeight, zoom)) : MOST_MARKS;
    drawPins(map, pins, cluster(places, zoom).slice(0, most), options);
    if (!isHot || map.getLayer('heat') === undefined) return;
    picture = { ...picture, densest: densest(places, zoom) };
    map.setPaintProperty('heat', 'heatmap-intensity', heatIntensity(picture.densest));
  };
  const heat = (isNew: boolean) => {
    const next = isCrowded(places, viewOf(map), map.getZoom());
    if (next === isHot && !(isNew && next)) return false;
    isHot = next;
    picture = { ...picture, heat: next ? heatOf(places) : NO_HEAT };
    options.container.classList.toggle('hot', next);
    setData(map, picture, ['heat']);
    shade(map, places, next);
    return true;
  };
  // A new style, and each new base map, forgets the shades.
  map.on('sourcedata', ({ sourceDataType }) => {
    if (sourceDataType === 'metadata' || sourceDataType === 'content') shade(map, places, isHot);
  });
  map.on('zoom', () => {
    if (stepOf(map.getZoom()) !== drawnAt) draw();
  });
  map.on('moveend', () => {
    if (heat(false)) draw();
  });
  // What was shown while the style was on its way.
  map.on('load', () => {
    setData(map, picture, ['heat', 'lines']);
    draw();
  });
  // The base map is there where a tile is not.
  map.on('error', ignoreMissingDetail);
  let isAway = false;
  const setAway = (next: boolean) => {
    isAway = next;
    options.onMove(next);
  };
  // What has been said of a mark stands where the mark was.
  map.on('move', () => options.onPoint(null, { x: 0, y: 0 }));
  map.on('movestart', ({ originalEvent }) => {
    // Only what a person did comes from an event of the browser.
    if (originalEvent !== undefined && !isAway) setAway(true);
  });
  map.on('resize', () => {
    limitZoom(map);
    if (!isAway) goHome(map, home, false);
  });
  const refine = () => {
    if (map.getZoom() < FINE_ZOOM) return;
    map.off('zoomend', refine);
    void loadWorld('fine').then((world) => {
      picture = { ...picture, world, names: countryNames(world, options.nameCountry) };
      setData(map, picture, ['countries', 'borders', 'names']);
    }, ignoreMissingDetail);
  };
  map.on('zoomend', refine);
  return {
    show: (next) => {
      places = next;
      const close = options.isClose ? boundsOf(next) : null;
      if (close !== null && JSON.stringify(close) !== JSON.stringify(home)) {
        home = close;
        if (!isAway) goHome(map, home, false);
      }
      heat(true);
      draw();
      shade(map, places, isHot);
    },
    showLines: (next) => {
      const coordinates = cutLines(next.map(([from, to]) => [from, to]));
      picture = { ...picture, lines: { type: 'MultiLineString', coordinates } };
      setData(map, picture, ['lines']);
    },
    setColours: (colours) => {
      if (JSON.stringify(colours) === JSON.stringify(picture.colours)) return;
      picture = { ...picture, colours };
      map.setStyle(styleOf(picture));
    },
    showWholeWorld: () => {
      setAway(false);
      goHome(map, home, !options.isCalm);
    },
    remove: () => map.remove(),
  };
}

async function firstPicture({ colours, tiles, nameCountry }: WorldMapOptions): Promise<Picture> {
  const world = await loadWorld('coarse');
  const names = countryNames(world, nameCountry);
  return { world, names, colours, tiles, lines: NO_LINES, heat: NO_HEAT, densest: 1 };
}

function openMap({ container, locale, tiles }: WorldMapOptions, picture: Picture): MapLibreMap {
  const map = new MapLibreMap({
    container,
    style: styleOf(picture),
    bounds: WHOLE_WORLD,
    maxZoom: tiles === null ? MOST_ZOOM : MOST_TILE_ZOOM,
    minZoom: LEAST_ZOOM,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    cooperativeGestures: true,
    fadeDuration: 0,
    transformRequest: askAsWeAre,
    locale,
  });
  limitZoom(map);
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
  return map;
}

/** Public tile servers answer nobody who does not say where they are asked from: they are told the origin, and no more. */
function askAsWeAre(url: string): RequestParameters {
  return { url, credentials: 'same-origin', referrerPolicy: 'strict-origin' };
}

function viewOf(map: MapLibreMap): View {
  const bounds = map.getBounds();
  return {
    west: bounds.getWest(),
    south: bounds.getSouth(),
    east: bounds.getEast(),
    north: bounds.getNorth(),
  };
}

/** Room for marks at the edges; closer than this a city would fill it. */
function goHome(map: MapLibreMap, home: Box, animate: boolean): void {
  map.fitBounds(home, { animate, ...(home === WHOLE_WORLD ? {} : { padding: 44, maxZoom: 5 }) });
}

/** Farther away there would only be the same world twice. In a frame that has no size yet nothing fits. */
function limitZoom(map: MapLibreMap): void {
  const zoom = map.cameraForBounds(WHOLE_WORLD)?.zoom;
  if (zoom !== undefined && zoom >= LEAST_ZOOM && zoom <= MOST_ZOOM) map.setMinZoom(zoom);
}

/** Half zooms: marks are sorted anew only when that is worth a movement. */
function stepOf(zoom: number): number {
  return Math.round(zoom * 2) / 2;
}

/** The coarse map stays: it only looks simpler. */
function ignoreMissingDetail(): void {}

/** Names are no source where tiles have theirs; before the style is there none is. */
function setData(
  map: MapLibreMap,
  picture: Picture,
  names: readonly ('heat' | 'lines' | keyof Picture['world'] | 'names')[],
): void {
  const { countries, borders } = picture.world;
  const data = { countries, borders, names: picture.names, heat: picture.heat, lines: picture.lines };
  for (const name of names) {
    const source = map.getSource(name);
    if (source !== undefined && 'setData' in source) (source as { setData(data: unknown): void }).setData(data[name]);
  }
}

/**
 * Countries by their share of the greatest: the square root, so that small ones are seen beside a great one. Over heat they
 * only tell of those who are not known better than by their country.
 */
function shade(map: MapLibreMap, places: readonly Place[], isHot: boolean): void {
  if (map.getSource('countries') === undefined) return;
  const most = Math.max(1, ...countsOf(places).values());
  map.removeFeatureState({ source: 'countries' });
  for (const [code, count] of countsOf(isHot ? places.filter(isRough) : places)) {
    map.setFeatureState({ source: 'countries', id: code }, { share: 0.15 + 0.85 * Math.sqrt(count / most) });
  }
}

function countsOf(places: readonly Place[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { countryCode, count } of places) {
    if (countryCode !== null) counts.set(countryCode, (counts.get(countryCode) ?? 0) + count);
  }
  return counts;
}
