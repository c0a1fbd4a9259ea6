import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { backoff } from './backoff.ts';
import { formatAmount, formatBytes, formatDuration, formatShare, formatSpan } from './format.ts';

const digits = (text: string) => text.replaceAll(/[^\d]/g, '');

test('durations tick like a clock and never run backwards', () => {
  assert.deepEqual([-5000, 0, 42_900, 725_000, 3_723_000, 176_410_000].map(formatDuration), [
    '0:00',
    '0:00',
    '0:42',
    '12:05',
    '1:02:03',
    '49:00:10',
  ]);
});

test('sizes have two or three digits that mean something, and no step says 1000', () => {
  assert.deepEqual([0, 999, 1000, 9949, 9960, 999_499, 999_500, 1_230_000_000].map(formatBytes).map(digits), [
    '0',
    '999',
    '10',
    '99',
    '10',
    '999',
    '10',
    '12',
  ]);
});

test('a share that is not nothing is never shown as nothing', () => {
  assert.equal(digits(formatShare(0, 10)), '0');
  assert.match(formatShare(1, 1000), /<.*1/);
  assert.equal(digits(formatShare(1, 4)), '25');
  assert.equal(digits(formatShare(3, 0)), '0');
});

test('spans are said in their greatest unit', () => {
  assert.deepEqual([40_000, 150_000, 7_200_000].map(formatSpan).map(digits), ['40', '3', '2']);
});

test('attempts come ever less often, down to one in half a minute', () => {
  assert.deepEqual(
    [1, 2, 3, 6, 60].map((failures) => backoff(failures, 1)),
    [1000, 2000, 4000, 30_000, 30_000],
  );
  assert.equal(backoff(2, 0), 1500);
});

test('amounts are said with two digits, or in whole numbers', () => {
  assert.deepEqual([0, 0.2567, 9.49, 10.2, 71.3].map(formatAmount).map(digits), ['0', '026', '95', '10', '71']);
});
