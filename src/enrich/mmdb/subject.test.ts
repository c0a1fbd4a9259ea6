import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { NETWORKS, PLACES, refuseOther } from './subject.ts';

const isRefused = (type: string, subject: typeof PLACES): boolean => {
  try {
    refuseOther('x.mmdb', type, subject);
    return false;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'MMDB_OTHER_KIND');
    return true;
  }
};

const TYPES: readonly (readonly [type: string, isPlaces: boolean, isNetworks: boolean])[] = [
  ['GeoLite2-City', true, false],
  ['GeoIP2-Country', true, false],
  ['GeoIP2-Enterprise', true, true],
  ['DBIP-City-Lite (compat=City)', true, false],
  ['DBIP-Location-ISP (compat=Enterprise)', true, true],
  ['city ipv4', true, false],
  ['GeoLite2-ASN', false, true],
  ['GeoIP2-ISP', false, true],
  ['GeoIP2-Connection-Type', false, false],
  ['GeoIP2-Anonymous-IP', false, false],
  ['GeoIP2-Domain', false, false],
  ['unnamed', true, true],
];

for (const [type, isPlaces, isNetworks] of TYPES) {
  test(`${type}: places ${isPlaces}, networks ${isNetworks}`, () => {
    assert.equal(isRefused(type, PLACES), !isPlaces);
    assert.equal(isRefused(type, NETWORKS), !isNetworks);
  });
}
