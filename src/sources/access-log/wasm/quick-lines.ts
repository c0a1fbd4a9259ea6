/**
 * The fast lane for lines in the combined format (scan.ts): what it knows of each line is numbers. What they mean the reader finds
 * out once for each, from a line that has them, and remembers here.
 */

import { Buffer } from 'node:buffer';
import { ZERO } from '../formats/bytes.ts';
import { ClfClock } from '../formats/times.ts';
import { assemble } from './assembler.ts';
import { foldFunction } from './fold.ts';
import { QuickFold } from './quick-fold.ts';
import { LOOKAHEAD, PLACE, RECORD, RECORD_BYTES, SCAN_FUNCTIONS, STOP, TABLE_PLACE_BYTES } from './scan.ts';
import { MOST_PLACES, MOST_STRINGS, Strings } from './strings.ts';

const PAGE = 64 * 1024;
/** So many lines are read at a time. */
const MOST_LINES = 1024;
/** The largest block that is taken: as large as transports/tail hands over. */
const MOST_BYTES = 2 * 1024 * 1024 + 64 * 1024;

const CLIENT_PLACES = PLACE.records + MOST_LINES * RECORD_BYTES;
const PATH_PLACES = CLIENT_PLACES + MOST_PLACES * TABLE_PLACE_BYTES;
const PATH_MEANINGS = PATH_PLACES + MOST_PLACES * TABLE_PLACE_BYTES;
const FOLD = PATH_MEANINGS + MOST_STRINGS * 4;
const BLOCK = FOLD + QuickFold.bytes;
const PAGES = Math.ceil((BLOCK + MOST_BYTES + PAGE) / PAGE);

/** Put together at the first use, and once. */
let compiled: WebAssembly.Module | null = null;

interface Exports {
  scan(at: number, end: number, most: number, seed: bigint): number;
  fold(at: number, end: number): number;
}

function compile(): WebAssembly.Module {
  const folding = foldFunction(QuickFold.places(FOLD, PATH_MEANINGS));
  return new WebAssembly.Module(assemble([...SCAN_FUNCTIONS, folding], PAGES));
}

export class QuickLines {
  /** Eight integers a line: see `RECORD`. */
  readonly records: Int32Array;
  readonly clients: Strings;
  readonly paths: Strings;
  readonly fold: QuickFold;
  /** The block that is being read. */
  block: Buffer<ArrayBuffer> = Buffer.alloc(0);
  /** Milliseconds: of the minute that all lines read last are in. */
  minute = 0;
  /** How many lines were read last; the line behind them is to be read by the reader if `isStuck`. */
  count = 0;
  isStuck = false;

  readonly #memory: WebAssembly.Memory;
  readonly #bytes: Buffer<ArrayBuffer>;
  readonly #cells: Int32Array;
  readonly #scan: Exports['scan'];
  readonly #seed: bigint;
  readonly #clock = new ClfClock();
  #at = 0;
  #end = 0;

  /** `queries`: which ones matter, so that lines that have them are only marked; of `QUERIES`. */
  constructor(seed: number, queries: number, plain: Uint8Array) {
    this.#memory = new WebAssembly.Memory({ initial: PAGES });
    const { buffer } = this.#memory;
    compiled ??= compile();
    const instance = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } });
    const { scan, fold } = instance.exports as unknown as Exports;
    this.#scan = scan;
    this.#seed = BigInt(seed);
    this.#bytes = Buffer.from(buffer);
    this.#cells = new Int32Array(buffer, 0, PLACE.records / 4);
    this.records = new Int32Array(buffer, PLACE.records, (MOST_LINES * RECORD_BYTES) / 4);
    this.#bytes.set(plain, PLACE.plain);
    this.#cells[PLACE.queries / 4] = queries;
    this.clients = new Strings(buffer, PLACE.clients, CLIENT_PLACES);
    this.paths = new Strings(buffer, PLACE.paths, PATH_PLACES, new Int32Array(buffer, PATH_MEANINGS, MOST_STRINGS));
    const take = (from: number, to: number) => fold(PLACE.records + from * 4, PLACE.records + to * 4);
    this.fold = new QuickFold(buffer, FOLD, (from, to) => (take(from, to) - PLACE.records) / 4);
    this.clear();
  }

  /** Memory in which a block may be read from a file, so that it need not be copied. */
  get room(): Buffer<ArrayBuffer> {
    return this.#bytes.subarray(BLOCK, BLOCK + MOST_BYTES);
  }

  /** Forgets everything. */
  clear(): void {
    this.clients.clear();
    this.paths.clear();
  }

  /** Takes a block of whole lines. False if it is too large. */
  load(block: Uint8Array): boolean {
    if (block.length > MOST_BYTES - LOOKAHEAD) return false;
    let from = BLOCK;
    if (block.buffer === this.#memory.buffer) from = block.byteOffset;
    else this.#bytes.set(block, BLOCK);
    this.block = this.#bytes.subarray(from, from + block.length);
    this.#at = from;
    this.#end = from + block.length;
    return true;
  }

  /** Reads some more lines into `records`. False at the end of the block. Calls back before all strings are forgotten. */
  next(forgetting: () => void): boolean {
    if (this.#at >= this.#end) return false;
    this.#reserve(forgetting);
    this.count = this.#scan(this.#at, this.#end, MOST_LINES, this.#seed);
    this.#at = this.#cells[PLACE.stop / 4]!;
    const why = this.#cells[PLACE.stop / 4 + 1]!;
    this.isStuck = false;
    if (why !== STOP.done && this.count === 0) this.isStuck = !this.#readMinute(why);
    return true;
  }

  /** The lines from here on, in the block. */
  get position(): number {
    return this.#at - this.block.byteOffset;
  }

  /** The reader has read up to here. */
  set position(position: number) {
    this.#at = this.block.byteOffset + position;
  }

  /** Where in the block the line of a record begins. */
  startOf(record: number): number {
    return this.records[record + RECORD.start]! - this.block.byteOffset;
  }

  /** Where in the block its user agent begins. */
  agentOf(record: number): number {
    return this.records[record + RECORD.agent]! - this.block.byteOffset;
  }

  #reserve(forgetting: () => void): void {
    if (this.clients.reserve(MOST_LINES) && this.paths.reserve(MOST_LINES)) return;
    forgetting();
    this.clear();
    this.clients.reserve(MOST_LINES);
    this.paths.reserve(MOST_LINES);
  }

  /** The line that comes next is of another minute. False if that is no time. */
  #readMinute(at: number): boolean {
    const { buffer, byteOffset } = this.#bytes;
    const time = this.#clock.read(this.#bytes, new DataView(buffer, byteOffset), at);
    if (time < 0) return false;
    // Not by dividing: a leap second is in the minute that it ends.
    this.minute = time - (this.#bytes[at + 18]! - ZERO) * 10_000 - (this.#bytes[at + 19]! - ZERO) * 1000;
    this.#bytes.copyWithin(PLACE.minute, at, at + 26);
    return true;
  }
}
