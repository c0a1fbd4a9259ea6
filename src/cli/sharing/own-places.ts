/** Where addresses are and whose networks they are in, by the bundled tables, for the sharing reports. */

import { openGeo } from '../../enrich/geo/index.ts';
import { openNetworks } from '../../enrich/network/index.ts';
import { countryName } from '../../http/wire.ts';
import type { JudgedPlace } from '../../insights/sharing/judgement/judged.ts';
import { parseIp } from '../../lib/ip.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { Surroundings } from './accounts.ts';

export interface OwnPlaces {
  find(address: string): JudgedPlace | null;
  surroundings(address: string): Surroundings;
  close(): Promise<void>;
}

/** Rejects with `BUNDLED_MISSING`, and as the tables do. */
export async function openOwnPlaces(): Promise<OwnPlaces> {
  const options = { database: null, log: silentLog, counters: new ScopedCounters() };
  const places = await openGeo(options);
  const networks = await openNetworks(options).catch(async (error) => {
    await places.close();
    throw error;
  });
  const find = (address: string): JudgedPlace | null => {
    const bytes = parseIp(address);
    const geo = bytes === null ? null : places.find(bytes);
    if (geo === null) return null;
    const { city, region, countryCode, latitude, longitude, accuracyKm } = geo;
    return { city, region, country: countryName(countryCode) ?? countryCode, latitude, longitude, accuracyKm };
  };
  return {
    find,
    surroundings: (address) => {
      const bytes = parseIp(address);
      const network = bytes === null ? null : networks.find(bytes);
      const { asn, organization } = network ?? { asn: null, organization: null };
      return { place: find(address), asn, organization };
    },
    close: async () => {
      await places.close();
      await networks.close();
    },
  };
}
