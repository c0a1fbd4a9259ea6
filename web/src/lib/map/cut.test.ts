import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Polygon, Position } from 'geojson';
import { cutLines, cutShape } from './cut.ts';
import { type Atlas, worldOf } from './world.ts';

/** Planar, in square degrees; holes count less. */
function areaOf(polygons: readonly (readonly Position[][])[]): number {
  const ringArea = (ring: readonly Position[]) =>
    Math.abs(ring.slice(1).reduce((sum, [x, y], i) => sum + ring[i]![0]! * y! - x! * ring[i]![1]!, 0)) / 2;
  return polygons.reduce(
    (sum, [outer, ...holes]) => sum + ringArea(outer!) - holes.reduce((part, hole) => part + ringArea(hole), 0),
    0,
  );
}

function isWithinTheWorld(points: readonly Position[]): boolean {
  return points.every(([longitude, latitude]) => Math.abs(longitude!) <= 180 && Math.abs(latitude!) <= 90);
}

const polygon = (...coordinates: Position[][]): Polygon => ({ type: 'Polygon', coordinates });

test('a shape that stays on one side is left as it is', () => {
  const square: Position[] = [
    [10, 0],
    [20, 0],
    [20, 10],
    [10, 10],
    [10, 0],
  ];
  assert.deepEqual(cutShape(polygon(square)).coordinates, [[square]]);
});

test('a square across the antimeridian becomes two, of the same area together', () => {
  const square: Position[] = [
    [170, -5],
    [-170, -5],
    [-170, 5],
    [170, 5],
    [170, -5],
  ];
  const { coordinates } = cutShape(polygon(square));
  assert.equal(coordinates.length, 2);
  assert.ok(coordinates.flat().every(isWithinTheWorld));
  assert.equal(areaOf(coordinates), 200);
  const widths = coordinates.map(([ring]) => {
    const longitudes = ring!.map(([longitude]) => longitude!);
    return Math.max(...longitudes) - Math.min(...longitudes);
  });
  assert.deepEqual(widths, [10, 10]);
});

test('a hole across the antimeridian is cut with its shape', () => {
  const outer: Position[] = [
    [160, -20],
    [-160, -20],
    [-160, 20],
    [160, 20],
    [160, -20],
  ];
  // Written from the other side: it has to be moved beside its shape first.
  const hole: Position[] = [
    [-175, -5],
    [-175, 5],
    [175, 5],
    [175, -5],
    [-175, -5],
  ];
  const { coordinates } = cutShape(polygon(outer, hole));
  assert.deepEqual(
    coordinates.map((rings) => rings.length),
    [2, 2],
  );
  assert.equal(areaOf(coordinates), 40 * 40 - 100);
});

test('a ring round the south pole is closed along the edge of the map', () => {
  const coast: Position[] = [-180, -90, 0, 90, 180].map((longitude) => [longitude, -70]);
  const { coordinates } = cutShape(polygon(coast));
  assert.ok(coordinates.flat().every(isWithinTheWorld));
  assert.equal(areaOf(coordinates), 360 * 20);
});

test('a line is split where it leaves the world', () => {
  assert.deepEqual(
    cutLines([
      [
        [178, 0],
        [-178, 4],
      ],
    ]),
    [
      [
        [178, 0],
        [180, 2],
      ],
      [
        [-180, 2],
        [-178, 4],
      ],
    ],
  );
});

for (const detail of ['110m', '50m']) {
  test(`no country of Natural Earth 1:${detail} is smeared over the map`, () => {
    const path = fileURLToPath(import.meta.resolve(`world-atlas/countries-${detail}.json`));
    const { countries, borders } = worldOf(JSON.parse(readFileSync(path, 'utf8')) as Atlas);
    assert.ok(countries.features.length > 170);
    for (const { properties, geometry } of countries.features) {
      for (const ring of geometry.coordinates.flat()) {
        assert.ok(isWithinTheWorld(ring), properties.code);
        ring.slice(1).forEach(([longitude], i) => {
          const isEdge = Math.abs(ring[i]![1]!) === 90;
          // Only along the map's own lower edge does anything go so far.
          assert.ok(isEdge || Math.abs(longitude! - ring[i]![0]!) < 90, `${properties.code} ${ring[i]} ${longitude}`);
        });
      }
    }
    for (const line of borders.geometry.coordinates) {
      const steps = line.slice(1).map(([longitude], i) => Math.abs(longitude! - line[i]![0]!));
      assert.ok(steps.every((step) => step < 90));
    }
    const russia = countries.features.find(({ properties }) => properties.code === 'RU')!;
    const longitudes = russia.geometry.coordinates.flat(2).map(([longitude]) => longitude!);
    assert.equal(Math.min(...longitudes), -180);
    assert.equal(Math.max(...longitudes), 180);
    assert.ok(!russia.geometry.coordinates.flat(2).some(([longitude]) => longitude! > -160 && longitude! < 19));
  });
}

test('countries are known by the codes that the API speaks', () => {
  const path = fileURLToPath(import.meta.resolve('world-atlas/countries-50m.json'));
  const { countries } = worldOf(JSON.parse(readFileSync(path, 'utf8')) as Atlas);
  const codes = new Set(countries.features.map(({ properties }) => properties.code));
  for (const code of ['DE', 'US', 'FJ', 'NZ', 'RU', 'SG', 'ZA', 'GB', 'BR']) assert.ok(codes.has(code), code);
});
