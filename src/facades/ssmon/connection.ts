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

export function describeSession(session: SessionRecord): Described {
  const { port, place, startedAt } = session;
  const geo = place?.geo ?? null;
  return {
    port: port === null ? null : String(port),
    ...softwareOf(session),
    start: timeText(startedAt),
    latitude: roundDegrees(geo?.latitude ?? null),
    longitude: roundDegrees(geo?.longitude ?? null),
    country: countryOf(geo?.countryCode ?? null),
    city: geo?.city ?? null,
  };
}

/** Only SDR# tells a version and a system; what another client calls itself says more than nothing. */
function softwareOf({ details, userAgent }: SessionRecord): Pick<Described, 'version' | 'os'> {
  const { version, os } = details;
  if (version !== undefined) return { version: String(version), os: String(os ?? '') };
  const match = /^SDR# (.+) on (.+)$/s.exec(userAgent ?? '');
  if (match !== null) return { version: match[1]!, os: match[2]! };
  return { version: String(details['software'] ?? userAgent ?? ''), os: String(os ?? '') };
}

/** The English name; a code that has none stands for itself. */
export function countryOf(code: string | null): string | null {
  return countryName(code) ?? code;
}

/** To a metre: databases hold them in so few bits that the rest is noise. */
export function roundDegrees(degrees: number | null): number | null {
  return degrees === null ? null : Math.round(degrees * 1e5) / 1e5;
}

/** Degrees of a connection are texts, as ipgeolocation.io has them. */
export function degreesText(degrees: number | null): string | null {
  const rounded = roundDegrees(degrees);
  return rounded === null ? null : String(rounded);
}
