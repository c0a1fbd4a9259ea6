import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offersOf, type ValueOffer, type Wanted } from './offers.ts';

const known: readonly ValueOffer[] = [
  { facet: 'country', value: 'DE', text: 'Germany', sessions: 40 },
  { facet: 'player', value: 'GermanRadio', text: 'GermanRadio', sessions: 12 },
  { facet: 'country', value: 'FR', text: 'France', sessions: 8 },
  { facet: 'country', value: '~', text: 'Unknown', sessions: 2 },
];
const facets = [
  { facet: 'country', text: 'Country' },
  { facet: 'player', text: 'Player' },
  { facet: 'ip', text: 'Address' },
] as const;

function offered(wanted: Partial<Wanted>): string[] {
  const asked = { text: '', facet: null, facets, known, isChosen: () => false, ...wanted };
  return offersOf(asked).map((offer) => (offer.isFacet ? `${offer.facet} …` : `${offer.facet} ${offer.value}`));
}

test('without a word it offers what can be filtered by', () => {
  assert.deepEqual(offered({}), ['country …', 'player …', 'ip …']);
});

test('a word finds values of every facet, and facets by their names', () => {
  assert.deepEqual(offered({ text: ' german' }), ['country DE', 'player GermanRadio']);
  assert.deepEqual(offered({ text: 'count' }), ['country …']);
});

test('within a facet it offers its values, the unknown among them', () => {
  assert.deepEqual(offered({ facet: 'country' }), ['country DE', 'country FR', 'country ~']);
});

test('what nobody has counted can be asked for as it was typed', () => {
  assert.deepEqual(offered({ facet: 'player', text: 'Old Radio' }), ['player Old Radio']);
  assert.deepEqual(offered({ facet: 'country', text: 'germany' }), ['country DE']);
});

test('an address is offered as one where it can be filtered by', () => {
  assert.deepEqual(offered({ text: '192.0.2.7' }), ['ip 192.0.2.7']);
  assert.deepEqual(offered({ text: '192.0.2.7', facets: facets.slice(0, 2) }), []);
});

test('what is chosen is not offered again', () => {
  const isChosen = (facet: string, value: string) => facet === 'country' && value === 'DE';
  assert.deepEqual(offered({ facet: 'country', isChosen }), ['country FR', 'country ~']);
});

test('no more are offered than can be read through', () => {
  const many = Array.from({ length: 50 }, (_, i): ValueOffer => {
    return { facet: 'player', value: `p${i}`, text: `p${i}`, sessions: i };
  });
  assert.equal(offered({ facet: 'player', known: many }).length, 10);
});
