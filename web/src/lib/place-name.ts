/** A place in words: the city and the country, or what is known of them. */

import { formatCountry } from './format.ts';
import { texts } from './texts.ts';

export interface Named {
  readonly city: string | null;
  /** In English. */
  readonly country: string | null;
  readonly countryCode: string | null;
}

export function placeName(place: Named | null): string {
  const country = place === null ? null : countryName(place);
  if (place?.city != null) return country === null ? place.city : `${place.city}, ${country}`;
  return country ?? texts.unknown;
}

/** In the viewer's language, where the code is known. */
export function countryName({ country, countryCode }: Omit<Named, 'city'>): string | null {
  return countryCode === null ? country : formatCountry(countryCode, country);
}
