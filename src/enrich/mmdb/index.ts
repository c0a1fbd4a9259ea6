/**
 * MaxMind DB files (.mmdb): opening, and finding the record of an address. MaxMind DB File Format Specification 2.0
 * (https://maxmind.github.io/MaxMind-DB/). The whole file is held in memory, outside of the JavaScript heap, or read where
 * it is asked (paged-file.ts); nothing is cached here. What records mean is geo/ and network/.
 *
 * Our own reader, because the walk hands out the number of the record, which is what shared results are kept by, and
 * because a broken file must be told from a working one. `maxmind` is what tests and benches compare it with.
 */

import { readFile } from 'node:fs/promises';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import type { IpBytes } from '../../lib/ip.ts';
import { PagedFile } from '../paged-file.ts';
import { decodeValue, type Need, type Section } from './decode.ts';

export interface Mmdb {
  /** What the file says it is: `GeoLite2-City`, `city ipv4`, … */
  readonly type: string;
  /** The number of the record that an address has; 0 is none. Throws only if the file cannot be read any more. */
  find(address: IpBytes): number;
  /** The record that `find` told of. Throws an Error if it is malformed. */
  read(record: number): unknown;
}

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const MAX_METADATA = 128 * 1024;
/** Sixteen zero bytes between the tree and the data. */
const SEPARATOR = 16;

/** Rejects with code `MMDB_UNREADABLE` or `MMDB_BROKEN`. */
export async function openMmdb(path: string): Promise<Mmdb> {
  try {
    return parseMmdb(await readFile(path), path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * The same, of a file that nobody rewrites in place: only what is asked for is read, and kept. It is up to the caller to
 * close it.
 */
export function openPagedMmdb(path: string): Mmdb & { close(): void } {
  let file: PagedFile | null = null;
  try {
    file = new PagedFile(path);
    const { buffer } = file;
    const need: Need = file.need.bind(file);
    // The metadata are within the last pages.
    need(Math.max(0, buffer.length - MAX_METADATA), buffer.length);
    return { ...parseMmdb(buffer, path, need), close: file.close.bind(file) };
  } catch (error) {
    file?.close();
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): unknown {
  if (cause instanceof HeadcountError) return cause;
  return new HeadcountError('MMDB_UNREADABLE', `The address database ${path} cannot be read.`, { cause });
}

const ALL_IS_HERE: Need = () => {};

/** Throws code `MMDB_BROKEN`; `name` is for its sentence. The metadata must be in the buffer already. */
export function parseMmdb(buffer: Buffer, name: string, need: Need = ALL_IS_HERE): Mmdb {
  try {
    const { type, nodes, recordSize, ipVersion, end } = parseMetadata(buffer);
    const treeSize = nodes * (recordSize / 4);
    const section: Section = { buffer, need, start: treeSize + SEPARATOR, end };
    if (section.start > end) throw new Error('its search tree is larger than the file');
    const node = nodeReader(buffer, recordSize, need);
    const ipv4Root = ipVersion === 4 ? 0 : descend(node, nodes, 0, new Uint8Array(12));
    return {
      type,
      find: (address) => {
        if (address.length !== 4 && ipVersion === 4) return 0;
        const leaf = descend(node, nodes, address.length === 4 ? ipv4Root : 0, address);
        return leaf > nodes ? leaf : 0;
      },
      read: (record) => decodeValue(section, record - nodes + treeSize),
    };
  } catch (error) {
    const cause = buffer[0] === 0x1f && buffer[1] === 0x8b ? new Error('it is still packed: run gunzip first') : error;
    throw new HeadcountError('MMDB_BROKEN', `${name} is not a working MaxMind DB file: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

interface Metadata {
  readonly type: string;
  readonly nodes: number;
  /** Bits. */
  readonly recordSize: number;
  readonly ipVersion: number;
  /** Where the data ends and the metadata begins. */
  readonly end: number;
}

function parseMetadata(buffer: Buffer): Metadata {
  const tail = buffer.subarray(-MAX_METADATA);
  const found = tail.lastIndexOf(MARKER);
  if (found === -1) throw new Error('it has no metadata');
  const end = buffer.length - tail.length + found;
  const start = end + MARKER.length;
  const metadata = decodeValue({ buffer, need: ALL_IS_HERE, start, end: buffer.length }, start);
  if (typeof metadata !== 'object' || metadata === null) throw new Error('its metadata is not a map');
  const field = (name: string): unknown => (metadata as Record<string, unknown>)[name];
  if (field('binary_format_major_version') !== 2) throw new Error('its format is not version 2');
  const nodes = field('node_count');
  const recordSize = field('record_size');
  const ipVersion = field('ip_version');
  if (typeof nodes !== 'number' || nodes === 0) throw new Error('it does not say how many nodes it has');
  if (recordSize !== 24 && recordSize !== 28 && recordSize !== 32) throw new Error('its records have an unknown size');
  if (ipVersion !== 4 && ipVersion !== 6) throw new Error('its addresses are neither IPv4 nor IPv6');
  return { type: textOr(field('database_type'), 'unnamed'), nodes, recordSize, ipVersion, end };
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** The left (0) or right (1) record of a node. */
type NodeReader = (node: number, side: number) => number;

function nodeReader(buffer: Buffer, recordSize: number, need: Need): NodeReader {
  switch (recordSize) {
    case 24:
      return (node, side) => {
        const at = node * 6 + side * 3;
        need(at, at + 2);
        return (buffer[at]! << 16) | (buffer[at + 1]! << 8) | buffer[at + 2]!;
      };
    case 28:
      return (node, side) => {
        const at = node * 7;
        need(at, at + 6);
        // The byte in the middle has the highest four bits of both, those of the left one first.
        const high = side === 0 ? buffer[at + 3]! >> 4 : buffer[at + 3]! & 15;
        const low = at + side * 4;
        return (high << 24) | (buffer[low]! << 16) | (buffer[low + 1]! << 8) | buffer[low + 2]!;
      };
    default:
      return (node, side) => {
        const at = node * 8 + side * 4;
        need(at, at + 3);
        return buffer.readUInt32BE(at);
      };
  }
}

/** Follows the bits of an address from a node: ends at a leaf (a number of at least `nodes`), or where the bits end. */
function descend(read: NodeReader, nodes: number, from: number, address: IpBytes): number {
  let node = from;
  for (let i = 0; i < address.length; i++) {
    const byte = address[i]!;
    for (let bit = 7; bit >= 0; bit--) {
      if (node >= nodes) return node;
      node = read(node, (byte >> bit) & 1);
    }
  }
  return node;
}
