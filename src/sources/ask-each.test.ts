import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { HeadcountError } from '../lib/errors.ts';
import { askEach } from './ask-each.ts';

const never = new AbortController().signal;
const broken = new HeadcountError('PEER_ANSWERED_BADLY', 'It is broken.');
const refused = new HeadcountError('PEER_REFUSED_LOGIN', 'It refused.');
const failing = (failures: Readonly<Record<number, Error>>) => async (item: number) => {
  const failure = failures[item];
  if (failure !== undefined) throw failure;
  return item * 10;
};

test('every item is asked for, and at most so many at once', async () => {
  let inside = 0;
  let most = 0;
  const items = Array.from({ length: 20 }, (_, i) => i);
  const { answered, failed } = await askEach(items, 3, never, async (item) => {
    most = Math.max(most, ++inside);
    await new Promise(setImmediate);
    inside--;
    return item;
  });
  assert.deepEqual([[...answered.values()].sort((a, b) => a - b), failed.size, most], [items, 0, 3]);
});

test('one that fails is named, and harms no other', async () => {
  const { answered, failed } = await askEach([1, 2, 3], 1, never, failing({ 2: broken }));
  assert.deepEqual([[...answered.values()], [...failed]], [[10, 30], [[2, broken]]]);
});

test('if all fail, or a login is refused, so does the whole', async () => {
  await assert.rejects(askEach([1, 2], 2, never, failing({ 1: broken, 2: broken })), broken);
  await assert.rejects(askEach([1, 2, 3], 2, never, failing({ 1: broken, 2: refused })), refused);
  assert.deepEqual((await askEach([], 2, never, failing({}))).answered.size, 0);
});

test('it stops asking when it is told to', async () => {
  const stopping = new AbortController();
  const asked: number[] = [];
  const whole = askEach([1, 2, 3], 1, stopping.signal, async (item) => {
    asked.push(item);
    stopping.abort();
  });
  await assert.rejects(whole, (error) => error === stopping.signal.reason);
  assert.deepEqual(asked, [1]);
});
