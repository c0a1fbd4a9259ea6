import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { findIp } from './find-ip.ts';
import { FIND_IP_ANSWER, FIND_IP_REDUCED, IP_API_FAIL, ipApiAnswer, ipGeolocationAnswer } from './fixture.ts';
import { ipApi } from './ip-api.ts';
import { ipGeolocation } from './ip-geolocation.ts';

const BERLIN = {
  countryCode: 'DE',
  regionCode: 'BE',
  region: 'State of Berlin',
  city: 'Berlin',
  postalCode: '10115',
  latitude: 52.52,
  longitude: 13.405,
  accuracyKm: 50,
  timeZone: 'Europe/Berlin',
};

test('ip-api: the place, and the answer unchanged to the order of its fields', () => {
  const answer = { ...ipApiAnswer('8.8.8.8'), andMore: [1, { two: null }] };
  const place = ipApi.parse(answer, null);
  assert.deepEqual(place, { geo: BERLIN, asn: 64500, organization: 'Example Net', answer });
  assert.equal(JSON.stringify(place.answer), JSON.stringify(answer));
});

test('ip-api: where addresses are hidden, the answer hides its own, too', () => {
  const answer = ipApiAnswer('8.8.8.8');
  assert.deepEqual(ipApi.parse(answer, '8.8.8.0')?.answer, { ...answer, query: '8.8.8.0' });
  assert.ok(!JSON.stringify(ipApi.parse(answer, 'token')).includes('8.8.8.8'));
});

test('ip-api: networks in all their writings', () => {
  const of = (fields: object) => {
    const place = ipApi.parse({ ...ipApiAnswer('8.8.8.8'), ...fields }, null);
    return [place?.asn, place?.organization];
  };
  assert.deepEqual(of({ as: 'AS64500' }), [64500, 'Example Hosting']);
  assert.deepEqual(of({ as: '', org: '' }), [null, 'Example Carrier']);
  assert.deepEqual(of({ as: 5, org: null, isp: '' }), [null, null]);
});

test('ip-api: what it does not know is no place, and what it never says is an error', () => {
  assert.equal(ipApi.parse(IP_API_FAIL, null), null);
  for (const answer of [null, 5, 'success', [], {}, { status: 'ok' }])
    assert.throws(() => ipApi.parse(answer, null), /would not say/);
});

test('findip: the place, and the answer reduced as system 000 reduces it, absent is null', () => {
  const place = findIp.parse(FIND_IP_ANSWER, null);
  assert.deepEqual(place, { geo: BERLIN, asn: 64500, organization: 'Example Net', answer: FIND_IP_REDUCED });
  assert.equal(JSON.stringify(place.answer), JSON.stringify(FIND_IP_REDUCED));
  const little = findIp.parse({ country: { iso_code: 'DE' } }, null);
  const nothing = (names: string[]) => Object.fromEntries(names.map((name) => [name, null]));
  assert.deepEqual(little?.answer, {
    ...nothing(['city', 'continent', 'country', 'postal_code']),
    location: nothing(['latitude', 'longitude', 'time_zone', 'weather_code']),
    subdivisions: [],
    traits: nothing(Object.keys(FIND_IP_REDUCED.traits)),
  });
  assert.equal(little?.geo?.countryCode, 'DE');
});

test('findip: what it does not know is no place, and what it never says is an error', () => {
  for (const answer of [{}, { city: {}, traits: {} }]) assert.equal(findIp.parse(answer, null), null);
  for (const answer of [null, 5, 'nothing', []]) assert.throws(() => findIp.parse(answer, null), /would not say/);
});

test('ipgeolocation: the place of coordinates that are texts, and the answer unchanged', () => {
  const answer = ipGeolocationAnswer('8.8.8.8');
  const place = ipGeolocation.parse(answer, null);
  assert.deepEqual(place, { geo: BERLIN, asn: 64500, organization: 'Example Net', answer });
  assert.ok(!JSON.stringify(ipGeolocation.parse({ ...answer, hostname: '8.8.8.8.example' }, 'x')).includes('8.8.8.8'));
});

test('ipgeolocation: the newer layouts, with a location and a network within', () => {
  const {
    ip,
    time_zone,
    asn: _asn,
    organization: _organization,
    isp: _isp,
    ...location
  } = ipGeolocationAnswer('8.8.8.8');
  const asn = { as_number: 'AS64500', organization: 'Example Net' };
  for (const network of [{ network: { asn } }, { asn }]) {
    const place = ipGeolocation.parse({ ip, location, time_zone, ...network }, null);
    assert.deepEqual([place?.geo, place?.asn, place?.organization], [BERLIN, 64500, 'Example Net']);
  }
});

test('ipgeolocation: what it does not know is no place, and what it never says is an error', () => {
  assert.equal(ipGeolocation.parse({ country_code2: '', latitude: '', longitude: '' }, null), null);
  assert.equal(
    ipGeolocation.parse({ ...ipGeolocationAnswer('8.8.8.8'), latitude: '1e400' }, null)?.geo?.latitude,
    null,
  );
  for (const answer of [null, 5, 'x', [], {}, { message: 'no key' }])
    assert.throws(() => ipGeolocation.parse(answer, null), /would not say/);
});

test('whatever JSON is answered, it is a place with sound values, nothing, or an error', () => {
  const shapes = [ipApiAnswer('8.8.8.8'), FIND_IP_ANSWER, ipGeolocationAnswer('8.8.8.8')];
  const hostile = fc.oneof(
    fc.jsonValue(),
    fc
      .tuple(fc.constantFrom(...shapes), fc.dictionary(fc.constantFrom(...shapes.flatMap(Object.keys)), fc.jsonValue()))
      .map(([shape, other]) => ({ ...shape, ...other })),
  );
  fc.assert(
    fc.property(hostile, fc.constantFrom(ipApi, findIp, ipGeolocation), (answer, service) => {
      let place: ReturnType<typeof service.parse>;
      try {
        place = service.parse(answer, null);
      } catch (error) {
        assert.match((error as Error).message, /would not say/);
        return;
      }
      if (place === null) return;
      const { geo, asn, organization } = place;
      assert.ok(asn === null || Number.isInteger(asn));
      assert.ok(organization === null || organization.length <= 200);
      for (const value of [geo?.city, geo?.region, geo?.countryCode])
        assert.ok(value == null || typeof value === 'string');
      assert.ok(geo?.latitude == null || Math.abs(geo.latitude) <= 90);
    }),
    { numRuns: 1000 },
  );
});
