/**
 * The `-num.csv` files of @ip-location-db/asn, read as bytes: `start,end,asn,organization`, one line a range, addresses
 * as decimal numbers of 32 or 128 bits, both ends inclusive, sorted; the organization in quotes (doubled inside) where it
 * has a comma or a quote. Half a million lines, so nothing is allocated per line, and nothing native is called. What is
 * done with them is table.ts.
 */

const NEWLINE = 10;
const RETURN = 13;
const COMMA = 44;
const ZERO = 48;

/** Called for each line. The organization begins at `name` in the bytes. */
export type TakeRange = (asn: number, name: number) => void;

/**
 * Reads whole lines; the last one may lack its end. `start` and `end` are where an address of `start.length` words of 32
 * bits, the highest first, is put before `take` is called. Answers how many lines are no range.
 */
export function readRanges(bytes: Buffer, start: Uint32Array, end: Uint32Array, take: TakeRange): number {
  let unreadable = 0;
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = endOfLine(bytes, at);
    const isEmpty = at === lineEnd || (at + 1 === lineEnd && bytes[at] === RETURN);
    if (!isEmpty) {
      const first = decimal(bytes, at, lineEnd, start);
      const second = first === -1 ? -1 : decimal(bytes, first, lineEnd, end);
      const third = second === -1 ? -1 : decimal(bytes, second, lineEnd, ASN);
      if (third === -1) unreadable++;
      else take(ASN[0]!, third);
    }
    at = lineEnd + 1;
  }
  return unreadable;
}

/** Where the line ends that `at` is in: at its newline, or where the bytes end. */
export function endOfLine(bytes: Buffer, at: number): number {
  let end = at;
  while (end < bytes.length && bytes[end] !== NEWLINE) end++;
  return end;
}

const ASN = new Uint32Array(1);

/** Multiplying a word by this and adding as much stays within the 53 bits of a number. */
const DIGITS_AT_ONCE = 6;
/** No number of 32 bits has more. */
const DIGITS_OF_WORD = 10;

/**
 * Reads a decimal number and the comma behind it into words, the highest first. Answers where what follows begins; -1 if it
 * is none or does not fit.
 */
function decimal(bytes: Buffer, from: number, lineEnd: number, words: Uint32Array): number {
  return words.length === 1 ? word(bytes, from, lineEnd, words) : wide(bytes, from, lineEnd, words);
}

function word(bytes: Buffer, from: number, lineEnd: number, words: Uint32Array): number {
  let value = 0;
  let at = from;
  for (; at < lineEnd && bytes[at] !== COMMA; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  if (at === from || at === lineEnd || at - from > DIGITS_OF_WORD || value >= 2 ** 32) return -1;
  words[0] = value;
  return at + 1;
}

function wide(bytes: Buffer, from: number, lineEnd: number, words: Uint32Array): number {
  words.fill(0);
  let at = from;
  while (at < lineEnd && bytes[at] !== COMMA) {
    let value = 0;
    let factor = 1;
    for (const stop = Math.min(at + DIGITS_AT_ONCE, lineEnd); at < stop && bytes[at] !== COMMA; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return -1;
      value = value * 10 + digit;
      factor *= 10;
    }
    for (let i = words.length - 1; i >= 0; i--) {
      const product = words[i]! * factor + value;
      words[i] = product;
      value = Math.floor(product / 2 ** 32);
    }
    if (value !== 0) return -1;
  }
  return at === from || at === lineEnd ? -1 : at + 1;
}

/** The organization that begins at `from`; null if it is empty. */
export function nameAt(bytes: Buffer, from: number): string | null {
  const text = bytes.toString('utf8', from, endOfLine(bytes, from)).trim();
  const isQuoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"');
  const name = isQuoted ? text.slice(1, -1).replaceAll('""', '"').trim() : text;
  return name === '' ? null : name;
}
