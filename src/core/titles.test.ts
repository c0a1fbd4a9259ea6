import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TitleChange } from './observation.ts';
import { LONGEST_TITLE, MAX_TITLES, mergeTitles, titlesBetween } from './titles.ts';

/** `A1` began at 1. */
const list = (text: string): TitleChange[] =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ title: word[0]!, at: Number(word.slice(1)) }));

for (const [what, known, more, merged] of [
  ['what is later comes last', 'A1', 'B5', 'A1 B5'],
  ['what was missed finds its place', 'A1 C9', 'B5', 'A1 B5 C9'],
  ['of a title that plays on, who noticed it earlier is right', 'A1 B7', 'B5', 'A1 B5'],
  ['a title that comes again is there again', 'A1 B5', 'A9', 'A1 B5 A9'],
  ['of two at once, the order is always the same', 'B5', 'A5', 'A5 B5'],
] as const) {
  test(what, () => assert.deepEqual(mergeTitles(list(known), list(more)), list(merged)));
}

test('what is known already changes nothing: the list itself comes back', () => {
  const known = list('A1 B5 C9');
  for (const more of ['', 'A1', 'B5 C9', 'A1 B5 C9', 'C12']) assert.equal(mergeTitles(known, list(more)), known, more);
});

test('told again in any pieces it is the same list', () => {
  const titles = fc.array(fc.record({ at: fc.nat(20), title: fc.constantFrom('A', 'B', 'C') }), { maxLength: 12 });
  fc.assert(
    fc.property(titles, titles, (a, b) => {
      const once = mergeTitles([], [...a, ...b]);
      assert.equal(mergeTitles(once, once), once);
      for (let i = 1; i < once.length; i++) {
        assert.ok(once[i - 1]!.at <= once[i]!.at);
        assert.notEqual(once[i - 1]!.title, once[i]!.title);
      }
    }),
  );
});

test('the newest stay, and a title has an end', () => {
  const many = Array.from({ length: 80 }, (_, i) => ({ at: i, title: `Song ${i}` }));
  const merged = mergeTitles([], many);
  assert.deepEqual(merged, many.slice(-MAX_TITLES));
  assert.equal(mergeTitles(merged, many), merged);
  const long = `${'x'.repeat(LONGEST_TITLE - 1)}\u{1f3b5} and more`;
  const [kept] = mergeTitles([], [{ at: 1, title: long }]);
  assert.equal(kept!.title.length, LONGEST_TITLE);
  assert.ok(kept!.title.isWellFormed());
});

for (const [what, changes, heard] of [
  ['what plays when somebody comes is heard from then on', 'A1 B15', 'A10-15 B15-20'],
  ['what begins as somebody goes is not heard', 'A1 B20 C25', 'A10-20'],
  ['what ends as somebody comes is not heard', 'A1 B10', 'B10-20'],
  ['what is told again plays on', 'A1 A12 B15 B16', 'A10-15 B15-20'],
  ['the order in which it was told does not matter', 'B15 A1', 'A10-15 B15-20'],
  ['nothing may play for a while', 'A1 -12 B15', 'A10-12 B15-20'],
  ['before the first that is known nothing is', 'B15', 'B15-20'],
  ['of two at once the one told last plays', 'A1 B15 C15', 'A10-15 C15-20'],
  ['nothing was told', '', ''],
] as const) {
  test(`between 10 and 20: ${what}`, () => {
    const told = list(changes).map(({ at, title }) => ({ at, title: title === '-' ? null : title }));
    const spans = titlesBetween(told, 10, 20).map(({ from, to, title }) => `${title}${from}-${to}`);
    assert.equal(spans.join(' '), heard);
  });
}
