/** The request of a line: method, path and query. */

import type { Buffer } from 'node:buffer';
import { HAS, type Line } from '../line.ts';
import { BACKSLASH, farStop, NEAR, QUESTION, QUOTE, SPACE } from './bytes.ts';

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

/** Of a longer path or query the rest is left out: nobody looks at as much (paths.ts, declared.ts). */
const LONGEST = 65_536;

/** `/PATH?QUERY`, up to white space, a quote or the end. */
export function readTarget(line: Line, bytes: Buffer, from: number, end: number): void {
  const pathEnd = endOfPath(bytes, from, Math.min(end, from + LONGEST));
  const hasQuery = pathEnd < end && bytes[pathEnd] === QUESTION;
  line.pathStart = from;
  line.pathEnd = pathEnd;
  line.queryStart = hasQuery ? pathEnd + 1 : pathEnd;
  line.queryEnd = hasQuery ? endOfQuery(bytes, pathEnd + 1, Math.min(end, pathEnd + 1 + LONGEST)) : pathEnd;
}

/** What ends a path: white space, the query, the end of the request; or an escape, which may belong to it. */
const ENDS_PATH = new Uint8Array(256);
for (const byte of [SPACE, QUESTION, QUOTE, BACKSLASH]) ENDS_PATH[byte] = 1;

/** Not behind an odd number of backslashes. */
const PATH_ENDS_FAR_AWAY = /[ ?"](?<!(?:^|[^\\])(?:\\\\)*\\[ ?"])/;
const QUERY_ENDS_FAR_AWAY = /[ "](?<!(?:^|[^\\])(?:\\\\)*\\[ "])/;

/** What is escaped belongs to the path, whatever it is. */
export function endOfPath(bytes: Buffer, from: number, end: number): number {
  const near = end - from > NEAR ? from + NEAR : end;
  let p = from;
  while (p < near) {
    if (ENDS_PATH[bytes[p]!] === 0) p++;
    else if (bytes[p] === BACKSLASH) p += 2;
    else return p;
  }
  return near === end ? end : endFarAway(bytes, p, end, PATH_ENDS_FAR_AWAY);
}

/** As `endOfPath`. */
export function endOfQuery(bytes: Buffer, from: number, end: number): number {
  const near = end - from > NEAR ? from + NEAR : end;
  let p = from;
  while (p < near) {
    if (bytes[p] === SPACE || bytes[p] === QUOTE) return p;
    p += bytes[p] === BACKSLASH ? 2 : 1;
  }
  return near === end ? end : endFarAway(bytes, p, end, QUERY_ENDS_FAR_AWAY);
}

function endFarAway(bytes: Buffer, from: number, end: number, pattern: RegExp): number {
  const stop = farStop(bytes, from, end, pattern);
  return stop === -1 ? end : stop;
}
