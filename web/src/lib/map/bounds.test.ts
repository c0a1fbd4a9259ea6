import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { boundsOf } from './bounds.ts';

const at = (longitude: number, latitude: number) => ({ longitude, latitude });

test('the box of some places is the narrowest one', () => {
  assert.equal(boundsOf([]), null);
  assert.deepEqual(boundsOf([at(13, 52)]), [
    [13, 52],
    [13, 52],
  ]);
  assert.deepEqual(boundsOf([at(13, 52), at(-0.1, 51), at(4.8, 45)]), [
    [-0.1, 45],
    [13, 52],
  ]);
});

test('it may go over the antimeridian', () => {
  assert.deepEqual(boundsOf([at(178, -18), at(-175, -21), at(174, -37)]), [
    [174, -37],
    [185, -18],
  ]);
});
