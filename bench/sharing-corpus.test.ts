/** The bars of `npm run bench -- sharing-quality`, for seeds that neither half of it has. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { OPTIONS } from '../src/insights/sharing/judgement/fixture.ts';
import { judge, SHARED_FROM } from '../src/insights/sharing/judgement/judgement.ts';
import { SCENARIOS } from './sharing-corpus.ts';
import { World } from './sharing-world.ts';

test('of the labelled accounts 95 % of the flagged are shared, and 90 % of the shared are flagged', () => {
  assert.ok(SCENARIOS.length >= 60);
  assert.equal(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length);
  const all = SCENARIOS.flatMap(({ name, isShared, make }) =>
    [201, 202, 203, 204].map((seed) => {
      const world = new World(seed);
      make(world);
      return { name, isShared, isFlagged: judge(world.plays, OPTIONS).score >= SHARED_FROM };
    }),
  );
  const flagged = all.filter(({ isFlagged }) => isFlagged);
  const shared = all.filter(({ isShared }) => isShared);
  const wrong = JSON.stringify(all.filter(({ isShared, isFlagged }) => isShared !== isFlagged));
  assert.ok(flagged.filter(({ isShared }) => isShared).length >= 0.95 * flagged.length, wrong);
  assert.ok(shared.filter(({ isFlagged }) => isFlagged).length >= 0.9 * shared.length, wrong);
});
