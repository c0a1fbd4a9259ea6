/** `/audience` and `/places`, compared with the crowd. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import type { AudienceWire, PlacesWire } from '../contract.ts';
import { HERE, isBot, listenerOf, OPEN, placeOf, tallyOf, VALUE, type Visit } from '../crowd.fixture.ts';
import { errorOf, startSite } from '../fixture.ts';

const site = await startSite();
after(() => site.close());
const api = <T>(path: string): Promise<T> => site.get<T>(`/api/v1${path}`);

test('the total counts sessions and listeners of people, and bots beside them', async () => {
  const { total } = await api<AudienceWire>('/audience');
  const listeners = new Set(HERE.map(listenerOf)).size;
  assert.ok(listeners < HERE.length, 'somebody in the crowd has two sessions');
  assert.deepEqual(total, { sessions: HERE.length, listeners, bots: OPEN.filter(isBot).length });
});

for (const [by, facetOf] of Object.entries(VALUE)) {
  test(`by ${by} every group has its own, and all together are all`, async () => {
    const { groups } = await api<AudienceWire>(`/audience?by=${by}`);
    assert.deepEqual(
      groups.map(({ value, sessions, bots }) => ({ value, sessions, bots })),
      tallyOf(OPEN, facetOf),
    );
  });
}

test('countries have a name that a person reads, cities have none but their own', async () => {
  const { groups } = await api<AudienceWire>('/audience?by=country');
  const labels = Object.fromEntries(groups.map(({ value, label }) => [String(value), label]));
  assert.deepEqual(labels, { DE: 'Germany', FR: 'France', NO: 'Norway', null: null });
  const cities = await api<AudienceWire>('/audience?by=city');
  assert.ok(cities.groups.every(({ label }) => label === null));
});

test('networks are called by whose they are', async () => {
  const { groups } = await api<AudienceWire>('/audience?by=asn');
  const named = groups.filter(({ value }) => value !== null);
  assert.ok(named.length > 1);
  assert.ok(named.every(({ label }) => label === 'Example Networks'));
  assert.ok(groups.every(({ value, label }) => value !== null || label === null));
});

test('limit gives the greatest groups', async () => {
  const all = await api<AudienceWire>('/audience?by=stream');
  const two = await api<AudienceWire>('/audience?by=stream&limit=2');
  assert.equal(all.groups.length, 4);
  assert.deepEqual(two.groups, all.groups.slice(0, 2));
  assert.deepEqual(two.total, all.total);
});

test('a wrong dimension or limit is refused with what may be said instead', async () => {
  for (const query of ['by=colour', 'by=', 'by=stream&by=city', 'limit=0', 'limit=10001', 'limit=2.5', 'limit=NaN']) {
    const answer = await site.ask(`/api/v1/audience?${query}`);
    assert.equal(answer.status, 400, query);
    const { code, message } = errorOf(answer);
    assert.equal(code, 'BAD_REQUEST');
    assert.match(message, /"(by|limit)"/, query);
  }
});

test('who is at the same place is one point of the map, and who is nowhere is counted', async () => {
  const { places, unplaced } = await api<PlacesWire>('/places');
  const geoOf = ({ address }: Visit) => placeOf(address)?.geo ?? null;
  assert.equal(unplaced, HERE.filter((each) => geoOf(each) === null).length);
  assert.ok(unplaced > 0);
  const expected = tallyOf(
    HERE.filter((each) => geoOf(each) !== null),
    (each) => geoOf(each)!.city,
  );
  assert.deepEqual(
    places.map(({ city, count }) => [city, count]).sort(),
    expected.map(({ value, sessions }) => [value, sessions]).sort(),
  );
  assert.deepEqual(places.find(({ city }) => city === 'Lyon')?.country, 'France');
  assert.deepEqual(
    places.map(({ count }) => count),
    places.map(({ count }) => count).sort((a, b) => b - a),
    'the greatest first',
  );
});
