/**
 * What was asked for: the meaning (rules.ts) of every distinct path, found again from its bytes alone. When there are too
 * many paths they are worked out anew; names of streams and qualities have numbers of their own.
 */

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

  /** By number of the path: the number of its stream, or -1 if it is no audience; that of its quality, or -1. */
  streamOf = new Int32Array(1024);
  qualityOf = new Int32Array(1024);
  /** 1 if the path is a stream that comes in one answer. */
  isProgressive = new Uint8Array(1024);

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
    this.#numbered = new Set(numbered.slice(0, MAX_NUMBERED));
  }

  get numbered(): string[] {
    return [...this.#numbered];
  }

  /** The number of the path that the line asks for; -1 if it is too long. The names' numbers hold until `trim`. */
  find(line: Line): number {
    if (line.pathEnd - line.pathStart > LONGEST_PATH) return -1;
    const path = this.#table.find(line.view, line.pathStart, line.pathEnd);
    if (path < this.#known) return path;
    return this.#add(path, textOf(line.bytes, line.pathStart, line.pathEnd), line);
  }

  /** The number of the stream of a line that is about a whole connection to it; -1 if the path is a page of the server. */
  findMount(line: Line): number {
    if (line.pathEnd - line.pathStart > LONGEST_PATH) return -1;
    const stream = mountOf(textOf(line.bytes, line.pathStart, line.pathEnd));
    return stream === null ? -1 : numberOf(stream, this.streams, this.#streamNumbers);
  }

  /** Forgets what is too much: call it where no number is in use. Answers whether names have new numbers. */
  trim(): boolean {
    if (this.#table.size > MAX_PATHS || this.#table.bytes > MAX_BYTES) this.#forgetPaths();
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
      return this.find(line);
    }
    if (path >= this.streamOf.length) {
      this.streamOf = doubled(this.streamOf, path + 1);
      this.qualityOf = doubled(this.qualityOf, path + 1);
      this.isProgressive = doubled(this.isProgressive, path + 1);
    }
    this.isProgressive[path] = meaning?.role === 'progressive' ? 1 : 0;
    this.streamOf[path] = meaning === null ? -1 : numberOf(meaning.stream, this.streams, this.#streamNumbers);
    const quality = meaning?.quality ?? null;
    this.qualityOf[path] = quality === null ? -1 : numberOf(quality, this.qualities, this.#qualityNumbers);
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
    this.forgotten += this.#table.size;
    this.#table.clear();
    this.#known = 0;
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

/** What Icecast and its like serve beside streams. */
const PAGES =
  /^\/(?:admin|web|api)(?:\/|$)|\.(?:xsl|xslt|xml|json|html?|css|js|png|ico|jpe?g|gif|svg|m3u8?|pls|asx|xspf|vclt|txt)$/i;
const LONGEST_MOUNT = 255;

/** The stream of a path that is the name of one: as it stands. */
function mountOf(path: string): string | null {
  const isMount = path.length > 1 && path !== '*' && path.length <= LONGEST_MOUNT && !PAGES.test(path);
  return isMount ? path : null;
}
