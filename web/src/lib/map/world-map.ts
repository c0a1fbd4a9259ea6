/**
 * The map: MapLibre with our base map, and marks as HTML over it. Loaded lazily, after the numbers. Names and counts on
 * marks are set as text. Throws when the browser cannot draw it (no WebGL 2): the page then says the places in words.
 */

import 'maplibre-gl/dist/maplibre-gl.css';
import { Map as MapLibreMap, NavigationControl, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { loadWorld } from './atlas.ts';
import { type Box, boundsOf } from './bounds.ts';
import { cluster, type Place } from './cluster.ts';
import { cutLines } from './cut.ts';
import { drawPins, type Pin, type PinOptions } from './pins.ts';
import { type MapColours, NO_LINES, styleOf } from './style.ts';
import type { World } from './world.ts';

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

/** From here on the finer base map is worth its size. */
const FINE_ZOOM = 2.5;
const LEAST_ZOOM = -2;
const MOST_ZOOM = 7;
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
  let world = await loadWorld('coarse');
  let painted = options.colours;
  const map = openMap(options, world);
  const pins = new Map<string, Pin>();
  let places: readonly Place[] = [];
  let lines = NO_LINES;
  /** What everybody sees first. */
  let home = WHOLE_WORLD;
  let drawnAt = Number.NaN;
  const draw = () => {
    drawnAt = stepOf(map.getZoom());
    drawPins(map, pins, cluster(places, drawnAt).slice(0, MOST_MARKS), options);
  };
  // A new style, and each new base map, forgets the shades.
  map.on('sourcedata', ({ sourceDataType }) => {
    if (sourceDataType === 'metadata' || sourceDataType === 'content') shade(map, places);
  });
  map.on('zoom', () => {
    if (stepOf(map.getZoom()) !== drawnAt) draw();
  });
  map.on('load', () => setLines(map, lines));
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
    void loadWorld('fine').then((fine) => {
      world = fine;
      setWorld(map, fine);
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
      draw();
      shade(map, places);
    },
    showLines: (next) => {
      lines = { type: 'MultiLineString', coordinates: cutLines(next.map(([from, to]) => [from, to])) };
      setLines(map, lines);
    },
    setColours: (next) => {
      if (JSON.stringify(next) === JSON.stringify(painted)) return;
      painted = next;
      map.setStyle(styleOf(world, next, lines));
    },
    showWholeWorld: () => {
      setAway(false);
      goHome(map, home, !options.isCalm);
    },
    remove: () => map.remove(),
  };
}

function openMap({ container, colours, locale }: WorldMapOptions, world: World): MapLibreMap {
  const map = new MapLibreMap({
    container,
    style: styleOf(world, colours),
    bounds: WHOLE_WORLD,
    maxZoom: MOST_ZOOM,
    minZoom: LEAST_ZOOM,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    cooperativeGestures: true,
    fadeDuration: 0,
    locale,
  });
  limitZoom(map);
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
  return map;
}

/** Room for marks at the edges; closer than this a city would fill it. */
function goHome(map: MapLibreMap, home: Box, animate: boolean): void {
  map.fitBounds(home, { animate, ...(home === WHOLE_WORLD ? {} : { padding: 44, maxZoom: 5 }) });
}

function setLines(map: MapLibreMap, lines: typeof NO_LINES): void {
  const source = map.getSource('lines');
  if (source !== undefined && 'setData' in source) (source as { setData(data: unknown): void }).setData(lines);
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

function setWorld(map: MapLibreMap, world: World): void {
  for (const name of ['countries', 'borders'] as const) {
    const source = map.getSource(name);
    if (source !== undefined && 'setData' in source) (source as { setData(data: unknown): void }).setData(world[name]);
  }
}

/** Countries by their share of the greatest: the square root, so that small ones are seen beside a great one. */
function shade(map: MapLibreMap, places: readonly Place[]): void {
  const counts = new Map<string, number>();
  for (const { countryCode, count } of places) {
    if (countryCode !== null) counts.set(countryCode, (counts.get(countryCode) ?? 0) + count);
  }
  if (map.getSource('countries') === undefined) return;
  const most = Math.max(1, ...counts.values());
  map.removeFeatureState({ source: 'countries' });
  for (const [code, count] of counts) {
    map.setFeatureState({ source: 'countries', id: code }, { share: 0.15 + 0.85 * Math.sqrt(count / most) });
  }
}
