import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { requiredLiterals } from './literals.ts';

const byLength = (text: string) => 1 / text.length;

const KNOWN: readonly (readonly [source: string, literals: readonly string[] | null])[] = [
  ['VLC', ['vlc']],
  ['(?:Lib)?VLC/([\\d.]+)', ['vlc/']],
  ['Audacious(?:[ /]([\\d.]+))?', ['audacious']],
  ['ab|cde', ['ab', 'cde']],
  ['(?:Foo|Barbar)x', ['foo', 'barbar']],
  ['ab|c*', null],
  ['ab*c', ['a']],
  ['ab+c', ['ab']],
  ['ab{2,3}c', ['ab']],
  ['ab{0,3}cd', ['cd']],
  ['a.bcd', ['bcd']],
  ['[Bb]lackberry', ['blackberry']],
  ['[^a\\]b]bc', ['bc']],
  ['Chr[o0]me', ['chr']],
  ['a\\.b\\d', ['a.b']],
  ['(?!foo)barx', ['barx']],
  ['(?<!foo)(?=foobar)bar', ['bar']],
  ['(?<name>foo)a', ['foo']],
  ['^\\bfoo$', ['foo']],
  ['\\d+', null],
  ['', null],
  ['(?:.*)', null],
  ['ü', null],
];

for (const [source, literals] of KNOWN) {
  test(`/${source}/ cannot do without ${literals?.join(' or ') ?? 'nothing in particular'}`, () => {
    assert.deepEqual(requiredLiterals(source, byLength), literals);
  });
}

test('the cheaper of two sets is taken', () => {
  const price = (text: string) => (text === 'chrome' ? 10 : 1);
  assert.deepEqual(requiredLiterals('Chrome.+(?:Foo|Bar)', price), ['foo', 'bar']);
  assert.deepEqual(requiredLiterals('Chrome.+(?:Foo|Bar)', byLength), ['chrome']);
});

const atom = fc.constantFrom('a', 'b', 'C', ' ', '/', '\\.', '\\d', '.', '[ab]', '[Cc]');
const place = fc.constantFrom('^', '$', '\\b', '(?!a)', '(?=b)');
const times = fc.constantFrom('', '', '', '?', '*', '+', '{0,2}', '{2}', '*?');
const sequenceOf = (part: fc.Arbitrary<string>) => fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''));
const choiceOf = (sequence: fc.Arbitrary<string>) =>
  fc.array(sequence, { minLength: 1, maxLength: 3 }).map((each) => each.join('|'));
const plain = fc.oneof(
  place,
  fc.tuple(atom, times).map((each) => each.join('')),
);
const group = fc
  .tuple(fc.constantFrom('(', '(?:'), choiceOf(sequenceOf(plain)), fc.constantFrom('', '', '?', '{2}'))
  .map(([opening, choice, often]) => `${opening}${choice})${often}`);
const expression = choiceOf(sequenceOf(fc.oneof(plain, group)));

test('whatever matches contains one of them', () => {
  fc.assert(
    fc.property(expression, fc.array(fc.constantFrom(...'aAbBcC /.1x'), { maxLength: 10 }), (source, characters) => {
      const text = characters.join('');
      const literals = requiredLiterals(source, byLength);
      if (literals === null || !new RegExp(source, 'i').test(text)) return;
      assert.ok(
        literals.some((literal) => text.toLowerCase().includes(literal)),
        `/${source}/ on "${text}", ${literals}`,
      );
    }),
    { numRuns: 3000 },
  );
});
