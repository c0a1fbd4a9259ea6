import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { RuleIndex } from './rule-index.ts';

const index = new RuleIndex(['Firefox/(\\d+)', 'Foo|Bar', '\\d+', 'Chrome.+OPR', 'Fo', 'foo.+bar', 'Mozilla']);

test('rules are tried where a text that they need occurs, and those that need none always', () => {
  assert.deepEqual(index.candidates(''), [2, 4]);
  assert.deepEqual(index.candidates('FIREFOX/120'), [0, 2, 4]);
  assert.deepEqual(index.candidates('Chrome'), [2, 4]);
  assert.deepEqual(index.candidates('Chrome OPR'), [2, 3, 4]);
  assert.deepEqual(index.candidates('Mozilla/5.0'), [2, 4, 6]);
  assert.equal(index.always, 2);
});

test('a rule is named once, in its order, however often its texts occur', () => {
  assert.deepEqual(index.candidates('bar foo bar foo'), [1, 2, 4, 5]);
});

test('what is asked before changes nothing', () => {
  index.candidates('bar foo');
  assert.deepEqual(index.candidates('firefox'), [2, 4]);
});

test('no rules, nothing to try', () => {
  assert.deepEqual(new RuleIndex([]).candidates('Firefox'), []);
});
