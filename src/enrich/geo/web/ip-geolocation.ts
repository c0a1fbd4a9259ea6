/**
 * ipgeolocation.io: with a key, over HTTPS; its free plan answers 1,000 questions a day. Both layouts of its answer are
 * understood, that of `/ipgeo` (flat, coordinates as texts) and that of `/v2/ipgeo` (`location` and `network` within).
 * https://ipgeolocation.io/ip-location-api.html
 */

import type { Place } from '../../../core/identity.ts';
import { countryCodeOf, geoOf, type Row, rowOf, textOf } from '../record.ts';
import type { WebService } from './service.ts';

export const ipGeolocation: WebService = {
  name: 'ipgeolocation',
  url: 'https://api.ipgeolocation.io/ipgeo',
  pathEnd: '',
  addressParameter: 'ip',
  perMinute: 60,
  tokenParameter: 'apiKey',
  // "Not in the database" and "reserved".
  unknownStatuses: [404, 423],
  parse: parseIpGeolocation,
};

/** The answer is passed on as it is; only the address in it may have to be hidden. */
function parseIpGeolocation(answer: unknown, shown: string | null): Place | null {
  const row = rowOf(answer);
  const place = 'location' in row ? rowOf(row['location']) : row;
  if (!('country_code2' in place || 'latitude' in place)) {
    throw new Error('something that ipgeolocation.io would not say');
  }
  const geo = geoOf({
    countryCode: countryCodeOf(place['country_code2']),
    // `US-CA`
    regionCode: textOf(textOf(place['state_code'])?.replace(/^[A-Z]{2}-/, '')),
    region: textOf(place['state_prov']),
    city: textOf(place['city']),
    postalCode: textOf(place['zipcode']),
    latitude: degreesOf(place['latitude']),
    longitude: degreesOf(place['longitude']),
    accuracyKm: null,
    timeZone: textOf(rowOf(row['time_zone'])['name']),
  });
  const network = networkOf(row);
  if (geo === null && network.asn === null && network.organization === null) return null;
  const isHidden = shown !== null && 'ip' in row;
  return { geo, ...network, answer: isHidden ? { ...row, ip: shown, hostname: null } : answer };
}

/** The newer layout has it in `network.asn`, and in `asn` of its second version. */
function networkOf(row: Row): Pick<Place, 'asn' | 'organization'> {
  const within = rowOf(rowOf(row['network'])['asn'] ?? row['asn']);
  const [, asn] = /^(?:AS)?(\d{1,10})$/.exec(textOf(within['as_number']) ?? textOf(row['asn']) ?? '') ?? [];
  const organization = textOf(within['organization']) ?? textOf(row['organization']) ?? textOf(row['isp']);
  return { asn: asn === undefined ? null : Number(asn), organization };
}

function degreesOf(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,3}(?:\.\d{1,20})?$/.test(value) ? Number(value) : value;
}
