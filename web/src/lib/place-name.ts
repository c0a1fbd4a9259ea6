/** A place in words: the city and the country, or what is known of them. */

import { texts } from './texts.ts';

export interface Named {
  readonly city: string | null;
  readonly country: string | null;
  readonly countryCode: string | null;
}

export function placeName(place: Named | null): string {
  const country = place?.country ?? place?.countryCode ?? null;
  if (place?.city != null) return country === null ? place.city : `${place.city}, ${country}`;
  return country ?? texts.unknown;
}
