/** findip.net: with a token, in the layout of GeoIP2. https://findip.net */

import type { Place } from '../../../core/identity.ts';
import { parseNested, type Row, rowOf, textOf } from '../record.ts';
import type { WebService } from './service.ts';

export const findIp: WebService = {
  name: 'findip',
  url: 'https://api.findip.net/',
  pathEnd: '/',
  perMinute: 60,
  tokenParameter: 'token',
  parse: parseFindIp,
};

/** What system 000 makes of the answer is what is passed on: names in English, and none of the ids but those of regions. */
function parseFindIp(answer: unknown): Place | null {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new Error('something that findip.net would not say');
  }
  const row = rowOf(answer);
  const traits = rowOf(row['traits']);
  const geo = parseNested(row);
  const asn = traits['autonomous_system_number'];
  const known: Place = {
    geo,
    asn: typeof asn === 'number' ? asn : null,
    organization: textOf(traits['autonomous_system_organization']) ?? textOf(traits['organization']),
    answer: reduce(row, traits),
  };
  return geo === null && known.asn === null && known.organization === null ? null : known;
}

function reduce(row: Row, traits: Row): unknown {
  const location = rowOf(row['location']);
  const subdivisions = Array.isArray(row['subdivisions']) ? row['subdivisions'].slice(0, 8).map(rowOf) : [];
  return {
    city: englishName(row['city']),
    continent: englishName(row['continent']),
    country: englishName(row['country']),
    location: pick(location, ['latitude', 'longitude', 'time_zone', 'weather_code']),
    postal_code: plain(rowOf(row['postal'])['code']),
    subdivisions: subdivisions.map((each) => ({
      geoname_id: plain(each['geoname_id']),
      name: englishName(each),
      iso_code: plain(each['iso_code']),
    })),
    traits: pick(traits, [
      'autonomous_system_number',
      'autonomous_system_organization',
      'connection_type',
      'isp',
      'organization',
      'user_type',
    ]),
  };
}

function englishName(place: unknown): string | number | null {
  return plain(rowOf(rowOf(place)['names'])['en']);
}

function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, plain(row[name])]));
}

/** A text or a number as it is; whatever else is there is not what it should be. */
function plain(value: unknown): string | number | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}
