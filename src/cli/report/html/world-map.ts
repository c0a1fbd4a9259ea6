/** Where the sessions were: the countries, the busier the stronger, and a point for every city. */

import { countryName } from '../../../http/wire.ts';
import type { Summary, SummaryPlace } from '../../../insights/summary/summary.ts';
import { type Markup, markup } from '../../../lib/markup.ts';
import { countryOutlines } from '../../../lib/world/outlines.ts';
import { HEIGHT, project, WIDTH } from '../../../lib/world/projection.ts';
import { number } from '../figures.ts';

const POINTS = 1500;
const LABELS = 7;
const LEVELS = 5;

/** Null if no session could be placed. */
export function worldMap({ by, places }: Summary): Markup | null {
  const countries = new Map(
    by.country.filter(({ value }) => value !== null).map((each) => [each.value!, each.sessions]),
  );
  if (countries.size === 0 && places.length === 0) return null;
  const outlines = countryOutlines();
  const most = Math.max(...countries.values());
  const quiet = outlines.filter(({ code }) => !countries.has(code ?? ''));
  const busy = outlines.filter(({ code }) => countries.has(code ?? ''));
  const points = pointsOf(places).slice(0, POINTS);
  return markup`<svg class="map" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="map-title map-words">
<title id="map-title">Where they were</title>
<desc id="map-words">A map of the world with ${number(countries.size)} countries and ${number(places.length)} places; the tables of countries and cities have the numbers.</desc>
<path class="land" d="${quiet.map(({ path }) => path).join('')}"/>
${busy.map(({ code, path }) => {
  const sessions = countries.get(code!)!;
  const level = Math.max(1, Math.ceil(Math.sqrt(sessions / most) * LEVELS));
  return markup`<path class="land busy${level}" d="${path}"><title>${countryName(code) ?? code}: ${counted(sessions)}</title></path>`;
})}
<g class="points">${points.map((each) => circle(each, points[0]!.sessions))}</g>
<g class="names">${labels(points)}</g>
</svg>`;
}

function counted(sessions: number): string {
  return `${number(sessions)} ${sessions === 1 ? 'session' : 'sessions'}`;
}

/** Places that would lie over each other are one point. */
interface Point {
  readonly x: number;
  readonly y: number;
  sessions: number;
  /** How many places it stands for. */
  places: number;
  /** The one with the most sessions. */
  readonly greatest: SummaryPlace;
}

/** Pixels of the map, from side to side. */
const CELL = 14;

/** Most sessions first. */
function pointsOf(places: readonly SummaryPlace[]): Point[] {
  const cells = new Map<number, Point>();
  for (const place of places) {
    const [x, y] = project(place.longitude, place.latitude);
    const cell = Math.floor(x / CELL) * 4096 + Math.floor(y / CELL);
    const point = cells.get(cell);
    if (point === undefined) cells.set(cell, { x, y, sessions: place.sessions, places: 1, greatest: place });
    else {
      point.sessions += place.sessions;
      point.places++;
    }
  }
  return [...cells.values()].sort((a, b) => b.sessions - a.sessions);
}

/** Its area is its share of the greatest. */
function radiusOf({ sessions }: Point, most: number): number {
  return Math.round((3.5 + 26 * Math.sqrt(sessions / most)) * 10) / 10;
}

function circle(point: Point, most: number): Markup {
  const { x, y, sessions, places, greatest } = point;
  const others = places === 1 ? '' : ` and ${number(places - 1)} near it`;
  return markup`<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${radiusOf(point, most)}"><title>${nameOf(greatest)}${others}: ${counted(sessions)}</title></circle>`;
}

function nameOf({ city, countryCode }: SummaryPlace): string {
  const country = countryName(countryCode) ?? countryCode ?? 'unknown';
  return city === null ? country : `${city}, ${country}`;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

/** The names of the greatest points, as far as they do not lie over each other. Sizes are guessed: fonts differ. */
function labels(points: readonly Point[]): Markup[] {
  const taken: Box[] = [];
  const result: Markup[] = [];
  for (const point of points.slice(0, 60)) {
    const { city } = point.greatest;
    if (result.length === LABELS) break;
    if (city === null) continue;
    const name = city.length > 24 ? `${city.slice(0, 23)}…` : city;
    const away = radiusOf(point, points[0]!.sessions) + 8;
    const width = away + name.length * 16;
    const isLeft = point.x + width > WIDTH;
    const box = { left: isLeft ? point.x - width : point.x, right: isLeft ? point.x : point.x + width, y: point.y };
    if (taken.some((other) => Math.abs(other.y - box.y) < 60 && other.left < box.right && box.left < other.right))
      continue;
    taken.push(box);
    const x = isLeft ? point.x - away : point.x + away;
    result.push(
      markup`<text x="${x.toFixed(0)}" y="${(point.y + 9).toFixed(0)}" text-anchor="${isLeft ? 'end' : 'start'}">${name}</text>`,
    );
  }
  return result;
}
