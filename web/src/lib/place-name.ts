/** Where somebody is, in words: the city and the country, or what is known of them; and the network. */

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

/** Whose a network is, and its number; null if nothing is known. */
export function networkName(network: { organization: string | null; asn: number | null } | null): string | null {
  const number = network?.asn == null ? null : texts.filters.network(String(network.asn));
  const known = [network?.organization, number].filter((each) => each != null);
  return known.length === 0 ? null : known.join(', ');
}

/** In the viewer's language, where the code is known. */
export function countryName({ country, countryCode }: Omit<Named, 'city'>): string | null {
  return countryCode === null ? country : formatCountry(countryCode, country);
}
