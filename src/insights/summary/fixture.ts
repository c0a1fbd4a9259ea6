/** Sessions for tests of what is made of them: whatever is not said is unknown. */

import type { Geo } from '../../core/identity.ts';
import type { SessionRecord } from '../../core/session.ts';

const NOWHERE: Geo = {
  countryCode: null,
  regionCode: null,
  region: null,
  city: null,
  postalCode: null,
  latitude: null,
  longitude: null,
  accuracyKm: null,
  timeZone: null,
};

export interface Said extends Partial<SessionRecord> {
  readonly from: number;
  readonly to: number;
  readonly geo?: Partial<Geo>;
}

export function sessionOf({ from, to, geo, ...said }: Said): SessionRecord {
  return {
    id: `${from}-${to}`,
    source: 'analysis',
    stream: 'rock',
    identity: 'inferred',
    listener: 'somebody',
    address: null,
    port: null,
    userAgent: null,
    user: null,
    device: null,
    player: null,
    place: geo === undefined ? null : { geo: { ...NOWHERE, ...geo }, asn: null, organization: null },
    bot: false,
    provisional: false,
    startedAt: from,
    lastSeenAt: to,
    endedAt: to,
    reason: 'expired',
    bytes: 0,
    requests: 1,
    traffic: null,
    quality: null,
    qualities: [],
    title: null,
    details: {},
    ...said,
  };
}
