import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BEGIN, MOST_PIXELS, scaleOf, scrolled, spotOf } from './scroll-scale.ts';

const ROW = 36;
const VIEW = 700;
const million = scaleOf(1_000_000, ROW, VIEW);
const END = 1_000_000 * ROW - VIEW;

test('a list that a browser can hold is scrolled as it is', () => {
  const scale = scaleOf(1000, ROW, VIEW);
  assert.equal(scale.bar, 36_000);
  assert.deepEqual(scrolled(scale, BEGIN, 20_000), { top: 20_000, offset: 0 });
  assert.deepEqual(spotOf(scale, 500), { top: 500, offset: 0 });
});

test('the bar of a million rows is no higher than browsers allow, and its ends are the ends of the list', () => {
  assert.equal(million.bar, MOST_PIXELS);
  const last = scrolled(million, BEGIN, MOST_PIXELS - VIEW);
  assert.equal(last.top + last.offset, END);
  const first = scrolled(million, last, 0);
  assert.equal(first.top + first.offset, 0);
});

test('a leap goes to the same share of the list as of the bar', () => {
  const half = (MOST_PIXELS - VIEW) / 2;
  const { top, offset } = scrolled(million, BEGIN, half);
  assert.equal(top, half);
  assert.ok(Math.abs(top + offset - END / 2) <= 1);
});

test('turns of a wheel move the list by just as much, and in the end reach every row', () => {
  let spot = spotOf(million, 17_000_000);
  let place = 17_000_000;
  for (let i = 0; i < 20_000; i++) {
    spot = scrolled(million, spot, spot.top + 100);
    place += 100;
    assert.equal(spot.top + spot.offset, Math.min(place, END));
  }
  for (let i = 0; i < 400_000 && spot.top > 0; i++) spot = scrolled(million, spot, Math.max(spot.top - 1000, 0));
  assert.deepEqual(spot, BEGIN);
});

test('a short list has one spot', () => {
  assert.deepEqual(spotOf(scaleOf(3, ROW, VIEW), 90), BEGIN);
  assert.deepEqual(spotOf(scaleOf(0, ROW, VIEW), 0), BEGIN);
});
