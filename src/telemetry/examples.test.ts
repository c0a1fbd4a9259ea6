import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Counters, ScopedCounters } from './counters.ts';
import { Examples } from './examples.ts';

function clockAt(start: number) {
  let elapsed = 0;
  return {
    clock: { now: () => start + elapsed, elapsed: () => elapsed },
    pass: (ms: number) => {
      elapsed += ms;
    },
  };
}

test('an example a second for each counter, the newest, anonymised', () => {
  const { clock, pass } = clockAt(5000);
  const examples = new Examples(clock);
  let asked = 0;
  const offer = (counter: string, text: string) =>
    examples.offer(
      counter,
      () => {
        asked++;
        return text;
      },
      'combined',
    );
  offer('rejectedTime', 'first 198.51.100.7');
  for (let i = 0; i < 100; i++) offer('rejectedTime', `more ${i}`);
  offer('rejectedAddress', 'other');
  assert.equal(asked, 2);
  assert.deepEqual(examples.of('rejectedTime'), { text: 'first 192.0.2.1', expected: 'combined', at: 5000 });
  pass(1000);
  offer('rejectedTime', 'later');
  assert.deepEqual(examples.of('rejectedTime'), { text: 'later', expected: 'combined', at: 6000 });
  assert.equal(examples.of('nothing'), null);
});

test('counters without end have examples with an end', () => {
  const examples = new Examples(clockAt(0).clock);
  for (let i = 0; i < 1000; i++) examples.offer(`counter${i}`, () => 'text', null);
  assert.equal([...Array(1000).keys()].filter((i) => examples.of(`counter${i}`) !== null).length, 50);
});

test('a scope has its own, whoever asks for it, until it is forgotten', () => {
  const counters = new Counters();
  counters.scope('one').example('rejected', () => 'text');
  assert.equal(counters.scope('one').exampleOf('rejected')?.text, 'text');
  assert.equal(counters.scope('two').exampleOf('rejected'), null);
  counters.forget('one');
  assert.equal(counters.scope('one').exampleOf('rejected'), null);
  assert.equal(new ScopedCounters().exampleOf('rejected'), null);
});
