/**
 * How many columns of a terminal a text takes: most characters one, East Asian ones and pictures two, marks none. What a
 * person sees as one character (a flag, a family, a letter with its marks) is never cut in two (Unicode UAX #29).
 */

import { printable } from '../lib/printable.ts';

/** Without control characters: see `printable`. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of characters.segment(text)) width += widthOfCharacter(segment);
  return width;
}

/** Cut to so many columns, with an ellipsis if something is missing, and filled up with spaces. */
export function fit(text: string, columns: number): string {
  if (columns <= 0) return '';
  const width = widthOf(text);
  if (width <= columns) return text + ' '.repeat(columns - width);
  let kept = '';
  let taken = 0;
  for (const { segment } of characters.segment(text)) {
    const next = widthOfCharacter(segment);
    if (taken + next > columns - 1) break;
    kept += segment;
    taken += next;
  }
  return `${kept}…${' '.repeat(columns - 1 - taken)}`;
}

/** Longer texts of strangers are not looked at further. */
const LONGEST = 1000;
/** As much as the longest pictures need; a tower of marks on one letter needs more. */
const LONGEST_CHARACTER = 32;

/**
 * Text of a stranger on one line of a terminal: no control character, nothing that turns the direction of a line, nothing
 * that is not seen, and no more marks on a letter than a line has room for.
 */
export function oneLine(text: string): string {
  const plain = printable(text.slice(0, LONGEST).replaceAll(/\s+/g, ' '));
  if (ASCII.test(plain)) return plain;
  const seen = plain.toWellFormed().replaceAll(UNSEEN, '');
  return Array.from(characters.segment(seen), ({ segment }) => shortened(segment)).join('');
}

function shortened(character: string): string {
  return character.length <= LONGEST_CHARACTER ? character : character.slice(0, LONGEST_CHARACTER).toWellFormed();
}

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

const ASCII = /^[ -~]*$/;
/** Format characters but those that hold pictures and letters together, and the tags of flags. */
const UNSEEN = /[\p{Cf}--[\u200c\u200d\u{e0020}-\u{e007f}]]/gv;
const PICTURE = /^\p{RGI_Emoji}$/v;
/** Marks, what is not seen, and the vowels and finals that Hangul joins to what stands before. */
const NONE = /^[\p{M}\p{Cf}\u1160-\u11ff]$/u;
/** The wide blocks of Unicode's EastAsianWidth.txt. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

function widthOfCharacter(character: string): number {
  // One code unit alone is a picture only if it is wide anyway.
  if (character.length > 1 && PICTURE.test(character)) return 2;
  let width = 0;
  for (const char of character) width += widthOfChar(char);
  return width;
}

function widthOfChar(char: string): number {
  if (char < '\u0300') return 1;
  if (NONE.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}
