import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { parseCidrs } from '../lib/cidr.ts';
import { clientOf, FailedSignIns, HELD_FOR } from './sign-ins.ts';

const HELD = { code: 'TOO_MANY_ATTEMPTS' };
const times = (count: number, act: (i: number) => void) => {
  for (let i = 0; i < count; i++) act(i);
};

test('a client is held after twenty failures, for a minute', () => {
  let now = 0;
  const failures = new FailedSignIns(() => now);
  const attempt = { client: '198.51.100.1', name: null };
  times(19, () => failures.failed(attempt));
  failures.check(attempt);
  failures.failed(attempt);
  assert.throws(() => failures.check(attempt), HELD);
  failures.check({ client: '198.51.100.2', name: null });
  now = HELD_FOR + 1;
  failures.check(attempt);
  failures.failed(attempt);
  failures.check(attempt);
});

test('a name is held, wherever the guesses come from', () => {
  const failures = new FailedSignIns(() => 0);
  times(20, (i) => failures.failed({ client: `198.51.100.${i}`, name: 'olga' }));
  assert.throws(() => failures.check({ client: '192.0.2.1', name: 'olga' }), HELD);
  failures.check({ client: '192.0.2.1', name: 'anna' });
  failures.check({ client: '192.0.2.1', name: null });
});

test('a name of which nobody is called is held like any other', () => {
  const failures = new FailedSignIns(() => 0);
  const long = 'x'.repeat(10_000);
  times(20, (i) => failures.failed({ client: `198.51.100.${i}`, name: long }));
  assert.throws(() => failures.check({ client: '192.0.2.1', name: long }), HELD);
});

test('guesses of others do not keep out who has signed in from there before', () => {
  const failures = new FailedSignIns(() => 0);
  const home = { client: '192.0.2.1', name: 'olga' };
  failures.succeeded(home);
  times(20, (i) => failures.failed({ client: `198.51.100.${i}`, name: 'olga' }));
  failures.check(home);
  assert.throws(() => failures.check({ ...home, client: '192.0.2.2' }), HELD);
  assert.throws(() => failures.check({ client: '198.51.100.1', name: 'olga' }), HELD);
  failures.succeeded(home);
  assert.throws(() => failures.check({ ...home, client: '192.0.2.2' }), HELD, 'it clears no guesses at the name');
  times(20, () => failures.failed(home));
  assert.throws(() => failures.check(home), HELD);
});

test('only so many are remembered', () => {
  const failures = new FailedSignIns(() => 0);
  times(20, () => failures.failed({ client: '198.51.100.1', name: 'olga' }));
  times(10_000, (i) => failures.failed({ client: `client ${i}`, name: `name ${i}` }));
  failures.check({ client: '198.51.100.1', name: 'olga' });
});

test('a client is the right-most hop that is no trusted proxy, and the peer if that is none', () => {
  const isTrusted = parseCidrs(['127.0.0.0/8', '192.0.2.0/24', '::1']);
  const of = (peer: string, forwarded?: string) =>
    clientOf(peer, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, isTrusted);
  assert.equal(of('198.51.100.7'), '198.51.100.7');
  assert.equal(of('198.51.100.7', '203.0.113.1'), '198.51.100.7', 'anybody can write a header');
  assert.equal(of('127.0.0.1', '203.0.113.9, 198.51.100.7'), '198.51.100.7');
  assert.equal(of('::ffff:127.0.0.1', '203.0.113.9, 198.51.100.7 ,192.0.2.1'), '198.51.100.7');
  assert.equal(of('::1', '192.0.2.3,192.0.2.2'), '192.0.2.3');
  assert.equal(of('127.0.0.1', 'unknown'), '127.0.0.1');
  assert.equal(of('127.0.0.1', '198.51.100.7, x, 192.0.2.1'), '192.0.2.1');
  assert.equal(of('127.0.0.1'), '127.0.0.1');
  assert.equal(of('2001:db8:1:2:3::4'), '2001:db8:1:2::/64', 'hosts change the rest at will');
});
