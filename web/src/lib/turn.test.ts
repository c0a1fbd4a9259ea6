import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SessionWire } from '../../../src/http/contract.ts';
import { allocationsOf, NO_RATE, sumOf, usersOf } from './turn.ts';

const NOON = Date.UTC(2026, 4, 1, 12);

function session(id: string, up: number, down: number, more: { user?: string | null; startedAt?: number } = {}) {
  const { user = 'alice', startedAt = NOON - 60_000 } = more;
  return {
    id,
    startedAt: new Date(startedAt).toISOString(),
    bytes: up + down,
    client: { user },
    traffic: { up: { packets: 1, bytes: up }, down: { packets: 1, bytes: down } },
  } as unknown as SessionWire;
}

test('a rate is what came since the answer before, of each by itself', () => {
  const before = { at: NOON, sessions: [session('a', 1000, 0), session('b', 5000, 5000)] };
  const now = { at: NOON + 2000, sessions: [session('a', 3000, 400), session('b', 5000, 5000)] };
  const allocations = allocationsOf(now, before);
  assert.deepEqual(
    allocations.map((each) => [each.session.id, each.rate]),
    [
      ['a', { up: 1000, down: 200 }],
      ['b', NO_RATE],
    ],
  );
  assert.deepEqual(sumOf(allocations.map(({ rate }) => rate)), { up: 1000, down: 200 });
});

test('the first answer has no rates; whoever came since then has, and whoever was only not shown has none', () => {
  const first = { at: NOON, sessions: [session('a', 1000, 0)] };
  assert.deepEqual(allocationsOf(first, null)[0]!.rate, NO_RATE);
  const now = {
    at: NOON + 1000,
    sessions: [session('new', 500, 0, { startedAt: NOON + 100 }), session('old', 9000, 0)],
  };
  const rates = new Map(allocationsOf(now, first).map((each) => [each.session.id, each.rate.up]));
  assert.deepEqual([rates.get('new'), rates.get('old')], [500, 0]);
});

test('a counter that goes down, or a clock that stands, makes no rate', () => {
  const before = { at: NOON, sessions: [session('a', 1000, 0)] };
  assert.deepEqual(allocationsOf({ at: NOON + 1000, sessions: [session('a', 10, 0)] }, before)[0]!.rate, NO_RATE);
  assert.deepEqual(allocationsOf({ at: NOON, sessions: [session('a', 2000, 0)] }, before)[0]!.rate, NO_RATE);
});

test('users have all of their allocations, and so have those without a name', () => {
  const sessions = [
    session('a', 100, 0),
    session('b', 50, 0),
    session('c', 500, 0, { user: null }),
    session('d', 20, 0, { user: 'bob' }),
  ];
  const users = usersOf(allocationsOf({ at: NOON, sessions }, null));
  assert.deepEqual(
    users.map(({ name, allocations, bytes }) => [name, allocations, bytes]),
    [
      [null, 1, 500],
      ['alice', 2, 150],
      ['bob', 1, 20],
    ],
  );
});
