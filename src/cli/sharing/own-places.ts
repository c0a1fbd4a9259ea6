/** Where addresses are by the bundled tables, for the sharing reports. */

import { openGeo } from '../../enrich/geo/index.ts';
import { countryName } from '../../http/wire.ts';
import type { Whereabouts } from '../../insights/sharing/play.ts';
import { parseIp } from '../../lib/ip.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';

/** Rejects with `BUNDLED_MISSING`, as `openGeo` does. */
export async function openOwnPlaces(): Promise<{ find(address: string): Whereabouts | null; close(): Promise<void> }> {
  const table = await openGeo({ database: null, log: silentLog, counters: new ScopedCounters() });
  return {
    find: (address) => {
      const bytes = parseIp(address);
      const geo = bytes === null ? null : table.find(bytes);
      if (geo === null) return null;
      const { city, region, countryCode, latitude, longitude } = geo;
      return { city, region, country: countryName(countryCode) ?? countryCode, latitude, longitude };
    },
    close: () => table.close(),
  };
}
