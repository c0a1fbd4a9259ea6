import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Place } from './cluster.ts';
import { densest, heatOf, isCrowded, marksOverHeat } from './heat.ts';

const place = (longitude: number, latitude: number, count = 1, accuracyKm = 50): Place => ({
  longitude,
  latitude,
  accuracyKm,
  city: accuracyKm > 100 ? null : 'Somewhere',
  countryCode: 'DE',
  country: 'Germany',
  count,
});

const many = (count: number, longitude: number) =>
  Array.from({ length: count }, (_, i) => place(longitude + (i % 20) / 10, 50 + i / 1000));
const world = { west: -180, south: -60, east: 180, north: 80 };

test('only very many places, and only from far, are heat', () => {
  assert.equal(isCrowded(many(300, 10), world, 1), false);
  assert.equal(isCrowded(many(301, 10), world, 1), true);
  assert.equal(isCrowded(many(301, 10), world, 5), false);
});

test('what is out of view does not count, and the view may go over the antimeridian', () => {
  const places = [...many(200, 0), ...many(301, -178)];
  assert.equal(isCrowded(places, { ...world, west: -20, east: 40 }, 3), false);
  assert.equal(isCrowded(places, { ...world, west: 150, east: 200 }, 3), true);
  assert.equal(isCrowded(places, { ...world, west: -200, east: -150 }, 3), true);
});

test('a country is no hot spot', () => {
  const { features } = heatOf([place(10, 51, 4000, 500), place(13, 52, 9)]);
  assert.deepEqual(
    features.map(({ geometry, properties }) => [geometry.coordinates, properties]),
    [[[13, 52], { weight: 3 }]],
  );
  assert.equal(densest([place(10, 51, 4000, 500)], 2), 1);
});

test('the densest spot is where most are close together', () => {
  const places = [place(13.4, 52.5, 25), place(13.5, 52.4, 16), place(-70, -33, 64)];
  assert.equal(densest(places, 1), 9);
  assert.equal(densest(places, 10), 8);
  assert.equal(densest([], 1), 1);
});

test('marks have room in their frame, and become more as one looks closer', () => {
  assert.deepEqual([marksOverHeat(960, 480, 1), marksOverHeat(320, 220, 0)], [21, 6]);
  assert.equal(marksOverHeat(960, 480, 4), 84);
});
