/** The part of the world that some places take, as a map is told it. Pure. */

/** West and south, then east and north, in degrees. East may be beyond 180: then it goes over the antimeridian. */
export type Box = [[number, number], [number, number]];

interface Point {
  readonly longitude: number;
  readonly latitude: number;
}

/** The narrowest one; null without a place. */
export function boundsOf(points: readonly Point[]): Box | null {
  if (points.length === 0) return null;
  const latitudes = points.map(({ latitude }) => latitude);
  const longitudes = points.map(({ longitude }) => longitude).sort((a, b) => a - b);
  // What lies behind the widest stretch without any place, eastwards, is where it begins.
  let widest = longitudes[0]! + 360 - longitudes.at(-1)!;
  let west = longitudes[0]!;
  for (let i = 1; i < longitudes.length; i++) {
    const stretch = longitudes[i]! - longitudes[i - 1]!;
    if (stretch <= widest) continue;
    widest = stretch;
    west = longitudes[i]!;
  }
  return [
    [west, Math.min(...latitudes)],
    [west + 360 - widest, Math.max(...latitudes)],
  ];
}
