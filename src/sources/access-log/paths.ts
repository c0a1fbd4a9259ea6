/**
 * What was asked for: the meaning (rules.ts) of every distinct path, found again from its bytes alone. When there are too
 * many paths they are worked out anew; names of streams and qualities have numbers of their own.
 */

import type { Buffer } from 'node:buffer';
import { ByteTable, doubled } from './byte-table.ts';
import type { Line } from './line.ts';
import type { Pattern } from './patterns.ts';
import { classify, isNumbered } from './rules.ts';
import { textOf } from './text.ts';

const MAX_PATHS = 100_000;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_NAMES = 20_000;
/** Streams whose name ends in a digit that are remembered: they go into the cursor. */
export const MAX_NUMBERED = 1000;
/** No player asks for more; a longer path is no audience. */
const LONGEST_PATH = 2048;

export class Paths {
  /** Names by number. */
  streams: string[] = [];
  qualities: string[] = [];
  /** How many paths had to be worked out anew. */
  forgotten = 0;
  /** Playlists of streams whose name ends in a digit, beyond those that are remembered. */
  unlearned = 0;

  /** What the last line asked for: the numbers of its stream and quality, or -1. Whether it is the stream in one answer. */
  stream = -1;
  quality = -1;
  isProgressive = false;
  /** It was known from the folder alone. */
  isOfFolder = false;
  /** What paths mean is the same as long as this is. */
  generation = 0;

  /** By number of the path: the same. */
  #streamOf = new Int32Array(1024);
  #qualityOf = new Int32Array(1024);
  #progressive = new Uint8Array(1024);
  /** Folders in which every plain segment is of one stream. By number: that, or -1 if every path must be looked at. */
  readonly #folders: ByteTable;
  #streamOfFolder = new Int32Array(64);
  #foldersKnown = 0;

  readonly #patterns: readonly Pattern[];
  readonly #table: ByteTable;
  readonly #numbered: Set<string>;
  #streamNumbers = new Map<string, number>();
  #qualityNumbers = new Map<string, number>();
  #known = 0;

  /** `numbered` are the streams whose name ends in a digit, as far as they are known from before. */
  constructor(patterns: readonly Pattern[], numbered: readonly string[], seed: number) {
    this.#patterns = patterns;
    this.#table = new ByteTable(seed);
    this.#folders = new ByteTable(seed);
    this.#numbered = new Set(numbered.slice(0, MAX_NUMBERED));
  }

  get numbered(): string[] {
    return [...this.#numbered];
  }

  /** What does the line ask for? False if it is no audience. The names' numbers hold until `trim`. */
  find(line: Line): boolean {
    const { pathStart, pathEnd } = line;
    if (pathEnd - pathStart > LONGEST_PATH) return false;
    const folderEnd = endOfFolder(line.bytes, pathStart, pathEnd);
    this.isOfFolder = folderEnd !== -1 && this.#findByFolder(line, folderEnd);
    if (this.isOfFolder) return true;
    let path = this.#table.find(line.view, pathStart, pathEnd);
    if (path >= this.#known) path = this.#add(path, textOf(line.bytes, pathStart, pathEnd), line);
    this.stream = this.#streamOf[path]!;
    this.quality = this.#qualityOf[path]!;
    this.isProgressive = this.#progressive[path] === 1;
    return this.stream !== -1;
  }

  /** Nearly all lines are segments, and hardly two have the same path; but there are few folders. */
  #findByFolder(line: Line, folderEnd: number): boolean {
    const folder = this.#folders.find(line.view, line.pathStart, folderEnd);
    if (folder >= this.#foldersKnown) this.#addFolder(folder, textOf(line.bytes, line.pathStart, folderEnd));
    this.stream = this.#streamOfFolder[folder]!;
    this.quality = -1;
    this.isProgressive = false;
    return this.stream !== -1;
  }

  #addFolder(folder: number, text: string): void {
    const meaning = this.#patterns.length > 0 ? null : classify(`${text}0.ts`, NONE);
    if (folder >= this.#streamOfFolder.length) this.#streamOfFolder = doubled(this.#streamOfFolder, folder + 1);
    const isTelling = meaning !== null && !meaning.isFlat;
    this.#streamOfFolder[folder] = isTelling ? numberOf(meaning.stream, this.streams, this.#streamNumbers) : -1;
    this.#foldersKnown = folder + 1;
  }

  /** The stream of a line that is about a whole connection to it. False if the path is a page of the server. */
  findMount(line: Line): boolean {
    const isShort = line.pathEnd - line.pathStart <= LONGEST_PATH;
    const stream = isShort ? mountOf(textOf(line.bytes, line.pathStart, line.pathEnd)) : null;
    if (stream === null) return false;
    this.stream = numberOf(stream, this.streams, this.#streamNumbers);
    this.quality = -1;
    this.isProgressive = true;
    return true;
  }

  /** Forgets what is too much: call it where no number is in use. Answers whether names have new numbers. */
  trim(): boolean {
    const isMuch = (table: ByteTable) => table.size > MAX_PATHS || table.bytes > MAX_BYTES;
    if (isMuch(this.#table) || isMuch(this.#folders)) this.#forgetPaths();
    if (this.streams.length <= MAX_NAMES && this.qualities.length <= MAX_NAMES) return false;
    this.#forgetPaths();
    this.streams = [];
    this.qualities = [];
    this.#streamNumbers = new Map();
    this.#qualityNumbers = new Map();
    return true;
  }

  #add(path: number, text: string, line: Line): number {
    const meaning = classify(text, this.#numbered, this.#patterns);
    if (meaning !== null && isNumbered(meaning) && this.#learn(meaning.stream)) {
      // What the names of segments mean may have changed.
      this.#forgetPaths();
      return this.#add(this.#table.find(line.view, line.pathStart, line.pathEnd), text, line);
    }
    if (path >= this.#streamOf.length) {
      this.#streamOf = doubled(this.#streamOf, path + 1);
      this.#qualityOf = doubled(this.#qualityOf, path + 1);
      this.#progressive = doubled(this.#progressive, path + 1);
    }
    this.#progressive[path] = meaning?.role === 'progressive' ? 1 : 0;
    this.#streamOf[path] = meaning === null ? -1 : numberOf(meaning.stream, this.streams, this.#streamNumbers);
    const quality = meaning?.quality ?? null;
    this.#qualityOf[path] = quality === null ? -1 : numberOf(quality, this.qualities, this.#qualityNumbers);
    this.#known = path + 1;
    return path;
  }

  #learn(stream: string): boolean {
    if (this.#numbered.has(stream)) return false;
    if (this.#numbered.size >= MAX_NUMBERED) {
      this.unlearned++;
      return false;
    }
    this.#numbered.add(stream);
    return true;
  }

  #forgetPaths(): void {
    this.generation++;
    this.forgotten += this.#table.size + this.#folders.size;
    this.#table.clear();
    this.#known = 0;
    this.#folders.clear();
    this.#foldersKnown = 0;
  }
}

function numberOf(name: string, names: string[], numbers: Map<string, number>): number {
  let number = numbers.get(name);
  if (number === undefined) {
    number = names.push(name) - 1;
    numbers.set(name, number);
  }
  return number;
}

const NONE: ReadonlySet<string> = new Set();

/** Letters, digits, `-`, `_` and `.`: what a name has that means just what it says. */
export const PLAIN = new Uint8Array(256);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.')
  PLAIN[character.charCodeAt(0)] = 1;

const SLASH = 0x2f;
const DOT_TS = 0x73742e;
const DOT_M4S = 0x73346d2e;

/** The place behind the last slash of a path whose name is plain and ends in `.ts` or `.m4s`; else -1. */
function endOfFolder(bytes: Buffer, start: number, end: number): number {
  if (end - start < 6) return -1;
  const last = bytes[end - 4]! | (bytes[end - 3]! << 8) | (bytes[end - 2]! << 16) | (bytes[end - 1]! << 24);
  if (last >>> 8 !== DOT_TS && last !== DOT_M4S) return -1;
  let p = end - 1;
  while (p > start && PLAIN[bytes[p]!] === 1) p--;
  // A name of nothing but an ending is none.
  return bytes[p] === SLASH && bytes[p + 1] !== 0x2e ? p + 1 : -1;
}

/** What Icecast and its like serve beside streams. */
const PAGES =
  /^\/(?:admin|web|api)(?:\/|$)|\.(?:xsl|xslt|xml|json|html?|css|js|png|ico|jpe?g|gif|svg|m3u8?|pls|asx|xspf|vclt|txt)$/i;
const LONGEST_MOUNT = 255;

/** The stream of a path that is the name of one: as it stands. */
function mountOf(path: string): string | null {
  const isMount = path.length > 1 && path !== '*' && path.length <= LONGEST_MOUNT && !PAGES.test(path);
  return isMount ? path : null;
}
