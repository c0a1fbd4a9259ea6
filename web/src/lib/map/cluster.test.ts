import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { cluster, markSize, type Place } from './cluster.ts';

const place = (city: string | null, latitude: number, longitude: number, count: number, accuracyKm = 50): Place => ({
  latitude,
  longitude,
  accuracyKm,
  city,
  countryCode: 'DE',
  country: 'Germany',
  count,
});

const berlin = place('Berlin', 52.52, 13.4, 30);
const potsdam = place('Potsdam', 52.4, 13.06, 10);
const sydney = place('Sydney', -33.87, 151.2, 5);
const germany = place(null, 51.1, 10.4, 4, 500);

/** The distance of two marks on the screen, in pixels of the whole world at this zoom. */
function apart(a: { longitude: number; latitude: number }, b: typeof a, zoom: number): number {
  const size = 512 * 2 ** zoom;
  const y = (latitude: number) => (Math.asinh(Math.tan((latitude * Math.PI) / 180)) / (2 * Math.PI)) * size;
  return Math.hypot(((a.longitude - b.longitude) / 360) * size, y(a.latitude) - y(b.latitude));
}

test('neighbours become one mark with the sum of their counts, and come apart when one looks closer', () => {
  const [first, second, ...rest] = cluster([potsdam, berlin, sydney], 1);
  assert.deepEqual([first!.count, second!.count, rest], [40, 5, []]);
  assert.deepEqual(first!.places, [berlin, potsdam]);
  // In the middle of its places, nearer to the greater.
  assert.ok(first!.longitude > (berlin.longitude + potsdam.longitude) / 2 && first!.longitude < berlin.longitude);
  assert.deepEqual(
    cluster([potsdam, berlin, sydney], 7).map(({ count }) => count),
    [30, 10, 5],
  );
});

test('nobody is lost or counted twice, at any zoom', () => {
  const many = Array.from({ length: 800 }, (_, i) =>
    place(`city ${i}`, Math.sin(i) * 70, ((i * 137.5) % 360) - 180, 1 + (i % 9)),
  );
  const total = many.reduce((sum, { count }) => sum + count, 0);
  for (const zoom of [-1, 0, 0.5, 2, 5]) {
    const marks = cluster(many, zoom);
    assert.equal(
      marks.reduce((sum, { count }) => sum + count, 0),
      total,
    );
    assert.equal(new Set(marks.flatMap(({ places }) => places)).size, many.length);
    assert.equal(new Set(marks.map(({ key }) => key)).size, marks.length);
  }
});

test('marks of cities do not cover each other', () => {
  const many = Array.from({ length: 300 }, (_, i) =>
    place(`city ${i}`, Math.sin(i * 7) * 60, ((i * 53) % 300) - 150, 1 + (i % 40)),
  );
  for (const zoom of [0, 1, 3]) {
    const marks = cluster(many, zoom);
    marks.forEach((a, i) => {
      for (const b of marks.slice(i + 1)) {
        const least = (markSize(a.count) + markSize(b.count)) / 2;
        assert.ok(apart(a, b, zoom) > 0.6 * least, `zoom ${zoom}: ${a.count} and ${b.count}`);
      }
    });
  }
});

test('a country is an area as soon as its uncertainty can be seen, and never joins a city then', () => {
  assert.deepEqual(
    cluster([berlin, germany], 0).map(({ count, spread }) => [count, spread]),
    [[34, 0]],
  );
  const [city, area] = cluster([berlin, germany], 4);
  assert.equal(city!.spread, 0);
  assert.deepEqual(area!.places, [germany]);
  // 500 km at 51° of latitude: the equator is 8192 pixels long at zoom 4.
  assert.ok(Math.abs(area!.spread - (500 / (40_075 * Math.cos((51.1 * Math.PI) / 180))) * 8192) < 1);
});

test('what is known as a country alone is told apart also where its uncertainty is too small to be drawn', () => {
  const marks = (places: Place[]) => cluster(places, 0).map(({ spread, isRough }) => [spread, isRough]);
  assert.deepEqual(marks([germany, sydney]), [
    [0, false],
    [0, true],
  ]);
  assert.deepEqual(marks([germany, berlin]), [[0, false]], 'somebody in it is known better');
});

test('the count of an area stands clear of the cities in it', () => {
  const north = place('Hamburg', 54.3, 10.4, 20);
  const marks = cluster([germany, berlin, north], 4.5);
  const area = marks.find(({ spread }) => spread > 0)!;
  const size = 512 * 2 ** 4.5;
  for (const city of marks.filter(({ spread }) => spread === 0)) {
    const dx = ((city.longitude - area.longitude) / 360) * size - area.label.dx;
    const y = (latitude: number) => (-Math.asinh(Math.tan((latitude * Math.PI) / 180)) / (2 * Math.PI)) * size;
    const dy = y(city.latitude) - y(area.latitude) - area.label.dy;
    assert.ok(Math.hypot(dx, dy) >= (markSize(city.count) + markSize(area.count)) / 2);
  }
});

test('what says nothing of its accuracy is a city or a country', () => {
  const unsaid = (city: string | null) => ({ ...place(city, 10, 10, 1), accuracyKm: null });
  assert.equal(cluster([unsaid('Bauchi')], 4)[0]!.spread, 0);
  assert.ok(cluster([unsaid(null)], 4)[0]!.spread > 0);
});
