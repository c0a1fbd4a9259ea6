/**
 * Where the count of an area stands: on its rim, at the first of eight directions where it covers no mark, so that the
 * cities within the area stay readable. Pure.
 */

/** A disc in pixels. */
export interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface Spot {
  readonly dx: number;
  readonly dy: number;
}

/** Upwards first, then to the sides; in turns of the circle, clockwise from the east. */
const DIRECTIONS = [0.75, 0.875, 0.625, 0, 0.5, 0.125, 0.375, 0.25];
/** On the rim of a greater area it would be out of sight. */
const FARTHEST = 90;

/** Relative to the middle of the area; `labelRadius` is that of the label itself. */
export function labelSpot(area: Disc, labelRadius: number, others: readonly Disc[]): Spot {
  const away = Math.min(area.radius, FARTHEST);
  const near = others.filter(({ x, y, radius }) => Math.hypot(x - area.x, y - area.y) < away + radius + labelRadius);
  const spots = DIRECTIONS.map((turns) => {
    const dx = Math.cos(turns * 2 * Math.PI) * away;
    const dy = Math.sin(turns * 2 * Math.PI) * away;
    const gaps = near.map(({ x, y, radius }) => Math.hypot(x - area.x - dx, y - area.y - dy) - radius - labelRadius);
    return { dx, dy, gap: Math.min(Number.POSITIVE_INFINITY, ...gaps) };
  });
  const { dx, dy } = spots.find(({ gap }) => gap > 0) ?? spots.reduce((a, b) => (b.gap > a.gap ? b : a));
  return { dx, dy };
}
