/** A connection that somebody else has kept, long over, and the session that it was. */

import type { Client } from './identity.ts';
import type { Details, Instant } from './observation.ts';
import type { SessionRecord } from './session.ts';

export interface PastConnection {
  /** Tells it from all others of the source, for ever. */
  readonly key: string;
  readonly stream: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly userAgent: string | null;
  readonly startedAt: Instant;
  /** When it was seen last; not before its start. */
  readonly endedAt: Instant;
  /** `lost`: nobody knows when it ended. */
  readonly reason: 'left' | 'lost';
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null;
  readonly city: string | null;
  readonly details: Details;
}

/** It lasted as long as was kept, however short; its place is the one that was kept. */
export function pastSession(id: string, source: string, past: PastConnection, client: Client): SessionRecord {
  return {
    id,
    source,
    stream: past.stream,
    identity: client.identity,
    listener: client.listener,
    address: client.address,
    port: client.port,
    userAgent: client.userAgent,
    user: null,
    device: null,
    player: client.player,
    place: placeOf(past),
    bot: client.bot,
    provisional: false,
    startedAt: past.startedAt,
    lastSeenAt: past.endedAt,
    endedAt: past.endedAt,
    reason: past.reason,
    bytes: 0,
    requests: 0,
    traffic: null,
    quality: null,
    qualities: [],
    title: null,
    details: past.details,
  };
}

function placeOf({ latitude, longitude, countryCode, city }: PastConnection): SessionRecord['place'] {
  if (latitude === null && longitude === null && countryCode === null && city === null) return null;
  const unknown = { regionCode: null, region: null, postalCode: null, accuracyKm: null, timeZone: null };
  return { geo: { ...unknown, latitude, longitude, countryCode, city }, asn: null, organization: null };
}
