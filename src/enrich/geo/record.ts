/**
 * What a record of a geo database says, as our `Geo`: the nested layout of GeoIP2, GeoLite2 and DB-IP (City, Country,
 * Enterprise), and the flat one of @ip-location-db (`country_code, state1, state2, city, postcode, latitude, longitude,
 * timezone`). Nothing in a record is trusted to have the right type; empty is null.
 */

import type { Geo } from '../../core/identity.ts';

/** DB-IP says nothing of how exact it is: assumed for a row with a city, and for one without. */
const CITY_ACCURACY_KM = 50;
const COUNTRY_ACCURACY_KM = 500;

/** Names are shown and stored: longer ones than any real place has are cut. */
const MAX_NAME = 200;

export type Row = Readonly<Record<string, unknown>>;

/** Null if the record says nothing of where it is. */
export function parseGeo(record: unknown): Geo | null {
  const row = rowOf(record);
  return 'country_code' in row ? parseFlat(row) : parseNested(row);
}

/** https://dev.maxmind.com/geoip/docs/databases/city-and-country, in the language `en`. */
export function parseNested(row: Row): Geo | null {
  const region = rowOf(Array.isArray(row['subdivisions']) ? row['subdivisions'][0] : null);
  const location = rowOf(row['location']);
  const nameOf = (place: unknown) => textOf(rowOf(rowOf(place)['names'])['en']);
  return geoOf({
    countryCode: countryCodeOf(rowOf(row['country'])['iso_code']),
    regionCode: textOf(region['iso_code']),
    region: nameOf(region),
    city: nameOf(row['city']),
    postalCode: textOf(rowOf(row['postal'])['code']),
    latitude: location['latitude'],
    longitude: location['longitude'],
    accuracyKm: location['accuracy_radius'],
    timeZone: textOf(location['time_zone']),
  });
}

function parseFlat(row: Row): Geo | null {
  return geoOf({
    countryCode: countryCodeOf(row['country_code']),
    regionCode: null,
    region: textOf(row['state1']),
    city: withoutDistrict(textOf(row['city'])),
    postalCode: textOf(row['postcode']),
    latitude: row['latitude'],
    longitude: row['longitude'],
    accuracyKm: null,
    timeZone: textOf(row['timezone']),
  });
}

/**
 * DB-IP writes one city in five with its district, `Seoul (Toegye-ro)`: counted by city, Seoul would fall to pieces. The
 * coordinates stay those of the district.
 */
function withoutDistrict(city: string | null): string | null {
  const bracket = city === null ? -1 : city.indexOf(' (');
  return bracket <= 0 ? city : city!.slice(0, bracket);
}

/** What is told of a place, of whatever type it is. */
export type Located = Omit<Geo, 'latitude' | 'longitude' | 'accuracyKm'> &
  Record<'latitude' | 'longitude' | 'accuracyKm', unknown>;

/**
 * Fields in one order, coordinates only as a sensible pair, and an accuracy only with coordinates. Null if it says nothing
 * of where it is.
 */
export function geoOf(place: Located): Geo | null {
  const { countryCode, regionCode, region, city, postalCode, timeZone } = place;
  const latitude = within(place.latitude, 90);
  const longitude = within(place.longitude, 180);
  const isPlaced = latitude !== null && longitude !== null;
  const assumed = city === null ? COUNTRY_ACCURACY_KM : CITY_ACCURACY_KM;
  const said = within(place.accuracyKm, 20_038);
  if (countryCode === null && city === null && region === null && !isPlaced) return null;
  return {
    countryCode,
    regionCode,
    region,
    city,
    postalCode,
    latitude: isPlaced ? latitude : null,
    longitude: isPlaced ? longitude : null,
    accuracyKm: isPlaced ? (said !== null && said > 0 ? said : assumed) : null,
    timeZone,
  };
}

export function rowOf(value: unknown): Row {
  return typeof value === 'object' && value !== null ? (value as Row) : {};
}

export function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const trimmed = value.trim();
  return trimmed === '' ? null : trimmed.slice(0, MAX_NAME);
}

/** ISO 3166-1 alpha-2; `ZZ` is written for "unknown". */
export function countryCodeOf(value: unknown): string | null {
  const code = textOf(value)?.toUpperCase() ?? '';
  return /^[A-Z]{2}$/.test(code) && code !== 'ZZ' ? code : null;
}

function within(value: unknown, most: number): number | null {
  return typeof value === 'number' && Math.abs(value) <= most ? value : null;
}
