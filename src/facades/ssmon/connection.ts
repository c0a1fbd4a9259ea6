/**
 * A session as the original knows one: the columns of its table `connections`, and the object of its class Connection. The
 * address is hashed wherever it is told.
 */

import type { Hash } from '../../core/identity.ts';
import type { Instant } from '../../core/observation.ts';
import type { SessionRecord } from '../../core/session.ts';
import { countryName } from '../../lib/country.ts';

export type HashedAddress = string | number | null;

/**
 * Of the keyed hash so many bits as a number of JavaScript holds: of a million addresses two are alike once in twenty
 * thousand installations.
 */
export function addressHash(hash: Hash, written: 'text' | 'number'): (address: string | null) => HashedAddress {
  return (address) => {
    if (address === null) return null;
    const bits = Buffer.from(hash(`ssmon|${address}`), 'base64url').readBigUInt64BE() >> 11n;
    return written === 'text' ? String(bits) : Number(bits);
  };
}

/** UTC, as Python writes a datetime without a zone; never without the fraction. */
export function timeText(at: Instant): string {
  return `${new Date(at).toISOString().replace('T', ' ').slice(0, -1)}000`;
}

export interface Described {
  readonly port: string | null;
  readonly version: string;
  readonly os: string;
  readonly start: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly country: string | null;
  readonly city: string | null;
}

export function describeSession({ port, details, player, place, startedAt }: SessionRecord): Described {
  const { version, software, os } = details;
  const geo = place?.geo ?? null;
  return {
    port: port === null ? null : String(port),
    // Only SDR# tells a version; what another client calls itself says more than nothing.
    version: String(version ?? software ?? player?.name ?? ''),
    os: String(os ?? player?.platform ?? ''),
    start: timeText(startedAt),
    latitude: geo?.latitude ?? null,
    longitude: geo?.longitude ?? null,
    country: countryOf(geo?.countryCode ?? null),
    city: geo?.city ?? null,
  };
}

/** The English name; a code that has none stands for itself. */
export function countryOf(code: string | null): string | null {
  return countryName(code) ?? code;
}

/** Degrees are texts there, as ipgeolocation.io has them. */
export function degreesText(degrees: number | null): string | null {
  return degrees === null ? null : String(degrees);
}
