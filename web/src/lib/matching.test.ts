import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matching, type Offer } from './matching.ts';

function offer(facet: Offer['facet'], text: string, sessions: number): Offer {
  return { facet, value: text, text, sessions };
}

const OFFERS = [
  offer('country', 'Germany', 40),
  offer('city', 'São Paulo', 12),
  offer('city', 'New Germantown', 9),
  offer('stream', 'hungerradio', 5),
];

test('what begins with the words comes first, then words within, then the rest', () => {
  assert.deepEqual(
    matching(OFFERS, 'ger').map(({ text }) => text),
    ['Germany', 'New Germantown', 'hungerradio'],
  );
});

test('accents and case do not matter', () => {
  assert.deepEqual(
    matching(OFFERS, 'SAO p').map(({ text }) => text),
    ['São Paulo'],
  );
});

test('an address is offered as one, and nothing else is', () => {
  assert.deepEqual(matching(OFFERS, '192.0.2.7'), [
    { facet: 'ip', value: '192.0.2.7', text: '192.0.2.7', sessions: null },
  ]);
  assert.deepEqual(matching(OFFERS, '2001:DB8::1')[0]?.value, '2001:db8::1');
  assert.deepEqual(matching(OFFERS, '7'), []);
});

test('nothing asked is nothing offered', () => {
  assert.deepEqual(matching(OFFERS, '  '), []);
});
