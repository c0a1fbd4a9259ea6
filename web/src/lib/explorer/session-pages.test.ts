import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionWire } from '../../../../src/http/contract.ts';
import { areSame, heldPage, missingFrom, PAGE, type Pages, pagesOf, rowAt, withPage } from './session-pages.ts';

function session(id: string, bytes = 0, endedAt: string | null = null): SessionWire {
  return { id, bytes, endedAt } as SessionWire;
}

test('rows are found on the pages that hold them', () => {
  assert.deepEqual(pagesOf(0, PAGE - 1), [0]);
  assert.deepEqual(pagesOf(PAGE - 1, PAGE), [0, 1]);
  assert.deepEqual(pagesOf(-5, 3), [0]);
  const pages = withPage(new Map(), 7, [session('a'), session('b')]);
  assert.equal(rowAt(pages, 7 * PAGE + 1)?.id, 'b');
  assert.equal(rowAt(pages, 7 * PAGE + 2), null);
  assert.equal(rowAt(pages, 1), null);
});

test('no more pages are kept than are needed, and those that are near stay', () => {
  let pages: Pages = new Map();
  for (let i = 0; i < 100; i++) pages = withPage(pages, i, [session(`s${i}`)]);
  assert.equal(pages.size, 40);
  assert.ok(pages.has(99) && pages.has(60) && !pages.has(59));
});

test('held rows stay in their places and take the newest values', () => {
  const rows = [session('a', 1), session('b', 1), session('c', 1)];
  const newest = [session('n', 9), session('a', 2), session('c', 3)];
  assert.deepEqual(
    heldPage(rows, newest).map(({ id, bytes }) => [id, bytes]),
    [
      ['a', 2],
      ['b', 1],
      ['c', 3],
    ],
  );
  assert.ok(!areSame(rows, newest));
  assert.ok(areSame(rows, [session('a', 5), session('b', 5), session('c', 5)]));
});

test('of open rows that an answer leaves out it is asked what became of them, of ended ones not', () => {
  const rows = [session('a'), session('b'), session('c', 0, '2026-01-01T00:00:00.000Z')];
  assert.deepEqual(
    missingFrom(rows, [session('a')]).map(({ id }) => id),
    ['b'],
  );
});
