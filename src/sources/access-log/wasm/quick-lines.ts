/**
 * The fast lane for lines in the combined format (scan.ts): what it knows of each line is numbers. What they mean the reader finds
 * out once for each, from a line that has them, and remembers here.
 */

import { Buffer } from 'node:buffer';
import { doubled } from '../byte-table.ts';
import { ZERO } from '../formats/bytes.ts';
import { ClfClock } from '../formats/times.ts';
import { LOOKAHEAD, PLACE, RECORD, RECORD_BYTES, STOP, scanModule, TABLE, TABLE_PLACE_BYTES } from './scan.ts';

const PAGE = 64 * 1024;
/** So many lines are read at a time. */
const MOST_LINES = 1024;
const LEAST_PLACES = 4096;
/** So many strings; then all are forgotten. */
const MOST_STRINGS = 128 * 1024;
const MOST_PLACES = 2 * MOST_STRINGS;
/** The largest block that is taken: as large as transports/tail hands over. */
const MOST_BYTES = 2 * 1024 * 1024 + 64 * 1024;

const CLIENT_PLACES = PLACE.records + MOST_LINES * RECORD_BYTES;
const PATH_PLACES = CLIENT_PLACES + MOST_PLACES * TABLE_PLACE_BYTES;
const BLOCK = PATH_PLACES + MOST_PLACES * TABLE_PLACE_BYTES;
const PAGES = Math.ceil((BLOCK + MOST_BYTES + PAGE) / PAGE);

/** Not known yet. */
export const UNKNOWN = -2;

/** Put together at the first use, and once. */
let compiled: WebAssembly.Module | null = null;

type Scan = (at: number, end: number, most: number, seed: bigint) => number;

/** The strings of one kind, as scan.ts numbers them. */
class Strings {
  /** By number: what the reader has found out; `UNKNOWN` if nothing yet. */
  meaning = new Int32Array(1024).fill(UNKNOWN);
  readonly #table: Int32Array;
  readonly #places: Int32Array;
  #room = 0;

  constructor(memory: ArrayBuffer, table: number, places: number) {
    this.#table = new Int32Array(memory, table, 3);
    this.#places = new Int32Array(memory, places, (MOST_PLACES * TABLE_PLACE_BYTES) / 4);
    this.#table[TABLE.places / 4] = places;
    this.clear();
  }

  get size(): number {
    return this.#table[TABLE.size / 4]!;
  }

  clear(): void {
    this.#places.fill(0, 0, this.#room * (TABLE_PLACE_BYTES / 4));
    this.#table[TABLE.size / 4] = 0;
    this.forgetMeanings();
    this.#setRoom(LEAST_PLACES);
  }

  forgetMeanings(): void {
    this.meaning.fill(UNKNOWN);
  }

  /** Makes room for so many more. False if that would be too many. */
  reserve(more: number): boolean {
    const needed = this.size + more;
    if (needed > MOST_STRINGS) return false;
    if (needed > this.meaning.length) {
      const known = this.meaning.length;
      this.meaning = doubled(this.meaning, needed).fill(UNKNOWN, known);
    }
    if (needed * 2 > this.#room) this.#spread(needed * 2);
    return true;
  }

  #setRoom(places: number): void {
    this.#room = places;
    this.#table[TABLE.mask / 4] = (places - 1) * TABLE_PLACE_BYTES;
  }

  #spread(least: number): void {
    const old = this.#places.slice(0, this.#room * 4);
    this.#places.fill(0, 0, old.length);
    let room = this.#room;
    while (room < least) room *= 2;
    this.#setRoom(room);
    for (let from = 0; from < old.length; from += 4) {
      if (old[from + 1] === 0) continue;
      let place = (old[from]! & (room - 1)) * 4;
      while (this.#places[place + 1] !== 0) place = (place + 4) & (room * 4 - 1);
      for (let i = 0; i < 4; i++) this.#places[place + i] = old[from + i]!;
    }
  }
}

export class QuickLines {
  /** Eight integers a line: see `RECORD`. */
  readonly records: Int32Array;
  readonly clients: Strings;
  readonly paths: Strings;
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
  readonly #scan: Scan;
  readonly #seed: bigint;
  readonly #clock = new ClfClock();
  #at = 0;
  #end = 0;

  /** `queries`: which ones matter, so that lines that have them are only marked; of `QUERIES`. */
  constructor(seed: number, queries: number, plain: Uint8Array) {
    this.#memory = new WebAssembly.Memory({ initial: PAGES });
    const { buffer } = this.#memory;
    compiled ??= new WebAssembly.Module(scanModule(PAGES));
    this.#scan = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } }).exports['scan'] as Scan;
    this.#seed = BigInt(seed);
    this.#bytes = Buffer.from(buffer);
    this.#cells = new Int32Array(buffer, 0, PLACE.records / 4);
    this.records = new Int32Array(buffer, PLACE.records, (MOST_LINES * RECORD_BYTES) / 4);
    this.#bytes.set(plain, PLACE.plain);
    this.#cells[PLACE.queries / 4] = queries;
    this.clients = new Strings(buffer, PLACE.clients, CLIENT_PLACES);
    this.paths = new Strings(buffer, PLACE.paths, PATH_PLACES);
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

  /** Reads some more lines into `records`. False at the end of the block. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.#reserve();
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

  #reserve(): void {
    if (this.clients.reserve(MOST_LINES) && this.paths.reserve(MOST_LINES)) return;
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
