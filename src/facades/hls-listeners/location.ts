/**
 * Where a listener is, in the words of ip-api.com, which the original asks and passes on as it is
 * (https://ip-api.com/docs/api:json). What a web service has answered here is passed on, too; what a database of our own
 * knows is put into the same fields. There a text that is not known is empty, as ip-api.com has it.
 */

import type { Place } from '../../core/identity.ts';
import { countryName } from '../../lib/country.ts';

/** A place may carry what a web service has answered for it. */
type AnsweredPlace = Place & { readonly answer?: unknown };

/** Null if nothing is known. */
export function locationOf(address: string | null, place: AnsweredPlace | null): unknown {
  if (place === null) return null;
  if (place.answer !== undefined && place.answer !== null) return place.answer;
  const { geo, asn, organization } = place;
  const owner = organization ?? '';
  return {
    status: 'success',
    country: countryName(geo?.countryCode ?? null) ?? '',
    countryCode: geo?.countryCode ?? '',
    region: geo?.regionCode ?? '',
    regionName: geo?.region ?? '',
    city: geo?.city ?? '',
    zip: geo?.postalCode ?? '',
    lat: geo?.latitude ?? null,
    lon: geo?.longitude ?? null,
    timezone: geo?.timeZone ?? '',
    isp: owner,
    org: owner,
    as: asn === null ? '' : `AS${asn} ${owner}`.trim(),
    query: address ?? '',
  };
}
