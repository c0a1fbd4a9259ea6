/** The scripts of a crowd: drawn from a seed, and what the truth about them relies on. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { type CrowdPlan, type Script, writeScripts } from './script.ts';

const PLAN: CrowdPlan = {
  seed: 7,
  players: 400,
  streams: ['rock', 'jazz'],
  qualities: ['360p', '720p'],
  length: 40_000,
  quiet: { from: 16_000, to: 28_000 },
  gap: 5000,
};
const SCRIPTS = writeScripts(PLAN);
const clientOf = ({ network, userAgent }: Script) => `${network} ${userAgent}`;

test('the same seed gives the same crowd, another seed another one', () => {
  const told = (scripts: readonly Script[]) => JSON.stringify(scripts);
  assert.equal(told(writeScripts(PLAN)), told(SCRIPTS));
  assert.notEqual(told(writeScripts({ ...PLAN, seed: 8 })), told(SCRIPTS));
});

test('in the quiet time nobody comes, goes or changes the stream', () => {
  const { from, to } = PLAN.quiet;
  for (const { behaviour, stretches } of SCRIPTS) {
    for (const stretch of stretches) {
      assert.ok(stretch.from <= from || stretch.from >= to, `${behaviour} from ${stretch.from}`);
      assert.ok(stretch.to <= from || stretch.to >= to, `${behaviour} to ${stretch.to}`);
    }
  }
});

test('stretches follow one another within the length, and pauses are well off the gap', () => {
  for (const { behaviour, stretches } of SCRIPTS) {
    assert.ok(stretches[0]!.from >= 0 && stretches.at(-1)!.to <= PLAN.length, behaviour);
    for (const [i, stretch] of stretches.entries()) {
      assert.ok(stretch.from <= stretch.to, `${behaviour}: ${stretch.from} to ${stretch.to}`);
      const pause = i === 0 ? 0 : stretch.from - stretches[i - 1]!.to;
      assert.ok((pause >= 0 && pause <= PLAN.gap / 2) || pause >= PLAN.gap * 2, `${behaviour} pauses for ${pause}`);
    }
  }
});

test('an address is shared by equal players and by different ones, and no playback by anybody', () => {
  const byNetwork = [...Map.groupBy(SCRIPTS, ({ network }) => network).values()].filter(({ length }) => length > 1);
  const areAlike = byNetwork.filter((scripts) => new Set(scripts.map(clientOf)).size === 1);
  const areDifferent = byNetwork.filter((scripts) => new Set(scripts.map(clientOf)).size === scripts.length);
  assert.ok(areAlike.length >= 5 && areDifferent.length >= 5, `${areAlike.length} and ${areDifferent.length}`);
  assert.equal(areAlike.length + areDifferent.length, byNetwork.length);

  const playbacks = SCRIPTS.flatMap(({ stretches }) => [...new Set(stretches.map(({ playback }) => playback))]);
  assert.equal(new Set(playbacks).size, playbacks.length);
});

test('segments without an id are only asked for by a player that is alone with its user agent', () => {
  const players = Map.groupBy(SCRIPTS, clientOf);
  for (const script of SCRIPTS.filter(({ device }) => device.urlId === 'playlists')) {
    assert.equal(players.get(clientOf(script))!.length, 1);
    assert.notEqual(script.behaviour, 'reloads');
  }
});

test('hosts of one /64 take several addresses, and every address is one that nobody has', () => {
  for (const { network, addresses, isProxied } of SCRIPTS) {
    assert.equal(addresses.length, network.endsWith('/64') ? 6 : 1);
    for (const address of addresses) {
      assert.match(address, isProxied ? /^(198\.18\.|2001:db8:)/ : /^127\./);
      if (network.endsWith('/64')) assert.ok(address.startsWith(network.slice(0, -':/64'.length)), address);
      else assert.equal(address, network);
    }
  }
});
