import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Allowance } from './allowance.ts';

test('so many at once, then no more until the first is a minute and a second old', () => {
  const allowance = new Allowance(3);
  for (const at of [0, 10, 20]) {
    assert.equal(allowance.waitAt(at), 0);
    allowance.begin(at);
  }
  assert.equal(allowance.waitAt(30), 60_970);
  assert.equal(allowance.waitAt(60_999), 1);
  assert.equal(allowance.waitAt(61_000), 0);
  allowance.begin(61_000);
  assert.equal(allowance.waitAt(61_001), 9);
});

test('in no minute are there more than allowed, however eager one is', () => {
  const allowance = new Allowance(45);
  const begun: number[] = [];
  for (let now = 0; now < 600_000; now += Math.max(7, allowance.waitAt(now))) {
    if (allowance.waitAt(now) > 0) continue;
    allowance.begin(now);
    begun.push(now);
  }
  assert.ok(begun.length > 400);
  for (const at of begun) assert.ok(begun.filter((each) => each >= at && each < at + 60_000).length <= 45);
});

test('a pause holds whatever is still allowed, and the longest one counts', () => {
  const allowance = new Allowance(10);
  allowance.pauseUntil(5000);
  allowance.pauseUntil(2000);
  assert.equal(allowance.waitAt(1000), 4000);
  assert.equal(allowance.waitAt(5000), 0);
});
