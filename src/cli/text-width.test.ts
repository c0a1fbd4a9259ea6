import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { fit, oneLine, widthOf } from './text-width.ts';

const WIDTHS: readonly [text: string, columns: number][] = [
  ['', 0],
  ['Radio', 5],
  ['Zürich', 6],
  ['Zu\u0308rich', 6],
  ['東京', 4],
  ['ソウル', 6],
  ['서울', 4],
  ['\u1109\u1165\u110b\u116e\u11af', 4],
  ['ｱｲ', 2],
  ['👍', 2],
  ['👍🏽', 2],
  ['👨‍👩‍👧‍👦', 2],
  ['🇩🇪🇯🇵', 4],
  ['❤\ufe0f', 2],
  ['❤', 1],
  ['1\ufe0f\u20e3', 2],
  ['⚡', 2],
  ['🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}', 2],
  ['कि', 1],
  ['שלום', 4],
];

test('columns of letters, marks, East Asian characters and pictures', () => {
  for (const [text, columns] of WIDTHS) assert.equal(widthOf(text), columns, JSON.stringify(text));
});

test('what is fitted takes the columns that it was given, and nothing is cut in two', () => {
  assert.equal(fit('東京タワー', 6), '東京… ');
  assert.equal(fit('ab👨‍👩‍👧‍👦cd', 4), 'ab… ');
  assert.equal(fit('Zu\u0308rich', 3), 'Zu\u0308…');
  assert.equal(fit('ok', 4), 'ok  ');
  assert.equal(fit('ok', 0), '');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, columns) => {
      assert.equal(widthOf(fit(oneLine(text), columns)), columns);
    }),
  );
});

test('a text of a stranger is one line without a character that a terminal would obey', () => {
  assert.equal(oneLine('a\u001b[2J\u0007b'), 'a�[2J�b');
  assert.equal(oneLine('a\r\nb\tc\u2028d'), 'a b c d');
  assert.equal(oneLine('\u009b31mred'), '�31mred');
  assert.equal(oneLine('exe\u202egnp'), 'exe�gnp');
  assert.equal(oneLine('so\u00adft\u200f\u2060'), 'soft');
  assert.equal(oneLine('\ud800x'), '�x');
  assert.ok(oneLine(`e${'\u0301'.repeat(500)}`).length <= 32);
  assert.equal(oneLine('👨‍👩‍👧‍👦 東京'), '👨‍👩‍👧‍👦 東京');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(oneLine(text), /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
