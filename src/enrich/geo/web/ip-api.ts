/** ip-api.com: free without a token for 45 requests a minute, over plain HTTP. https://ip-api.com/docs/api:json */

import type { Place } from '../../../core/identity.ts';
import { countryCodeOf, geoOf, rowOf, textOf } from '../record.ts';
import type { WebService } from './service.ts';

export const ipApi: WebService = {
  name: 'ip-api',
  url: 'http://ip-api.com/json/',
  pathEnd: '',
  perMinute: 45,
  tokenParameter: 'key',
  parse: parseIpApi,
};

/** The answer is passed on as it is; only the address in it may have to be hidden. */
function parseIpApi(answer: unknown, shown: string | null): Place | null {
  const row = rowOf(answer);
  // Reserved addresses, and what it takes for none.
  if (row['status'] === 'fail') return null;
  if (row['status'] !== 'success') throw new Error('something that ip-api.com would not say');
  const geo = geoOf({
    countryCode: countryCodeOf(row['countryCode']),
    regionCode: textOf(row['region']),
    region: textOf(row['regionName']),
    city: textOf(row['city']),
    postalCode: textOf(row['zip']),
    latitude: row['lat'],
    longitude: row['lon'],
    accuracyKm: null,
    timeZone: textOf(row['timezone']),
  });
  // `AS15169 Google LLC`
  const [, asn, owner] = /^AS(\d{1,10})(?:\s+(.*))?$/.exec(textOf(row['as']) ?? '') ?? [];
  return {
    geo,
    asn: asn === undefined ? null : Number(asn),
    organization: textOf(owner) ?? textOf(row['org']) ?? textOf(row['isp']),
    answer: shown === null || !('query' in row) ? answer : { ...row, query: shown },
  };
}
