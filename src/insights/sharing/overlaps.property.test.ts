/** The sweep finds just what comparing every interval with every other one finds. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { effectiveEnd, findConcurrent } from './classic/concurrent.ts';
import { isSameNetwork } from './classic/network.ts';
import { playAt } from './fixture.ts';
import { type Intervals, sweepOverlaps } from './overlaps.ts';
import type { Play } from './play.ts';

/** Ends before starts, and starts at the same time, on purpose. */
const intervals = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -5, max: 25 })), {
  maxLength: 60,
});

function intervalsOf(list: readonly (readonly [number, number])[]): Intervals {
  return {
    starts: Float64Array.from(list, ([start]) => start),
    ends: Float64Array.from(list, ([start, length]) => start + length),
  };
}

function swept(of: Intervals): Set<string> {
  const pairs = new Set<string>();
  let visits = 0;
  sweepOverlaps(of, (a, b) => {
    visits++;
    pairs.add([Math.min(a, b), Math.max(a, b)].join(' '));
  });
  assert.equal(visits, pairs.size, 'each pair once');
  return pairs;
}

test('pairs that overlap are those of the definition', () => {
  fc.assert(
    fc.property(intervals, (list) => {
      const of = intervalsOf(list);
      const truth = new Set<string>();
      for (let a = 0; a < list.length; a++) {
        for (let b = a + 1; b < list.length; b++) {
          if (of.starts[a]! < of.ends[b]! && of.starts[b]! < of.ends[a]!) truth.add(`${a} ${b}`);
        }
      }
      assert.deepEqual([...swept(of)].sort(), [...truth].sort());
    }),
    { numRuns: 1000 },
  );
});

test('after so many pairs it stops, and says how many intervals were left', () => {
  const of = intervalsOf(Array.from({ length: 10 }, () => [0, 10] as const));
  let visits = 0;
  // The first four have 0 + 1 + 2 + 3 pairs; then there are six.
  assert.equal(
    sweepOverlaps(of, () => visits++, 6),
    6,
  );
  assert.equal(visits, 6);
  assert.equal(
    sweepOverlaps(of, () => {}, 46),
    0,
  );
});

const plays = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: 300 }),
    lasts: fc.integer({ min: 0, max: 90 }),
    paused: fc.integer({ min: 0, max: 30 }),
    device: fc.constantFrom('tv', 'phone', 'tablet', null),
    address: fc.constantFrom('192.0.2.1', '198.51.100.2', '10.0.0.3', '172.31.0.4', 'fe80::5', null),
    isTimed: fc.boolean(),
  }),
  { maxLength: 50 },
);

/** [003] 133: every play is compared with every other one. */
function naive(all: readonly Play[]) {
  const pairs = new Set<string>();
  const concurrent = new Set<Play>();
  let overlaps = 0;
  for (const [i, a] of all.entries()) {
    for (const b of all.slice(i + 1)) {
      if (a.startedAt === null || b.startedAt === null || a.device === b.device) continue;
      if (isSameNetwork(a.address, b.address)) continue;
      if (a.startedAt >= effectiveEnd(b, b.startedAt) || b.startedAt >= effectiveEnd(a, a.startedAt)) continue;
      overlaps++;
      pairs.add([a.device ?? '', b.device ?? ''].sort().join(' '));
      concurrent.add(a).add(b);
    }
  }
  return { overlaps, devicePairs: pairs.size, concurrent };
}

test('[003] 118, 133: plays at once are those that a naive scan finds, in 1,000 random histories', () => {
  let found = 0;
  fc.assert(
    fc.property(plays, (list) => {
      const all = list.map(({ from, lasts, paused, device, address, isTimed }) => {
        const play = playAt(from, lasts, { device, address });
        return isTimed ? play : { ...play, playSeconds: 0, stoppedAt: play.stoppedAt! + paused * 1000 };
      });
      const truth = naive(all);
      const { overlaps, devicePairs, plays: concurrent, notCompared } = findConcurrent(all);
      assert.deepEqual([overlaps, devicePairs, notCompared], [truth.overlaps, truth.devicePairs, 0]);
      assert.deepEqual(new Set(concurrent), truth.concurrent);
      found += overlaps;
    }),
    { numRuns: 1000 },
  );
  assert.ok(found > 1000);
});

test('[003] 133: a hundred thousand sessions are as good as a few', () => {
  const all = Array.from({ length: 100_000 }, (_, i) =>
    playAt(i * 100, 150, { device: i % 2 === 0 ? 'tv' : 'phone', address: `192.0.2.${i % 2}` }),
  );
  const { overlaps, devicePairs, plays: concurrent } = findConcurrent(all);
  assert.deepEqual([overlaps, devicePairs, concurrent.length], [99_999, 1, 100_000]);
});
