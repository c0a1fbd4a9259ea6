import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { createGate } from './gate.ts';

function openable() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

test('at most so many are inside, the others come in in order, and who finds no room is turned away', async () => {
  let refused = 0;
  const gate = createGate({ width: 2, room: 2, refused: () => refused++ });
  const doors = [0, 1, 2, 3].map(openable);
  const entered: number[] = [];
  const passing = doors.map(({ promise }, i) =>
    gate.pass(async () => {
      entered.push(i);
      await promise;
      return i;
    }),
  );
  await assert.rejects(
    gate.pass(async () => {}),
    { code: 'STORE_BUSY' },
  );
  assert.equal(refused, 1);
  assert.deepEqual(entered, [0, 1]);
  doors[1]!.open();
  assert.equal(await passing[1], 1);
  await until('the third is inside', () => entered.length === 3);
  assert.deepEqual(entered, [0, 1, 2]);
  for (const { open } of doors) open();
  assert.deepEqual(await Promise.all(passing), [0, 1, 2, 3]);
});

test('a failure inside lets the next one in, and the gate is idle when all have left', async () => {
  const gate = createGate({ width: 1, room: 5, refused: () => {} });
  const failing = gate.pass(async () => {
    throw new Error('inside');
  });
  const after = gate.pass(async () => 'next');
  const idle = gate.idle();
  await assert.rejects(failing, /inside/);
  assert.equal(await after, 'next');
  await idle;
  await gate.idle();
});
