/**
 * Whose network an address is in: autonomous system number and organization, from the bundled table (@ip-location-db/asn:
 * RouteViews, the five registries, DB-IP) or from any ASN or ISP .mmdb that the configuration names. Where it is is geo/.
 *
 * Of the bundled tables only what is asked for is read (range-file.ts).
 */

import { HeadcountError, messageOf } from '../../lib/errors.ts';
import type { IpBytes } from '../../lib/ip.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Log } from '../../telemetry/log.ts';
import { bundledFile } from '../bundled.ts';
import type { Table } from '../mmdb/lookup.ts';
import { NETWORKS } from '../mmdb/subject.ts';
import { openWatched, type Watching } from '../mmdb/watched.ts';
import { RangeFile } from './range-file.ts';

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
  /** Absent: a database that is replaced is not looked at again. */
  readonly watching?: Watching | null;
  readonly log: Log;
  readonly counters: ScopedCounters;
}

/** Records of an .mmdb of which a `Network` is kept; others are read again. */
const KEPT_RECORDS = 100_000;

/** Rejects with code `MMDB_UNREADABLE`, `MMDB_BROKEN`, `MMDB_OTHER_KIND`, `ASN_TABLE_BROKEN` or `BUNDLED_MISSING`. */
export async function openNetworks(options: NetworkOptions): Promise<Table<Network>> {
  const { database, watching = null, log, counters } = options;
  if (database === null) return openBundled(options);
  const reading = { parse: parseNetwork, keep: KEPT_RECORDS, counters };
  return await openWatched({ path: database, subject: NETWORKS, watching, log, ...reading });
}

function openBundled({ log, counters }: NetworkOptions): Table<Network> {
  const ipv4 = openFile(4);
  let ipv6: RangeFile;
  try {
    ipv6 = openFile(6);
  } catch (error) {
    ipv4.close();
    throw error;
  }
  const networks = new Map<number, Network>();
  const networkIn = (file: RangeFile, address: IpBytes): Network | null => {
    const range = file.find(address);
    if (range === null) return null;
    let network = networks.get(range.asn);
    if (network === undefined) {
      network = { asn: range.asn, organization: file.nameOf(range) };
      networks.set(range.asn, network);
    }
    return network;
  };
  let isBroken = false;
  return {
    find: (address) => {
      try {
        return networkIn(address.length === 4 ? ipv4 : ipv6, address);
      } catch (error) {
        // It was there at the start. What is going on must not end because of it.
        if (!isBroken) log.error(`the bundled network table cannot be read: ${messageOf(error)}`);
        isBroken = true;
        counters.add('unreadableRanges');
        return null;
      }
    },
    close: async () => {
      ipv4.close();
      ipv6.close();
    },
  };
}

function openFile(family: 4 | 6): RangeFile {
  const path = bundledFile(`@ip-location-db/asn/asn-ipv${family}-num.csv`);
  try {
    return new RangeFile(path);
  } catch (cause) {
    throw new HeadcountError('ASN_TABLE_BROKEN', `The bundled IPv${family} network table cannot be read.`, { cause });
  }
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
