/**
 * Places that would overlap on the screen become one mark with the sum of their counts. A place that is known only
 * roughly stays by itself once its uncertainty can be seen: it is drawn as the area that it is, never as a
 * street corner. Pure: pixels are those of the whole world at a zoom (Web Mercator, 512 px at zoom 0, as MapLibre has it).
 */

import type { PlacesWire } from '../../../../src/http/contract.ts';
import { type Disc, labelSpot, type Spot } from './label-spot.ts';

export type Place = PlacesWire['places'][number];

export interface Mark {
  /** The same for the same places in the next answer: of the greatest place in it. */
  readonly key: string;
  readonly longitude: number;
  readonly latitude: number;
  readonly count: number;
  /** The greatest first; never empty. */
  readonly places: readonly Place[];
  /** How far off it may be, in pixels: 0 where that can hardly be seen. */
  readonly spread: number;
  /** None of its places is known better than a country is. */
  readonly isRough: boolean;
  /** Where its count stands, in pixels from its middle. */
  readonly label: Spot;
}

const WORLD = 512;
const LARGEST_MARK = 56;
/** A place that is off by more pixels than this, one way, is drawn as an area. */
const VAGUE = 36;
/** Marks may overlap so much that they just touch the rim of each other. */
const TOUCHING = 0.95;
/** Merging moves marks; after so many rounds a rest of overlap is let be. */
const ROUNDS = 4;
const MIDDLE: Spot = { dx: 0, dy: 0 };
/** What the bundled look-up is good for where it says nothing itself: a city, a country. */
const CITY_KM = 50;
const COUNTRY_KM = 500;
/** Known less exactly than this, a place is no street corner, however small its mark. */
const ROUGH_KM = 100;
const EQUATOR_KM = 40_075;

/** One place, or several that have become one. */
interface Point {
  readonly places: readonly Place[];
  readonly count: number;
  readonly x: number;
  readonly y: number;
  readonly spread: number;
}

/**
 * The diameter of a mark in pixels: it grows slowly, so that one listener is seen beside ten thousand. Even, because the
 * middle of an odd one lies between pixels and blurs its text.
 */
export function markSize(count: number): number {
  return 2 * Math.round(Math.min(LARGEST_MARK, 17 + 5.5 * Math.log2(1 + count)) / 2);
}

/** The greatest marks first. At most one a place; the time grows with the number of places. */
export function cluster(places: readonly Place[], zoom: number): Mark[] {
  const size = WORLD * 2 ** zoom;
  const points = places.map((place) => pointOf(place, zoom));
  let merged = points.filter(({ spread }) => spread === 0);
  for (let round = 0; round < ROUNDS; round++) {
    const before = merged.length;
    merged = merge(merged);
    if (merged.length === before) break;
  }
  const marks = merged.map((point) => markOf(point, size, MIDDLE));
  const occupied = merged.map((point) => discOf(point, markSize(point.count) / 2));
  for (const area of points.filter(({ spread }) => spread > 0).sort((a, b) => b.count - a.count)) {
    const radius = markSize(area.count) / 2;
    const spot = labelSpot(discOf(area, area.spread), radius, occupied);
    occupied.push({ x: area.x + spot.dx, y: area.y + spot.dy, radius });
    marks.push(markOf(area, size, spot));
  }
  return marks.sort((a, b) => b.count - a.count);
}

function discOf({ x, y }: Point, radius: number): Disc {
  return { x, y, radius };
}

/** How well a place is known, in kilometres. */
export function accuracyOf(place: Place): number {
  return place.accuracyKm ?? (place.city === null ? COUNTRY_KM : CITY_KM);
}

export function isRough(place: Place): boolean {
  return accuracyOf(place) > ROUGH_KM;
}

/** Where a place is, in pixels of the whole world. */
export function pixelOf({ longitude, latitude }: Place, zoom: number): { x: number; y: number } {
  const size = WORLD * 2 ** zoom;
  const y = 0.5 - Math.log(Math.tan(Math.PI / 4 + radiansOf(latitude) / 2)) / (2 * Math.PI);
  return { x: ((longitude + 180) / 360) * size, y: y * size };
}

/** Within what the projection can show. */
function radiansOf(latitude: number): number {
  return (Math.max(-85, Math.min(85, latitude)) * Math.PI) / 180;
}

function pointOf(place: Place, zoom: number): Point {
  const radius = (accuracyOf(place) / (EQUATOR_KM * Math.cos(radiansOf(place.latitude)))) * WORLD * 2 ** zoom;
  return { places: [place], count: place.count, ...pixelOf(place, zoom), spread: radius > VAGUE ? radius : 0 };
}

/** The greatest take in what they would cover. */
function merge(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((a, b) => b.count - a.count);
  const grid = Map.groupBy(sorted, ({ x, y }) => cellOf(x, y));
  const taken = new Set<Point>();
  return sorted.flatMap((point) => {
    if (taken.has(point)) return [];
    taken.add(point);
    const members = [point];
    let count = point.count;
    for (const other of neighbours(point, grid)) {
      const apart = Math.hypot(other.x - point.x, other.y - point.y);
      if (taken.has(other) || apart > (TOUCHING * (markSize(count) + markSize(other.count))) / 2) continue;
      taken.add(other);
      members.push(other);
      count += other.count;
    }
    return [join(members, count)];
  });
}

function cellOf(x: number, y: number): string {
  return `${Math.floor(x / LARGEST_MARK)} ${Math.floor(y / LARGEST_MARK)}`;
}

/** Whatever could touch the point, the nearest first: a cell is as wide as the largest mark. */
function neighbours(point: Point, grid: ReadonlyMap<string, readonly Point[]>): Point[] {
  const around = [-LARGEST_MARK, 0, LARGEST_MARK];
  const distance = ({ x, y }: Point) => Math.hypot(x - point.x, y - point.y);
  return around
    .flatMap((dx) => around.flatMap((dy) => grid.get(cellOf(point.x + dx, point.y + dy)) ?? []))
    .sort((a, b) => distance(a) - distance(b));
}

/** In the middle of its members, by their counts. */
function join(members: readonly Point[], count: number): Point {
  const x = members.reduce((sum, each) => sum + each.x * each.count, 0) / count;
  const y = members.reduce((sum, each) => sum + each.y * each.count, 0) / count;
  const places = members.flatMap((each) => each.places).sort((a, b) => b.count - a.count);
  return { places, count, x, y, spread: 0 };
}

function markOf({ places, count, x, y, spread }: Point, size: number, label: Spot): Mark {
  const place = places[0]!;
  return {
    key: `${place.latitude} ${place.longitude} ${place.city}`,
    longitude: (x / size) * 360 - 180,
    latitude: (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / size))) * 180) / Math.PI,
    count,
    places,
    spread,
    isRough: places.every(isRough),
    label,
  };
}
