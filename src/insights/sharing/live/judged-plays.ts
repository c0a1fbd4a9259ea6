/** From the sessions of an account to the plays that are judged. */

import type { SessionRecord } from '../../../core/session.ts';
import { countryName } from '../../../lib/country.ts';
import type { JudgedPlace, JudgedPlay } from '../judgement/judgement.ts';

/** Where no device is told, the user agent tells devices apart, else the address. */
export function judgedPlay(session: SessionRecord): JudgedPlay {
  const { details, player, place, address } = session;
  const told = (name: string) => (typeof details[name] === 'string' ? details[name] : null);
  const played = details['playSeconds'];
  return {
    id: session.id,
    startedAt: session.startedAt,
    stoppedAt: session.endedAt ?? session.lastSeenAt,
    playSeconds: typeof played === 'number' ? played : (session.lastSeenAt - session.startedAt) / 1000,
    device: session.device ?? session.userAgent ?? address,
    platform: told('platform') ?? player?.platform ?? null,
    player: told('player') ?? player?.name ?? null,
    address,
    title: session.stream,
    place: placeOf(session),
    asn: place?.asn ?? null,
    organization: place?.organization ?? null,
    networkKind: null,
  };
}

function placeOf({ place }: SessionRecord): JudgedPlace | null {
  const geo = place?.geo ?? null;
  if (geo === null) return null;
  const { city, region, countryCode, latitude, longitude, accuracyKm } = geo;
  return { city, region, country: countryName(countryCode) ?? countryCode, latitude, longitude, accuracyKm };
}
