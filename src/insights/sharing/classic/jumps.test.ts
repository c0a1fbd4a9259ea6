import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { distanceKm } from '../distance.ts';
import { playAt, START, spot } from '../fixture.ts';
import type { Whereabouts } from '../play.ts';
import { findJumps, jumpBetween, type Sighting } from './jumps.ts';

const point = (latitude: number, longitude: number) => ({ latitude, longitude });

test('[003] 121: distances of the original, to a metre', () => {
  const near = (from: [number, number], to: [number, number], km: number) =>
    assert.ok(Math.abs(distanceKm(point(...from), point(...to)) - km) < 0.001, `${km} km`);
  near([51.5074, -0.1278], [48.8566, 2.3522], 343.556);
  near([40.7128, -74.006], [34.0522, -118.2437], 3935.746);
  near([0, 0], [1, 0], 111.195);
  assert.equal(distanceKm(point(0, 0), point(0, 180)), Math.PI * 6371);
});

/** Along the equator. */
const longitudeOf = (km: number) => km / ((Math.PI * 6371) / 180);

function jump(km: number, seconds: number) {
  const seen = (at: number, address: string, longitude: number): Sighting => ({
    ...{ at, address, play: playAt(0, 1) },
    place: { ...spot(0, longitude), latitude: 0, longitude },
  });
  return jumpBetween(seen(START, 'a', 0), seen(START + seconds * 1000, 'b', longitudeOf(km)));
}

test('[003] 122: 49.9 km never count, 50 km in 100 s do; 900 km in an hour do not, 901 km do', () => {
  assert.equal(jump(49.9, 1), null);
  assert.ok(jump(50.000001, 100));
  assert.equal(jump(899.999999, 3600), null);
  assert.ok(jump(901, 3600));
});

test('[003] 123: at once, or in reverse, is a thousandth of an hour', () => {
  for (const seconds of [0, -60]) {
    const found = jump(100, seconds)!;
    assert.equal(found.hours, 0.001);
    assert.ok(Math.abs(found.speedKmh - 100_000) < 1);
  }
});

const places = (...list: [string, Whereabouts][]) => new Map(list);

test('[003] 124: the equator and the meridian of Greenwich are places', () => {
  const plays = [playAt(0, 60), playAt(100, 60, { address: '198.51.100.2' })];
  const zero = places(['192.0.2.1', spot(0, 0)], ['198.51.100.2', spot(10, 0)]);
  assert.equal(findJumps(plays, zero).length, 1);
  assert.equal(findJumps(plays, places(['192.0.2.1', spot(0, 0)], ['198.51.100.2', spot(10, null)])).length, 0);
  assert.equal(findJumps(plays, places(['192.0.2.1', spot(0, 0)])).length, 0);
});

test('local addresses are nowhere, and one address is never two places', () => {
  const plays = [playAt(0, 60), playAt(100, 60, { address: '10.0.0.1' }), playAt(200, 60)];
  assert.equal(findJumps(plays, places(['192.0.2.1', spot(0, 0)], ['10.0.0.1', spot(50, 50)])).length, 0);
});

test('begin and end of a play are both moments: during another play somebody jumps there and back', () => {
  const plays = [playAt(100, 60, { address: '198.51.100.2' }), playAt(0, 600)];
  const found = findJumps(plays, places(['192.0.2.1', spot(0, 0)], ['198.51.100.2', spot(50, 50)]));
  assert.deepEqual(
    found.map(({ from, to }) => [from.at - START, to.at - START]),
    [
      [0, 100_000],
      [160_000, 600_000],
    ],
  );
});

test('plays without an end have one moment', () => {
  const plays = [playAt(100, 0, { stoppedAt: null, address: '198.51.100.2' }), playAt(0, 60)];
  assert.equal(findJumps(plays, places(['192.0.2.1', spot(0, 0)], ['198.51.100.2', spot(50, 50)])).length, 1);
});
