/** The machine-shaped fold makes the presences that core/runs.ts makes, of the same lines in the same order. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ClientFacts, clientFacts, type Presence, presence } from '../../core/observation.ts';
import { presencesOf } from '../../core/packed-runs.ts';
import { changePoints, mergeQualities } from '../../core/quality.ts';
import { foldRuns } from '../../core/runs.ts';
import { Fold } from './fold.ts';

const GAP = 40;

/** What was asked for; presences without requests only tell what opens a session, see reader.test.ts. */
function cut(fold: Fold, settled: number) {
  return presencesOf(fold.cut(settled), NAMES).filter(({ requests }) => requests > 0);
}

function add(fold: Fold, { client, stream, time, sent, quality }: Request, settled: number): void {
  fold.add(client, stream, time, sent, quality, GAP, NAMES.qualities, settled);
}

const CLIENTS: readonly ClientFacts[] = ['192.0.2.1', '192.0.2.2', '2001:db8::1'].map((address) =>
  clientFacts({ address }),
);
const NAMES = { clients: CLIENTS, streams: ['rock', 'jazz'], qualities: ['720p', '360p', 'audio'] };

const request = fc.record({
  client: fc.nat(CLIENTS.length - 1),
  stream: fc.nat(NAMES.streams.length - 1),
  time: fc.nat(600),
  sent: fc.nat(1000),
  quality: fc.integer({ min: -1, max: NAMES.qualities.length - 1 }),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

function folded(requests: readonly Request[], settled: number): Presence[] {
  const fold = new Fold(99);
  for (const each of requests) add(fold, each, settled);
  return sorted(cut(fold, settled));
}

function truth(requests: readonly Request[], settled: number): Presence[] {
  const presences = requests.map(({ client, stream, time, sent, quality }) =>
    presence({
      client: CLIENTS[client]!,
      stream: NAMES.streams[stream]!,
      from: time,
      bytes: sent,
      requests: 1,
      qualities: quality === -1 ? null : [{ at: time, value: NAMES.qualities[quality]! }],
    }),
  );
  const runs = foldRuns(presences, GAP);
  return sorted(
    runs.map((run) => ({ ...run, qualities: run.qualities && mergeQualities([], run.qualities, settled) })),
  );
}

function sorted(presences: readonly Presence[]): Presence[] {
  const rank = (p: Presence) => `${p.stream} ${p.client.address} ${String(p.from).padStart(9, '0')}`;
  return [...presences].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

test('any lines in any order fold as in core/runs.ts', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 200 }), fc.constantFrom(Number.NEGATIVE_INFINITY, 300), (all, settled) =>
      assert.deepEqual(folded(all, settled), truth(all, settled)),
    ),
    { numRuns: 500 },
  );
});

test('a fold that was cut begins anew', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 60 }), fc.array(request, { maxLength: 60 }), (first, second) => {
      const fold = new Fold(3);
      for (const each of first) add(fold, each, 0);
      cut(fold, 0);
      for (const each of second) add(fold, each, 0);
      assert.deepEqual(sorted(cut(fold, 0)), truth(second, 0));
    }),
  );
});

test('ten thousand polls of one player keep its change points, not the polls', () => {
  const fold = new Fold(5);
  const requests = Array.from({ length: 10_000 }, (_, i) => ({
    client: 0,
    stream: 0,
    time: i * 4,
    sent: 1,
    quality: Math.floor(i / 1000) % 2,
  }));
  for (const each of requests) add(fold, each, each.time - 5);
  const [run] = cut(fold, 39_990);
  assert.equal(run?.requests, 10_000);
  const expected = Array.from({ length: 10 }, (_, i) => ({ at: i * 4000, value: NAMES.qualities[i % 2]! }));
  assert.deepEqual(changePoints(run!.qualities!), expected);
  assert.ok(run!.qualities!.length <= 24, `${run!.qualities!.length} sights`);
});

test('whoever switches all the time is remembered with a bounded number of sights, the newest', () => {
  const fold = new Fold(5);
  for (let i = 0; i < 5000; i++) {
    add(fold, { client: 0, stream: 0, time: i, sent: 1, quality: i % 2 }, i - 5);
  }
  const [run] = cut(fold, 4995);
  assert.equal(run?.requests, 5000);
  assert.ok(run!.qualities!.length <= 512);
  assert.deepEqual(run!.qualities!.at(-1), { at: 4999, value: '360p' });
});

test('many runs of many clients grow the room they need', () => {
  const fold = new Fold(5);
  const clients = Array.from({ length: 3000 }, (_, i) => clientFacts({ address: `token-${i}` }));
  for (let time = 0; time < 500; time += 100) {
    for (let client = 0; client < clients.length; client++) {
      add(fold, { client, stream: client % 2, time, sent: 2, quality: 0 }, time);
    }
  }
  const presences = presencesOf(fold.cut(500), { ...NAMES, clients });
  assert.equal(presences.length, 15_000);
  assert.equal(new Set(presences.map((p) => p.client)).size, 3000);
  assert.ok(presences.every((p) => p.bytes === 2 && p.requests === 1 && p.from === p.to));
});

test('where a run is split, what comes later is another presence; who has not been seen yet is not touched', () => {
  const fold = new Fold(5);
  const at = (client: number, time: number) => add(fold, { client, stream: 0, time, sent: 1, quality: -1 }, 0);
  // Left over from a batch before.
  for (let client = 0; client < 3; client++) at(client, 0);
  cut(fold, 0);
  fold.split(1, 0, 5);
  for (const time of [10, 20]) at(0, time);
  fold.split(0, 0, 25);
  for (const time of [26, 24, 40]) at(0, time);
  at(1, 12);
  const runs = cut(fold, 0).map(({ client, from, to, requests }) => [
    NAMES.clients.indexOf(client),
    from,
    to,
    requests,
  ]);
  assert.deepEqual(runs, [
    [0, 10, 24, 3],
    [0, 26, 40, 2],
    [1, 12, 12, 1],
  ]);
});
