import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { parseGeo } from './record.ts';

const flat = {
  country_code: 'de',
  state1: 'Saxony-Anhalt',
  state2: '',
  city: 'Magdeburg (Altstadt)',
  postcode: '',
  latitude: 52.1,
  longitude: 11.6,
  timezone: '',
};

test('a row of DB-IP: country in capitals, city without its district, empty is null, 50 km assumed', () => {
  assert.deepEqual(parseGeo(flat), {
    countryCode: 'DE',
    regionCode: null,
    region: 'Saxony-Anhalt',
    city: 'Magdeburg',
    postalCode: null,
    latitude: 52.1,
    longitude: 11.6,
    accuracyKm: 50,
    timeZone: null,
  });
  assert.equal(parseGeo({ ...flat, city: '(Altstadt)' })?.city, '(Altstadt)');
});

test('a row that only knows the country says so through its accuracy', () => {
  const geo = parseGeo({ ...flat, city: '', state1: '' });
  assert.equal(geo?.accuracyKm, 500);
  assert.equal(geo.latitude, 52.1);
});

test('coordinates come as a sensible pair or not at all, and an accuracy only with them', () => {
  for (const wrong of [{ latitude: 91 }, { longitude: -181 }, { latitude: '52' }, { longitude: Number.NaN }]) {
    const geo = parseGeo({ ...flat, ...wrong });
    assert.deepEqual([geo?.latitude, geo?.longitude, geo?.accuracyKm], [null, null, null], JSON.stringify(wrong));
    assert.equal(geo?.city, 'Magdeburg');
  }
});

test('a row of GeoIP2 gives its own accuracy, region code and names in English', () => {
  const geo = parseGeo({
    country: { iso_code: 'GB', names: { en: 'United Kingdom' } },
    subdivisions: [
      { iso_code: 'ENG', names: { en: 'England' } },
      { iso_code: 'WBK', names: { en: 'West Berkshire' } },
    ],
    city: { names: { en: 'Boxford', de: 'anders' } },
    postal: { code: 'OX1' },
    location: { latitude: 51.75, longitude: -1.25, accuracy_radius: 100, time_zone: 'Europe/London' },
  });
  assert.deepEqual(geo, {
    countryCode: 'GB',
    regionCode: 'ENG',
    region: 'England',
    city: 'Boxford',
    postalCode: 'OX1',
    latitude: 51.75,
    longitude: -1.25,
    accuracyKm: 100,
    timeZone: 'Europe/London',
  });
});

test('what is no place, or of another type than it should be, is null', () => {
  for (const record of [null, 7, 'x', [], {}, { country: 'GB' }, { country: { iso_code: 42 } }, { traits: {} }]) {
    assert.equal(parseGeo(record), null, JSON.stringify(record));
  }
  for (const code of ['ZZ', 'zz', 'GBR', '', '--', 49]) {
    assert.equal(parseGeo({ ...flat, country_code: code })?.countryCode, null, String(code));
  }
});
