import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Geo } from '../core/identity.ts';
import { parseGeo } from './geo/record.ts';
import type { Lookup } from './mmdb/lookup.ts';
import type { Network } from './network/index.ts';
import { TablePlaces } from './places.ts';

const geo = (city: string): Geo => parseGeo({ country_code: 'DE', city })!;
const HERE = geo('Here');
const THERE = geo('There');
const NET = { asn: 64500, organization: 'Example Net' };

function places(geos: Lookup<Geo>, networks: Lookup<Network>) {
  const table = <T>(find: Lookup<T>) => ({ find, close: async () => {} });
  const all = new TablePlaces(table(geos), table(networks));
  return { all, placeOf: (address: Uint8Array) => all.of(address).place };
}

test('there is one place for each pair of where and whose', () => {
  const { placeOf } = places(
    (address) => [HERE, THERE, null][address[0]!] ?? null,
    (address) => [NET, null][address[1]!] ?? null,
  );
  const at = (where: number, whose: number) => placeOf(Uint8Array.of(where, whose, 0, 0));
  assert.deepEqual(at(0, 0), { geo: HERE, asn: 64500, organization: 'Example Net' });
  assert.deepEqual(at(1, 1), { geo: THERE, asn: null, organization: null });
  assert.deepEqual(at(2, 0), { geo: null, asn: 64500, organization: 'Example Net' });
  assert.equal(at(2, 1), null);
  assert.equal(at(0, 0), at(0, 0));
  assert.notEqual(at(0, 0), at(1, 0));
  assert.notEqual(at(0, 0), at(0, 1));
});

test('sharing is bounded: it begins anew, and the places stay right', () => {
  const { placeOf } = places(
    (address) => geo(`City ${address.join('.')}`),
    () => NET,
  );
  const first = placeOf(Uint8Array.of(0, 0, 0, 0));
  for (let i = 0; i < 100_001; i++) {
    const place = placeOf(Uint8Array.of(1, i >> 16, i >> 8, i));
    if (i % 10_000 === 0) assert.equal(place?.geo?.city, `City 1.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  }
  assert.deepEqual(placeOf(Uint8Array.of(0, 0, 0, 0)), first);
});

test('what comes from a table is final: nobody waits for it', () => {
  const { all } = places(
    () => HERE,
    () => null,
  );
  assert.deepEqual(all.of(Uint8Array.of(1, 1, 1, 1)), {
    place: { geo: HERE, asn: null, organization: null },
    waiting: null,
    isOpen: false,
  });
});

test('when a table has changed, its places are new ones', () => {
  let city = HERE;
  const { all, placeOf } = places(
    () => city,
    () => null,
  );
  const before = placeOf(Uint8Array.of(1, 1, 1, 1));
  city = THERE;
  all.forget();
  assert.equal(placeOf(Uint8Array.of(1, 1, 1, 1))?.geo, THERE);
  assert.equal(before?.geo, HERE);
});
