/** Fields of a log line as text: escapes undone, bytes decoded. Asked once per distinct value, never per line. */

import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { BACKSLASH, NEAR } from './formats/bytes.ts';

const LOWER_X = 0x78;

/** What Apache writes for control characters; every other escaped character stands for itself. */
const ESCAPED: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x76, 0x0b],
]);

/**
 * The text of a field. nginx writes `"`, `\` and everything outside printable ASCII as `\xHH`; Apache writes `\"`, `\\`,
 * `\n` and `\xhh`. What is no UTF-8 after that is read as Latin-1, so that nothing is lost.
 */
export function textOf(block: Uint8Array, start: number, end: number): string {
  return isPlain(block, start, end) ? asciiOf(block, start, end) : unescaped(block, start, end);
}

/** Nothing but ASCII, and nothing escaped: by far the most are so. */
function isPlain(block: Uint8Array, start: number, end: number): boolean {
  const near = Math.min(end, start + NEAR);
  for (let p = start; p < near; p++) if (block[p]! >= 0x80 || block[p] === BACKSLASH) return false;
  if (near === end) return true;
  const far = block.subarray(near, end);
  return isAscii(far) && !far.includes(BACKSLASH);
}

function asciiOf(block: Uint8Array, start: number, end: number): string {
  const bytes = block instanceof Buffer ? block : Buffer.from(block.buffer, block.byteOffset, block.length);
  return bytes.toString('latin1', start, end);
}

function unescaped(block: Uint8Array, start: number, end: number): string {
  const plain = Buffer.allocUnsafe(end - start);
  let length = 0;
  let p = start;
  while (p < end) {
    const byte = block[p]!;
    if (byte !== BACKSLASH || p + 1 >= end) {
      plain[length++] = byte;
      p++;
      continue;
    }
    const next = block[p + 1]!;
    const value = next === LOWER_X && p + 3 < end ? hexPair(block[p + 2]!, block[p + 3]!) : -1;
    plain[length++] = value !== -1 ? value : next === LOWER_X ? byte : (ESCAPED.get(next) ?? next);
    p += value !== -1 ? 4 : next === LOWER_X ? 1 : 2;
  }
  const written = plain.subarray(0, length);
  return isUtf8(written) ? written.toString('utf8') : written.toString('latin1');
}

function hexPair(high: number, low: number): number {
  const h = hexDigit(high);
  const l = hexDigit(low);
  return h === -1 || l === -1 ? -1 : h * 16 + l;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
