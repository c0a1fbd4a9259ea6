/**
 * Bytes that mean something in a log, and the searches that all formats need.
 *
 * What is searched for mostly stands near: that is looked for byte by byte. What is not there is left to searches that are
 * compiled from the start: a field of a megabyte may be the first one that is ever read, and our own loops are slow until
 * the engine has found out that they are worth compiling. No search looks behind its end, into the lines that follow.
 */

import type { Buffer } from 'node:buffer';

export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const DASH = 0x2d;
export const ZERO = 0x30;
export const COLON = 0x3a;
export const QUESTION = 0x3f;
export const OPEN = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE = 0x5d;

/** So many bytes are near; no field of a usual line is longer. */
export const NEAR = 1024;

/** Not behind an odd number of backslashes. */
const QUOTE_FAR_AWAY = /"(?<!(?:^|[^\\])(?:\\\\)*\\")/;

/**
 * The next quote that is not escaped, or -1 if there is none before `end`. Four bytes at a time; up to three bytes behind
 * `end` must be readable.
 */
export function closingQuote(bytes: Buffer, view: DataView, from: number, end: number): number {
  const near = end - from > NEAR ? from + NEAR : end;
  let p = from;
  while (p < near) {
    // A byte of a word is zero if subtracting one from it borrows from its own high bit.
    const word = view.getInt32(p, true);
    const quote = word ^ 0x22222222;
    const slash = word ^ 0x5c5c5c5c;
    if (((((quote - 0x01010101) & ~quote) | ((slash - 0x01010101) & ~slash)) & 0x80808080) === 0) {
      p += 4;
      continue;
    }
    // What was seen may stand behind the line, even behind the block; where one stands, more may follow.
    for (const stop = Math.min(p + 16, end); p < stop; p++) {
      if (bytes[p] === QUOTE) return p;
      if (bytes[p] === BACKSLASH) p++;
    }
  }
  return near === end ? -1 : farQuote(bytes, p, end);
}

function farQuote(bytes: Buffer, from: number, end: number): number {
  const quote = farByte(bytes, QUOTE, from, end);
  const isEscaped = quote > from && bytes[quote - 1] === BACKSLASH;
  return isEscaped ? farStop(bytes, from, end, QUOTE_FAR_AWAY) : quote;
}

/** Where the first match begins, or -1. */
export function farStop(bytes: Buffer, from: number, end: number, pattern: RegExp): number {
  const place = bytes.toString('latin1', from, end).search(pattern);
  return place === -1 ? -1 : from + place;
}

/** The next place of a byte, or -1 if there is none before `end`. */
export function placeOf(bytes: Buffer, byte: number, from: number, end: number): number {
  const near = end - from > NEAR ? from + NEAR : end;
  for (let p = from; p < near; p++) if (bytes[p] === byte) return p;
  return near === end ? -1 : farByte(bytes, byte, near, end);
}

function farByte(bytes: Buffer, byte: number, from: number, end: number): number {
  const place = bytes.subarray(from, end).indexOf(byte);
  return place === -1 ? -1 : from + place;
}

/** The number that the digits from `start` to `end` are; -1 if it is none, or has more than 15 digits. */
export function wholeNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 15) return -1;
  let value = 0;
  for (let p = start; p < end; p++) {
    const digit = bytes[p]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
