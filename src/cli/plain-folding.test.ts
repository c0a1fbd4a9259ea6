/** What is folded in numbers is what was there, also if those who have gone are forgotten and come again. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Client } from '../core/identity.ts';
import { type ClientFacts, clientFacts } from '../core/observation.ts';
import type { MeetingEnrichment } from '../enrich/enrich.ts';
import { Summarizer } from '../insights/summary/summary.ts';
import { PlainFolding } from './plain-folding.ts';

const GAP = 40_000;
const NAMES = { streams: ['rock', 'jazz'], qualities: ['720p'] };

function clientOf({ address, userAgent }: ClientFacts): Client {
  const key = `${address} ${userAgent}`;
  const player = { name: userAgent, version: null, type: null, platform: null };
  return {
    ...{ session: null, key, identity: 'inferred', selfDeclared: true, agent: key, network: address!, listener: key },
    ...{ listenerRank: 0, player, bot: userAgent === 'Robot', place: null, address, port: null, userAgent },
    ...{ user: null, device: null },
  };
}

function enrichment(met: string[]): MeetingEnrichment {
  const meet = (_: string, facts: ClientFacts) => {
    met.push(facts.address!);
    return clientOf(facts);
  };
  return { meet, identify: meet, settled: async () => {}, close: async () => {} };
}

/** Each client twice, long after all others: once on each stream, with as many bytes as its number says. */
async function folded(keep?: number) {
  const summarizer = new Summarizer();
  const folding = new PlainFolding('s', GAP, summarizer, keep);
  const met: string[] = [];
  const clients = Array.from({ length: 60 }, (_, i) =>
    clientFacts({ address: `192.0.2.${i}`, userAgent: i % 10 === 9 ? 'Robot' : `Player ${i % 3}` }),
  );
  let at = 0;
  for (const stream of [0, 1]) {
    for (let i = 0; i < clients.length; i++) {
      at += GAP / 4;
      const runs = new Float64Array([i, stream, at, at + 2000, i, 1, i % 2]);
      const sights = new Float64Array(i % 2 === 0 ? [] : [at, 0]);
      const taken = await folding.take({ runs, sights }, { clients, ...NAMES }, enrichment(met));
      assert.deepEqual(taken, { runs: runs.length, sights: sights.length });
      folding.advance(at);
    }
  }
  folding.advance(Number.POSITIVE_INFINITY);
  return { summary: summarizer.summary(), met: met.length };
}

test('a client is met once, and what it did is counted under what it is', async () => {
  const { summary, met } = await folded();
  assert.equal(met, 60);
  assert.equal(summary.sessions, 108);
  assert.equal(summary.bots, 12);
  assert.equal(summary.uniqueClients, 54);
  assert.deepEqual(
    summary.by.player.map(({ value, sessions, bytes }) => [value, sessions, bytes]).sort(),
    [0, 1, 2].map((player) => {
      const own = Array.from({ length: 60 }, (_, i) => i).filter((i) => i % 3 === player && i % 10 !== 9);
      return [`Player ${player}`, 2 * own.length, 2 * own.reduce((sum, i) => sum + i, 0)];
    }),
  );
  assert.deepEqual(
    summary.by.quality.map(({ value, sessions }) => [value, sessions]).sort(),
    [
      [null, 60],
      ['720p', 48],
    ].sort(),
  );
});

test('it comes to the same if those who have gone are forgotten', async () => {
  const all = await folded();
  const few = await folded(0);
  assert.ok(few.met > 100, `met ${few.met} times`);
  assert.deepEqual(few.summary, all.summary);
});

test('who is more than plain is left to the tracker, and so is what is open by then', async () => {
  const folding = new PlainFolding('s', GAP, new Summarizer());
  const clients = [clientFacts({ address: '192.0.2.1' }), clientFacts({ address: '192.0.2.2', user: 'anna' })];
  const meet = (_: string, facts: ClientFacts) => ({ ...clientOf(facts), user: facts.user });
  const runs = new Float64Array([0, 0, 5, 6, 7, 1, 1, 1, 0, 5, 6, 7, 1, 0]);
  const packed = { runs, sights: new Float64Array([5, 0]) };
  const taken = await folding.take(packed, { clients, ...NAMES }, { ...enrichment([]), meet });
  assert.deepEqual(taken, { runs: 7, sights: 2 });
  assert.deepEqual(
    [...folding.end()].map(({ stream, bytes, qualities }) => [stream, bytes, qualities]),
    [['rock', 7, [{ at: 5, value: '720p' }]]],
  );
});
