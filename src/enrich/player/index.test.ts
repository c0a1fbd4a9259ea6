import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { createPlayers } from './index.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0';

function start(keep = 100) {
  const counters = new ScopedCounters();
  return { players: createPlayers({ keep, counters }), counters };
}

test('a player is known at once, and final', () => {
  const { players } = start();
  const { player, bot } = players(FIREFOX);
  assert.deepEqual(player, { name: 'Firefox', version: '121.0', type: 'browser', platform: 'Linux' });
  assert.equal(bot, false);
});

test('a missing user agent is nobody', () => {
  const { players } = start();
  assert.deepEqual(players(null), { player: null, bot: false });
  assert.deepEqual(players(''), { player: null, bot: false });
});

test('the same user agent is the same agent', () => {
  const { players } = start();
  assert.equal(players(FIREFOX), players(FIREFOX));
  assert.notEqual(players(FIREFOX), players(`${FIREFOX} `));
});

test('so many are kept and no more', () => {
  const { players, counters } = start(2);
  const first = players('first');
  for (const userAgent of ['second', 'third', 'fourth']) players(userAgent);
  assert.equal(counters.get('agentsEvicted'), 2);
  assert.notEqual(players('first'), first);
});

test('what is longer than 1024 characters is told by its beginning', () => {
  const { players } = start();
  const long = `VLC/3.0 ${'x'.repeat(1016)}`;
  assert.equal(players(`${long}one end`), players(`${long}another end`));
});
