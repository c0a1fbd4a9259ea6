/**
 * Whose network an address is in: autonomous system number and organization, from the bundled table (@ip-location-db/asn:
 * RouteViews, the five registries, DB-IP) or from any ASN or ISP .mmdb that the configuration names. Where it is is geo/.
 *
 * The bundled tables are parsed once, each when it is first needed: the one for IPv4 while Headcount starts, in pieces,
 * the one for IPv6 when the first such address comes, at once (see geo/index.ts for why).
 */

import { createReadStream, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Log } from '../../telemetry/log.ts';
import { bundledFile } from '../bundled.ts';
import { openMmdb } from '../mmdb/index.ts';
import { type Lookup, lookupIn } from '../mmdb/lookup.ts';
import { NETWORKS, refuseOther } from '../mmdb/subject.ts';
import { nameIn, type RangeLines, readRanges } from './csv.ts';
import { buildTable, type RangeTable } from './table.ts';

/** The bundled table is made of these, all of them CC BY 4.0. The link that pages must have is geo/'s. */
export const ATTRIBUTION = [
  { text: 'RouteViews', url: 'https://www.routeviews.org/routeviews/' },
  { text: 'NRO', url: 'https://www.nro.net' },
  { text: 'DB-IP', url: 'https://db-ip.com' },
] as const;

/** An autonomous system. One object each, shared. */
export interface Network {
  readonly asn: number;
  readonly organization: string | null;
}

export interface NetworkOptions {
  /** The path of an ASN or ISP .mmdb; null is the bundled table. */
  readonly database: string | null;
  readonly log: Log;
  readonly counters: ScopedCounters;
}

/** Records of an .mmdb of which a `Network` is kept; others are read again. */
const KEPT_RECORDS = 100_000;
/** How many lines the bundled tables are likely to have; there may be more. */
const EXPECTED_RANGES = { 4: 430_000, 6: 110_000 } as const;

/** Rejects with code `MMDB_UNREADABLE`, `MMDB_BROKEN`, `MMDB_OTHER_KIND`, `ASN_TABLE_BROKEN` or `BUNDLED_MISSING`. */
export async function openNetworks({ database, log, counters }: NetworkOptions): Promise<Lookup<Network>> {
  if (database !== null) {
    const mmdb = await openMmdb(database);
    refuseOther(database, mmdb.type, NETWORKS);
    return lookupIn(mmdb, { parse: parseNetwork, keep: KEPT_RECORDS, counters });
  }

  const networks = new Map<number, Network>();
  const ipv4 = await readTable(bundled(4), networks, counters);
  await access(bundled(6)).catch((cause: unknown) => {
    throw new HeadcountError('BUNDLED_MISSING', 'The bundled IPv6 network table cannot be read.', { cause });
  });
  let ipv6: RangeTable | null = null;
  const readIpv6 = (): RangeTable => {
    try {
      return readTableSync(bundled(6), networks, counters);
    } catch (error) {
      // It was there at the start. What is going on must not end because of it.
      log.error(`IPv6 addresses have no network: ${messageOf(error)}`);
      counters.add('unreadableDatabases');
      return { size: 0, find: () => -1 };
    }
  };
  return (address) => {
    if (address.length === 16) ipv6 ??= readIpv6();
    const asn = (address.length === 16 ? ipv6! : ipv4).find(address);
    return asn === -1 ? null : (networks.get(asn) ?? null);
  };
}

function bundled(family: 4 | 6): string {
  return bundledFile(`@ip-location-db/asn/asn-ipv${family}-num.csv`);
}

/** In pieces of a mebibyte, some milliseconds of work each, with everything else in between. */
async function readTable(path: string, networks: Map<number, Network>, counters: ScopedCounters): Promise<RangeTable> {
  const { lines, finish } = startTable(4, networks, counters);
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) lines.feed(piece as Buffer);
  } catch (cause) {
    throw new HeadcountError('ASN_TABLE_BROKEN', 'The bundled IPv4 network table cannot be read.', { cause });
  }
  return finish();
}

function readTableSync(path: string, networks: Map<number, Network>, counters: ScopedCounters): RangeTable {
  const { lines, finish } = startTable(6, networks, counters);
  lines.feed(readFileSync(path));
  return finish();
}

interface TableInProgress {
  readonly lines: RangeLines;
  finish(): RangeTable;
}

/** Lines that are no range, or say nothing beyond the line before, are counted as `unreadableRanges`. */
function startTable(family: 4 | 6, networks: Map<number, Network>, counters: ScopedCounters): TableInProgress {
  const table = buildTable(family === 4 ? 1 : 4, EXPECTED_RANGES[family]);
  const lines = readRanges(table.start, table.end, (asn, bytes, from, to) => {
    if (!table.add(asn)) counters.add('unreadableRanges');
    else if (!networks.has(asn)) networks.set(asn, { asn, organization: nameIn(bytes, from, to) });
  });
  const finish = () => {
    lines.end();
    counters.add('unreadableRanges', lines.unreadable);
    const built = table.build();
    if (built.size > 0) return built;
    throw new HeadcountError('ASN_TABLE_BROKEN', `The bundled IPv${family} network table is empty.`);
  };
  return { lines, finish };
}

/** GeoLite2 ASN, GeoIP2 ISP, DB-IP ASN; Enterprise has the same fields in `traits`. */
function parseNetwork(record: unknown): Network | null {
  const row = rowOf(record);
  const fields = 'traits' in row ? rowOf(row['traits']) : row;
  const asn = fields['autonomous_system_number'];
  const organization = fields['autonomous_system_organization'];
  if (typeof asn !== 'number') return null;
  return { asn, organization: typeof organization === 'string' && organization !== '' ? organization : null };
}

function rowOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
