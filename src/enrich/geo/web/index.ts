/**
 * Places from a web service, for those who want its answers rather than a table's. Listeners are there at once and get
 * their place when the service has answered. The addresses of listeners leave the machine: docs/geo.md says so, too.
 */

import type { Place } from '../../../core/identity.ts';
import type { Clock } from '../../../lib/clock.ts';
import { HeadcountError } from '../../../lib/errors.ts';
import type { ScopedCounters } from '../../../telemetry/counters.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { Places } from '../../places.ts';
import type { Mask } from '../../privacy.ts';
import { Allowance } from './allowance.ts';
import { findIp } from './find-ip.ts';
import { ipApi } from './ip-api.ts';
import { ipGeolocation } from './ip-geolocation.ts';
import { Lookups } from './lookups.ts';
import { askService } from './service.ts';

export const WEB_SERVICES = [findIp, ipApi, ipGeolocation] as const;

/** As the configuration has it. */
export interface WebGeoOptions {
  /** The name of one of `WEB_SERVICES`. */
  readonly service: string;
  readonly token: string | null;
  /** Another base URL. */
  readonly url: string | null;
  /** Null is what the service allows those who do not pay. */
  readonly perMinute: number | null;
  readonly timeoutMs: number;
  /** How many addresses are remembered, and for how long. */
  readonly keep: number;
  readonly keepMs: number;
}

export interface WebPlacesOptions<W> extends WebGeoOptions {
  /** Answers that repeat the address have what this makes of it. */
  readonly mask: Mask;
  readonly settle: (waiting: readonly W[], place: Place | null) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts what `Lookups` counts. */
  readonly counters: ScopedCounters;
  /** How many addresses may wait for their turn. */
  readonly queue?: number;
  readonly random?: () => number;
}

const QUEUE = 10_000;

/** Throws code `GEO_SERVICE_UNKNOWN`. */
export function createWebPlaces<W>(options: WebPlacesOptions<W>): Places<W> {
  const { token, url, timeoutMs, mask } = options;
  const service = WEB_SERVICES.find(({ name }) => name === options.service);
  if (service === undefined) {
    const known = WEB_SERVICES.map(({ name }) => name).join(' or ');
    throw new HeadcountError('GEO_SERVICE_UNKNOWN', `There is no geo service "${options.service}": it is ${known}.`);
  }
  const access = { service, url, token, timeoutMs };
  return new Lookups<W>({
    ...options,
    ask: (address, signal) => {
      const masked = mask(address);
      return askService(access, address, masked === address ? null : masked, signal);
    },
    allowance: new Allowance(options.perMinute ?? service.perMinute),
    queue: options.queue ?? QUEUE,
    random: options.random ?? Math.random,
  });
}
