import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { ALL_ACCESS, accessTo, fits, parseStreamPattern } from './access.ts';

test('a pattern is a stream of any source, or of one', () => {
  assert.deepEqual(parseStreamPattern('jazz'), { source: '*', stream: 'jazz' });
  assert.deepEqual(parseStreamPattern('/jazz'), { source: '*', stream: '/jazz' });
  assert.deepEqual(parseStreamPattern('/live/jazz'), { source: '*', stream: '/live/jazz' });
  assert.deepEqual(parseStreamPattern('radio/jazz'), { source: 'radio', stream: 'jazz' });
  assert.deepEqual(parseStreamPattern('radio//jazz'), { source: 'radio', stream: '/jazz' });
  assert.deepEqual(parseStreamPattern('*/live/jazz'), { source: '*', stream: 'live/jazz' });
  assert.deepEqual(parseStreamPattern('radio/*'), { source: 'radio', stream: '*' });
  assert.deepEqual(parseStreamPattern('\ud83d/*\ude00'), { source: '\ufffd', stream: '*\ufffd' });
});

test('a stream is seen if one of the patterns fits both of its names as a whole', () => {
  const { sees } = accessTo(['radio//jazz', '/news*', 'cdn/*-hd'].map(parseStreamPattern), true);
  for (const [source, stream] of [
    ['radio', '/jazz'],
    ['radio', '/news'],
    ['cdn', '/news/hd'],
    ['cdn', 'film-hd'],
  ] as const) {
    assert.ok(sees(source, stream), `${source} ${stream}`);
  }
  for (const [source, stream] of [
    ['radio', 'jazz'],
    ['radio2', '/jazz'],
    ['radio', '/jazz2'],
    ['cdn', '/jazz'],
    ['radio', 'film-hd'],
    ['cdn', 'x/news'],
    ['cdn', '/New'],
  ] as const) {
    assert.ok(!sees(source, stream), `${source} ${stream}`);
  }
});

test('no pattern is no stream; null is every stream', () => {
  assert.ok(!accessTo([], true).sees('radio', '/jazz'));
  const all = accessTo(null, false);
  assert.ok(all.seesAll && !all.seesAddresses && all.sees('radio', '/jazz'));
  assert.ok(ALL_ACCESS.seesAll && ALL_ACCESS.seesAddresses);
});

test('the star is any text, and everything else only itself', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '/', '\n') });
  fc.assert(
    fc.property(text, text, (pattern, given) => {
      const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
      assert.equal(fits(pattern, given), new RegExp(`^${parts.join('[^]*')}$`).test(given));
    }),
  );
});
