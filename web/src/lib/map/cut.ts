/**
 * Cuts shapes at the antimeridian. Natural Earth's countries in world-atlas are stitched: a ring that crosses 180° jumps
 * from one side of a flat map to the other and would be smeared over all of it. Here each ring is unrolled, so that it
 * goes on beyond 180°, cut where a copy of the world ends, and the parts are moved back into it (GeoJSON, RFC 7946
 * §3.1.9). A ring that goes round a pole is closed along the map's edge.
 */

import type { MultiPolygon, Polygon, Position } from 'geojson';

/** One polygon, or the polygons of one shape, each with its holes. */
export function cutShape(shape: Polygon | MultiPolygon): MultiPolygon {
  const polygons = shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates;
  return { type: 'MultiPolygon', coordinates: polygons.flatMap(cutPolygon) };
}

/** Lines, each split where it leaves the world. */
export function cutLines(lines: readonly Position[][]): Position[][] {
  return lines.flatMap((line) => {
    const unrolled = unroll(line);
    return copiesOf(unrolled).flatMap((copy) => clipLine(unrolled, copy));
  });
}

function cutPolygon(rings: readonly Position[][]): Position[][][] {
  const [outer, ...holes] = rings.map((ring) => closeAtPole(unroll(ring)));
  if (outer === undefined) return [];
  const centre = mean(outer);
  const aligned = holes.map((hole) => shift(hole, 360 * Math.round((centre - mean(hole)) / 360)));
  return copiesOf(outer).map((copy) => [outer, ...aligned].map((ring) => clipRing(ring, copy)).filter(isArea));
}

/** The same ring without jumps: longitudes go on beyond ±180°. */
function unroll(ring: readonly Position[]): Position[] {
  let turns = 0;
  return ring.map(([longitude, latitude], i) => {
    const before = ring[i - 1]?.[0] ?? longitude!;
    if (longitude! - before > 180) turns -= 360;
    if (before - longitude! > 180) turns += 360;
    return [longitude! + turns, latitude!];
  });
}

/** A ring that has gone all the way round ends 360° from where it began: it holds the nearer pole. */
function closeAtPole(ring: readonly Position[]): Position[] {
  const first = ring[0]!;
  const last = ring.at(-1)!;
  if (Math.abs(last[0]! - first[0]!) < 180) return [...ring];
  const pole = first[1]! < 0 ? -90 : 90;
  return [...ring, [last[0]!, pole], [first[0]!, pole], first];
}

/** Which copies of the world a shape touches: 0 is ours, 1 the one to the east. */
function copiesOf(points: readonly Position[]): number[] {
  const longitudes = points.map(([longitude]) => longitude!);
  const first = Math.floor((Math.min(...longitudes) + 180) / 360);
  const last = Math.ceil((Math.max(...longitudes) - 180) / 360);
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, i) => first + i);
}

/** The part of a ring within one copy of the world, moved into ours (Sutherland and Hodgman's clipping). */
function clipRing(ring: readonly Position[], copy: number): Position[] {
  const west = -180 + 360 * copy;
  const clipped = clipHalf(clipHalf(ring, west, 1), west + 360, -1);
  return shift(clipped, -360 * copy);
}

/** The part on one side of a meridian: `side` 1 is the east of it. */
function clipHalf(ring: readonly Position[], meridian: number, side: 1 | -1): Position[] {
  const isInside = ([longitude]: Position) => (longitude! - meridian) * side >= 0;
  const kept: Position[] = [];
  for (let i = 0; i < ring.length; i++) {
    const from = ring[(i + ring.length - 1) % ring.length]!;
    const to = ring[i]!;
    if (isInside(from) !== isInside(to)) kept.push(crossing(from, to, meridian));
    if (isInside(to)) kept.push(to);
  }
  const first = kept[0];
  const last = kept.at(-1);
  // GeoJSON repeats the first point at the end.
  if (first !== undefined && (first[0] !== last![0] || first[1] !== last![1])) kept.push(first);
  return kept;
}

function clipLine(line: readonly Position[], copy: number): Position[][] {
  const west = -180 + 360 * copy;
  const parts: Position[][] = [];
  let part: Position[] = [];
  const end = () => {
    if (part.length > 1) parts.push(shift(part, -360 * copy));
    part = [];
  };
  line.forEach((to, i) => {
    const from = line[i - 1];
    for (const edge of [west, west + 360]) {
      if (from !== undefined && from[0]! < edge !== to[0]! < edge) part.push(crossing(from, to, edge));
    }
    if (to[0]! >= west && to[0]! <= west + 360) part.push(to);
    else end();
  });
  end();
  return parts;
}

/** Where the way between two points crosses a meridian. */
function crossing(from: Position, to: Position, meridian: number): Position {
  const part = (meridian - from[0]!) / (to[0]! - from[0]!);
  return [meridian, from[1]! + part * (to[1]! - from[1]!)];
}

function shift(points: readonly Position[], degrees: number): Position[] {
  return points.map(([longitude, latitude]) => [longitude! + degrees, latitude!]);
}

function mean(points: readonly Position[]): number {
  return points.reduce((sum, [longitude]) => sum + longitude!, 0) / points.length;
}

/** A triangle needs four points, the first twice. */
function isArea(ring: readonly Position[]): boolean {
  return ring.length >= 4;
}
