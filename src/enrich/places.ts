/**
 * An address's place: where it is (geo/) and whose network it is in (network/), as one object for each pair of the two, so
 * that a million clients share a few thousand.
 */

import type { Geo, Place } from '../core/identity.ts';
import type { Lookup } from './mmdb/lookup.ts';
import type { Network } from './network/index.ts';

/** So many are shared; then sharing begins anew. */
const MAX_SHARED = 100_000;

/** Null if neither is known. */
export function createPlaces(geos: Lookup<Geo>, networks: Lookup<Network>): Lookup<Place> {
  /** By the numbers of both. */
  const shared = new Map<number, Place>();
  const numbers = new Map<Geo | Network | null, number>();
  const numberOf = (half: Geo | Network | null): number => {
    const known = numbers.get(half);
    if (known !== undefined) return known;
    numbers.set(half, numbers.size);
    return numbers.size - 1;
  };
  return (address) => {
    const geo = geos(address);
    const network = networks(address);
    if (geo === null && network === null) return null;
    const key = numberOf(geo) * 2 ** 26 + numberOf(network);
    const known = shared.get(key);
    if (known !== undefined) return known;
    const place: Place = { geo, asn: network?.asn ?? null, organization: network?.organization ?? null };
    if (shared.size >= MAX_SHARED) {
      shared.clear();
      numbers.clear();
    } else {
      shared.set(key, place);
    }
    return place;
  };
}
