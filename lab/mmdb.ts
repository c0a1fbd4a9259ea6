/** Writes databases of places (MaxMind DB file format 2.0), for tests: cities, and a tree of the IPv4 addresses in them. */

export interface DatabaseCity {
  readonly address: string;
  readonly city: string;
  readonly country: readonly [code: string, name: string];
  readonly at: readonly [latitude: number, longitude: number];
}

/** Between the data and what is said of the database. */
export const MARKER = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);

const NOWHERE = -1;

export function cityDatabase(cities: readonly DatabaseCity[]): Buffer {
  const nodes: [number, number][] = [[NOWHERE, NOWHERE]];
  const data: Buffer[] = [];
  /** Of each city, in the data; written as what lies below `NOWHERE`. */
  const placeOf = (offset: number) => -2 - offset;
  for (const each of cities) {
    const bits = each.address.split('.').flatMap((part) => [...Number(part).toString(2).padStart(8, '0')].map(Number));
    let node = 0;
    for (const bit of bits.slice(0, -1)) {
      if (nodes[node]![bit]! < 0) nodes[node]![bit] = nodes.push([NOWHERE, NOWHERE]) - 1;
      node = nodes[node]![bit]!;
    }
    nodes[node]![bits.at(-1)!] = placeOf(data.reduce((sum, { length }) => sum + length, 0));
    data.push(encoded(recordOf(each)));
  }
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [i, records] of nodes.entries()) {
    for (const [side, record] of records.entries()) {
      // A record beyond the nodes is a place in the data, which begins 16 bytes behind the tree.
      const value = record >= 0 ? record : nodes.length + (record === NOWHERE ? 0 : 16 + placeOf(record));
      tree.writeUIntBE(value, i * 6 + side * 3, 3);
    }
  }
  return Buffer.concat([tree, Buffer.alloc(16), ...data, MARKER, encoded(aboutOf(nodes.length))]);
}

function recordOf({ city, country: [code, name], at: [latitude, longitude] }: DatabaseCity) {
  return {
    city: { names: { en: city } },
    country: { iso_code: code, names: { en: name } },
    location: { latitude, longitude, accuracy_radius: 20 },
  };
}

function aboutOf(nodes: number) {
  return {
    ...{ binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: 1_790_000_000 },
    ...{ database_type: 'Test-City', description: { en: 'of a test' }, ip_version: 4, languages: ['en'] },
    ...{ node_count: nodes, record_size: 24 },
  };
}

const TEXT = 2;
const DOUBLE = 3;
const NUMBER = 6;
const MAP = 7;
const LIST = 11;

/** A value in the data section, or of the metadata. */
export function encoded(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(TEXT, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Array.isArray(value)) return Buffer.concat([control(LIST, value.length), ...value.map(encoded)]);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return Buffer.concat([control(MAP, entries.length), ...entries.flat().map(encoded)]);
  }
  const number = value as number;
  const bytes = Buffer.alloc(Number.isInteger(number) ? 4 : 8);
  if (Number.isInteger(number)) bytes.writeUInt32BE(number);
  else bytes.writeDoubleBE(number);
  return Buffer.concat([control(Number.isInteger(number) ? NUMBER : DOUBLE, bytes.length), bytes]);
}

/** Types beyond 7 stand in a byte of their own; sizes from 29 to 284 likewise. */
function control(type: number, size: number): Buffer {
  const [first, further] = type > 7 ? [0, [type - 7]] : [type << 5, []];
  return Buffer.from(size < 29 ? [first | size, ...further] : [first | 29, ...further, size - 29]);
}
