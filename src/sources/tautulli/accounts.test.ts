import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePlace, parsePlay, parseUser } from './accounts.ts';

const ROW = {
  ...{ row_id: 7, started: 1_790_000_000, stopped: 1_790_004_000, play_duration: 3000, duration: 3000 },
  ...{ machine_id: 'm', platform: 'iOS', player: 'Phone', ip_address: '192.0.2.4', full_title: 'A Show - Pilot' },
  ...{ title: 'Pilot', state: null, session_key: null },
};

test('[003t] 143: how long it played, before and after 2.12.3', () => {
  const seconds = (changes: Record<string, unknown>) => parsePlay({ ...ROW, ...changes })!.playSeconds;
  assert.equal(seconds({}), 3000);
  assert.equal(seconds({ play_duration: undefined, duration: 1200 }), 1200);
  assert.equal(seconds({ play_duration: 0, duration: 1200 }), 1200);
  assert.equal(seconds({ play_duration: null, duration: '900' }), 900);
  assert.equal(seconds({ play_duration: null, duration: null }), 0);
  assert.equal(seconds({ play_duration: -5 }), 0);
});

test('[003t] 142: a row that still plays is no play', () => {
  assert.equal(parsePlay({ ...ROW, state: 'paused' }), null);
  assert.equal(parsePlay({ ...ROW, row_id: null, state: 'playing' }), null);
});

test('a row, and one that tells nothing', () => {
  assert.deepEqual(parsePlay(ROW), {
    ...{ id: '7', startedAt: 1_790_000_000_000, stoppedAt: 1_790_004_000_000, playSeconds: 3000, device: 'm' },
    ...{ platform: 'iOS', player: 'Phone', address: '192.0.2.4', title: 'A Show - Pilot' },
  });
  const nothing = Object.fromEntries(Object.keys(ROW).map((key) => [key, null]));
  assert.deepEqual(parsePlay({ ...nothing, row_id: 8, stopped: 0 }), {
    ...{ id: '8', startedAt: null, stoppedAt: null, playSeconds: 0, device: null },
    ...{ platform: null, player: null, address: null, title: null },
  });
});

test('[003t] 140: places with nulls, with texts, and errors', () => {
  const paris = { city: 'Paris', region: null, country: 'France' };
  assert.deepEqual(parsePlace({ ...paris, latitude: '48.85', longitude: 2.35, accuracy: null }), {
    ...{ ...paris, latitude: 48.85, longitude: 2.35 },
  });
  assert.deepEqual(parsePlace({ ...paris, latitude: 0, longitude: 0 }), { ...paris, latitude: 0, longitude: 0 });
  const nowhere = { ...paris, latitude: null, longitude: null };
  assert.deepEqual(parsePlace({ ...paris, latitude: 48, longitude: null }), nowhere);
  assert.deepEqual(parsePlace({ ...paris, latitude: 91, longitude: 0 }), nowhere);
  assert.equal(parsePlace({ error: 'Failed to lookup GeoIP info for address: 192.0.2.1' }), null);
  assert.equal(parsePlace({ city: null, region: '', country: null, latitude: null, longitude: null }), null);
});

test('users, and rows that name none', () => {
  assert.deepEqual(parseUser({ user_id: 0, username: 'Local', friendly_name: 'Local' }), {
    ...{ id: '0', username: 'Local', friendlyName: 'Local' },
  });
  assert.deepEqual(parseUser({ user_id: '12', username: null, friendly_name: '' }), {
    ...{ id: '12', username: null, friendlyName: null },
  });
  for (const row of [null, 5, {}, { user_id: null }]) assert.equal(parseUser(row), null);
});

test('whatever comes, it is read or refused', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(ROW)), (value, field) => {
      parseUser(value);
      parsePlace(value);
      parsePlace({ city: value, latitude: value, longitude: value });
      parsePlay(value);
      const play = parsePlay({ ...ROW, [field]: value });
      if (play !== null) assert.ok(play.playSeconds >= 0 && Number.isFinite(play.playSeconds));
    }),
    { numRuns: 1000 },
  );
});
