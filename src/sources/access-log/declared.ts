/**
 * Playback ids: CMCD's `sid` first, since players send it with every request, then the first of the configured names that is
 * there, in a field of its own, in the query, or in a cookie.
 */

import { type Cmcd, LONGEST_CMCD, parseCmcd } from './cmcd.ts';
import { CMCD_HEADERS, HAS, type Line } from './line.ts';
import { textOf } from './text.ts';

export interface DeclaredOptions {
  /** Names of query parameters and cookies, the most telling first. */
  readonly playbackId: readonly string[];
  /** Read CMCD? */
  readonly cmcd: boolean;
}

/** A longer id is none. */
const LONGEST_ID = 128;
/** Behind that nothing is looked for. */
const LONGEST_QUERY = 8192;
/** nginx takes 32 KiB of headers in all (`large_client_header_buffers`), Apache 8 KiB of each. */
const LONGEST_COOKIES = 65_536;
/** So many bytes, and no more, may stand for one unit of a text: three of UTF-8, each of them written as `\xHH`. */
const WRITTEN = 12;

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const CMCD = 'CMCD';

export class Declared {
  /** What the line that was asked for says by CMCD; null if nothing. */
  cmcd: Cmcd | null = null;
  readonly #options: DeclaredOptions;
  readonly #names: readonly string[];
  readonly #byLength: readonly (readonly string[])[];

  constructor(options: DeclaredOptions) {
    this.#options = options;
    this.#names = options.cmcd ? [...options.playbackId, CMCD] : options.playbackId;
    const byLength: string[][] = [];
    for (const name of this.#names) {
      byLength[name.length] ??= [];
      byLength[name.length]!.push(name);
    }
    this.#byLength = byLength;
  }

  /** May a query have anything to say? */
  get isInQueries(): boolean {
    return this.#names.length > 0;
  }

  /** The playback id of the line; null if there is none. */
  find(line: Line): string | null {
    this.cmcd = null;
    const found = this.isInQueries && line.queryEnd > line.queryStart ? this.#searchQuery(line) : null;
    const { has } = line;
    if (this.#options.cmcd && (has & HAS.cmcd) !== 0) this.cmcd = parseCmcd(headersOf(line));
    else if (found?.[CMCD] !== undefined && this.#options.cmcd) this.cmcd = parseCmcd(found[CMCD]);
    const sid = this.cmcd?.sid ?? null;
    if (sid !== null) return sid;
    const { playbackId } = this.#options;
    if (playbackId.length === 0) return null;
    if ((has & HAS.playback) !== 0) return playbackOf(line);
    const cookies = (has & HAS.cookie) === 0 ? '' : cookiesOf(line);
    for (const name of playbackId) {
      const id = idOf(found?.[name] ?? cookieOf(cookies, name));
      if (id !== null) return id;
    }
    return null;
  }

  /** The parameters that have one of our names; null if there is none. */
  #searchQuery(line: Line): Record<string, string> | null {
    const { bytes, queryStart } = line;
    const end = Math.min(line.queryEnd, queryStart + LONGEST_QUERY);
    let found: Record<string, string> | null = null;
    for (let p = queryStart; p < end; ) {
      const start = p;
      while (p < end && bytes[p] !== EQUALS && bytes[p] !== AMPERSAND) p++;
      const name = bytes[p] === EQUALS && p < end ? this.#nameAt(bytes, start, p) : undefined;
      // Not indexOf: what is not in this query would be looked for in the whole block.
      let close = p;
      while (close < end && bytes[close] !== AMPERSAND) close++;
      if (name !== undefined) {
        found ??= Object.create(null) as Record<string, string>;
        found[name] ??= decoded(textOf(bytes, p + 1, close));
      }
      p = close + 1;
    }
    return found;
  }

  #nameAt(bytes: Uint8Array, start: number, end: number): string | undefined {
    return this.#byLength[end - start]?.find((name) => {
      for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false;
      return true;
    });
  }
}

function headersOf(line: Line): string {
  const parts: string[] = [];
  for (let i = 0; i < CMCD_HEADERS; i++) {
    const start = line.cmcdStart[i]!;
    const end = Math.min(line.cmcdEnd[i]!, start + LONGEST_CMCD * WRITTEN);
    if (end > start) parts.push(textOf(line.bytes, start, end));
  }
  return parts.join(',');
}

function playbackOf({ bytes, playbackStart, playbackEnd }: Line): string | null {
  const isLong = playbackEnd - playbackStart > LONGEST_ID * WRITTEN;
  return isLong ? null : idOf(textOf(bytes, playbackStart, playbackEnd));
}

/** Whole ones. */
function cookiesOf({ bytes, cookieStart, cookieEnd }: Line): string {
  const most = cookieStart + LONGEST_COOKIES;
  const end = cookieEnd <= most ? cookieEnd : Math.max(bytes.lastIndexOf(SEMICOLON, most), cookieStart);
  return textOf(bytes, cookieStart, end);
}

function idOf(text: string | null | undefined): string | null {
  return text === null || text === undefined || text === '' || text.length > LONGEST_ID ? null : text;
}

function cookieOf(cookies: string, name: string): string | null {
  for (const cookie of cookies === '' ? [] : cookies.split(';', 100)) {
    const equals = cookie.indexOf('=');
    if (equals !== -1 && cookie.slice(0, equals).trim() === name) return cookie.slice(equals + 1).trim();
  }
  return null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
