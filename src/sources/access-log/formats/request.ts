/** The request of a line: method, path and query. */

import type { Buffer } from 'node:buffer';
import { HAS, type Line } from '../line.ts';
import { BACKSLASH, QUESTION, QUOTE, SPACE } from './bytes.ts';

/** How a stream is sent to a server: Icecast's own method, and HTTP's. */
const PUBLISHING = ['PUT ', 'SOURCE '];

/**
 * For a request that is no GET, from its method on: is something published? Then its path is there, too. Answers the
 * bits of `HAS` that it has.
 */
export function readMethod(line: Line, from: number): number {
  const method = PUBLISHING.find((each) => startsWith(line.block, from, each));
  if (method === undefined) return 0;
  readTarget(line, line.block, from + method.length, line.end);
  return HAS.publish;
}

function startsWith(bytes: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** `/PATH?QUERY`, up to white space, a quote or the end. */
export function readTarget(line: Line, bytes: Buffer, from: number, end: number): void {
  let p = from;
  line.pathStart = p;
  while (p < end && bytes[p] !== SPACE && bytes[p] !== QUESTION && bytes[p] !== QUOTE)
    p += bytes[p] === BACKSLASH ? 2 : 1;
  line.pathEnd = Math.min(p, end);
  line.queryStart = line.pathEnd;
  if (bytes[p] === QUESTION && p < end) {
    line.queryStart = ++p;
    while (p < end && bytes[p] !== SPACE && bytes[p] !== QUOTE) p += bytes[p] === BACKSLASH ? 2 : 1;
  }
  line.queryEnd = Math.min(p, end);
}
