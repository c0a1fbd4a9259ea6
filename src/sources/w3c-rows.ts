/**
 * Rows of logs in the W3C extended log file format (W3C WD-logfile-960323): `#Fields:` names the columns, and may come again
 * at any time with others. What columns mean is left to the kinds: Windows Media, SHOUTcast, Wowza. Requests of web servers
 * are access-log/formats/w3c.ts.
 */

import { Buffer } from 'node:buffer';
import { decodeText } from '../transports/poll/decode-text.ts';

/** What stands in a column, by its name in lower case; null if there is no such column, or `-` or nothing in it. */
export type Columns = (name: string) => string | null;

/** A log has a few dozen. */
const MOST_COLUMNS = 500;
const LONGEST_HEADER = 16_384;

export class W3cRows {
  #header: string | null = null;
  /** Where lines have no tabs. */
  #separator: ' ' | ',' | ';' = ' ';
  #places: ReadonlyMap<string, number> = new Map();
  #count = 0;

  /** `header`: what stands behind `#Fields:`, if it is known. */
  constructor(header: string | null = null) {
    if (header !== null) this.name(header);
  }

  get header(): string | null {
    return this.#header;
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** Names the columns, until they are named again. */
  name(header: string): void {
    const text = header.trim().slice(0, LONGEST_HEADER);
    const names = text.split(/[\s;,]+/, MOST_COLUMNS).map((name) => name.toLowerCase());
    this.#header = text;
    this.#separator = /\s/.test(text) ? ' ' : text.includes(';') ? ';' : text.includes(',') ? ',' : ' ';
    this.#count = names.length;
    // Of two columns of one name the first one counts.
    this.#places = new Map(names.map((name, i) => [name, i] as const).reverse());
  }

  /** Null if the line has not as many columns as were named. */
  read(text: string): Columns | null {
    if (this.#header === null) return null;
    const isTabbed = text.includes('\t');
    const values = isTabbed ? text.split('\t', MOST_COLUMNS) : this.#split(text);
    // Behind the last tab there may be nothing; a space too many has moved everything.
    if (values.length < this.#count || (!isTabbed && values.length > this.#count)) return null;
    return (name) => {
      const place = this.#places.get(name);
      const value = place === undefined ? '' : values[place]!.trim();
      return value === '' || value === '-' ? null : value;
    };
  }

  #split(text: string): string[] {
    if (this.#separator === ' ') return text.trim().split(/ +/, MOST_COLUMNS);
    return text.split(this.#separator, MOST_COLUMNS);
  }
}

/** A line that is about the log: `#Fields: c-ip date` is `fields` and what it says. Null if it is a row. */
export function directiveOf(text: string): { readonly name: string; readonly value: string } | null {
  if (!text.startsWith('#')) return null;
  const [, name, value] = /^#\s*([\w-]+)\s*:[ \t]*(.*)$/.exec(text) ?? [];
  return { name: name?.toLowerCase() ?? '', value: value ?? '' };
}

export type LineEncoding = 'bytes' | 'utf-16le' | 'utf-16be';

const LF = 0x0a;

/** Of the first line of a file: by its byte order mark. Every second byte 0 is UTF-16 without one. */
export function encodingOf(line: Uint8Array): LineEncoding {
  if (line[0] === 0xff && line[1] === 0xfe) return 'utf-16le';
  if (line[0] === 0xfe && line[1] === 0xff) return 'utf-16be';
  if (line[1] === 0 && line[3] === 0) return 'utf-16le';
  return line[0] === 0 && line[2] === 0 ? 'utf-16be' : 'bytes';
}

/**
 * The text of a line that was cut at a line feed byte. In UTF-16 each one leaves half of its character with a neighbour: the
 * line begins (little-endian) or ends (big-endian) with it. Bytes that are no UTF-8 are Windows-1252.
 */
export function lineText(line: Uint8Array, encoding: LineEncoding): string {
  if (encoding === 'bytes') return decodeText(line).replace(/\r$/, '');
  const even = line.length - (line.length % 2);
  const isMarked = line[0] === 0xff || line[0] === 0xfe;
  // The first line of a file has no half before it.
  const from = encoding === 'utf-16le' && line.length % 2 === 1 && !isMarked ? 1 : 0;
  const halves = Buffer.from(line.subarray(from, from + even));
  if (encoding === 'utf-16be') halves.swap16();
  return halves
    .toString('utf16le')
    .replace(/^\ufeff/, '')
    .replace(/\r$/, '');
}

/** Lines of a block, without their ends. Empty ones are left out. */
export function* linesOf(block: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < block.length; ) {
    const found = block.indexOf(LF, at);
    const end = found === -1 ? block.length : found;
    if (end > at) yield block.subarray(at, end);
    at = end + 1;
  }
}
