import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SessionWire } from '../../../src/http/contract.ts';
import { follow, hold } from './session-rows.ts';

const session = (id: string, bytes = 0) => ({ id, bytes }) as SessionWire;
const sessions = (...ids: string[]) => ids.map((id) => session(id));
const ids = (rows: readonly { session: SessionWire }[]) => rows.map((row) => row.session.id).join('');

test('following takes over the answer, and marks what has come since', () => {
  const first = follow([], sessions('b', 'a'));
  assert.deepEqual(
    first.map(({ isNew }) => isNew),
    [false, false],
  );
  const next = follow(first, sessions('c', 'b'));
  assert.equal(ids(next), 'cb');
  assert.deepEqual(
    next.map(({ isNew }) => isNew),
    [true, false],
  );
});

test('holding moves no row, takes over new values, and counts what waits', () => {
  const rows = follow([], sessions('c', 'b', 'a'));
  const held = hold(rows, {
    items: [session('e'), session('d'), session('c'), session('b', 7)],
    isAll: false,
    wanted: 3,
  });
  assert.equal(ids(held.rows), 'cba');
  assert.equal(held.rows[1]!.session.bytes, 7);
  assert.equal(held.waiting, 2);
});

test('a row that was only pushed out has not left; one above a row that is there has', () => {
  const rows = follow([], sessions('d', 'c', 'b', 'a'));
  const held = hold(rows, { items: sessions('e', 'd', 'b'), isAll: false, wanted: 4 });
  assert.deepEqual(
    held.rows.map(({ hasLeft }) => hasLeft),
    [false, true, false, false],
  );
});

test('when the answer is all there is, whoever is not in it has left, and stays gone', () => {
  const rows = follow([], sessions('b', 'a'));
  const held = hold(rows, { items: sessions('b'), isAll: true, wanted: 40 });
  assert.deepEqual(
    held.rows.map(({ hasLeft }) => hasLeft),
    [false, true],
  );
  const later = hold(held.rows, { items: sessions('c', 'b'), isAll: false, wanted: 40 });
  assert.deepEqual(
    later.rows.map(({ hasLeft }) => hasLeft),
    [false, true],
  );
});

test('more rows come below those that are held, while new ones wait above', () => {
  const rows = follow([], sessions('d', 'c'));
  const held = hold(rows, { items: sessions('e', 'd', 'c', 'b', 'a'), isAll: true, wanted: 4 });
  assert.equal(ids(held.rows), 'dcba');
  assert.equal(held.waiting, 1);
});
