/** Great-circle distance on a sphere, by the haversine formula: within 0.6 % of the real one. */

/** The mean radius of the Earth, in kilometres. */
const RADIUS_KM = 6371;

export interface Point {
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
}

/** Kilometres. */
export function distanceKm(from: Point, to: Point): number {
  const latitudes = Math.sin(radians(to.latitude - from.latitude) / 2) ** 2;
  const longitudes = Math.sin(radians(to.longitude - from.longitude) / 2) ** 2;
  const h = latitudes + Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * longitudes;
  // Of opposite points h may come out a hair above 1.
  return RADIUS_KM * 2 * Math.atan2(Math.sqrt(h), Math.sqrt(Math.max(1 - h, 0)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
