import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Chains, chainsMark } from './chains.ts';

const always = () => true;
const never = () => false;

test('a row joins the chain of the same visit whose end is nearest', () => {
  const chains = new Chains();
  const first = chains.join('ann', 0, 100, never).id;
  const second = chains.join('ann', 0, 150, never).id;
  assert.notEqual(first, second);
  assert.deepEqual({ ...chains.join('ann', 151, 300, always) }.id, second);
  assert.equal(chains.join('ann', 101, 200, always).id, first);
  assert.notEqual(chains.join('bob', 101, 200, always).id, first);
});

test('rows that are equal begin chains of their own', () => {
  const chains = new Chains();
  assert.notEqual(chains.join('ann', 0, 100, never).id, chains.join('ann', 0, 100, never).id);
});

test('it goes on from its mark, in which nobody’s name stands', () => {
  const before = new Chains();
  const { id } = before.join('192.0.2.1', 0, 100, never);
  const text = JSON.stringify(before.mark);
  assert.ok(!text.includes('192.0.2.1'));
  const after = new Chains(chainsMark.parse(JSON.parse(text)));
  const { start, end } = after.join('192.0.2.1', 100, 200, (chain) => chain.id === id);
  assert.deepEqual([start, end], [0, 200]);
});

test('what ended before is forgotten, and beyond 20,000 the oldest is', () => {
  const chains = new Chains();
  for (let i = 0; i < 20_001; i++) chains.join(`listener ${i}`, i, i + 1, never);
  assert.equal(chains.forgotten, 1);
  assert.equal(chains.mark.length, 20_000);
  chains.forget(20_001);
  assert.equal(chains.mark.length, 1);
});
