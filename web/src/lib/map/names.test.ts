import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { countryNames } from './names.ts';
import { type Atlas, worldOf } from './world.ts';

const atlas = readFileSync(fileURLToPath(import.meta.resolve('world-atlas/countries-110m.json')), 'utf8');
const world = worldOf(JSON.parse(atlas) as Atlas);

function namesIn(language: string) {
  const names = new Intl.DisplayNames(language, { type: 'region' });
  const { features } = countryNames(world, (code) => names.of(code)!);
  return new Map(
    features.map(({ properties, geometry }) => [properties.name, { ...properties, at: geometry.coordinates }]),
  );
}

test('a country is named once, in the language that is asked for, in its greatest part', () => {
  const names = namesIn('de');
  const [longitude, latitude] = names.get('Vereinigte Staaten')!.at as [number, number];
  // Not between Alaska and Hawaii.
  assert.ok(longitude > -110 && longitude < -90 && latitude > 35 && latitude < 45, `${longitude} ${latitude}`);
  const [east] = names.get('Russland')!.at as [number, number];
  assert.ok(east > 80 && east < 110, 'on this side of the antimeridian');
  assert.ok(names.get('Frankreich')!.at[1]! > 44, 'not in Guyana');
});

test('it has to have room, and the whole world has no names', () => {
  const names = namesIn('en');
  const from = (name: string) => names.get(name)!.from;
  assert.ok(from('Russia') < from('Germany') && from('Germany') < from('Luxembourg'));
  assert.ok([...names.values()].every((each) => each.from >= 1.5));
});
