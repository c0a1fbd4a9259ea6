/** A finding as others are told of it: without the networks of its places, and without more of the account than it takes to look there. */

import type { SharingFound } from '../../../core/event.ts';
import type { Finding } from '../judgement/judgement.ts';

export function found(account: SharingFound['account'] & { listener: string }, finding: Finding): SharingFound {
  const { id, source, user, score, listener } = account;
  const { kind, points, at, plays, devices, distanceKm, gapSeconds, why, whyNotSuppressed } = finding;
  const places = finding.places.map((place) => {
    if (place === null) return null;
    const { city, region, country } = place;
    return { city, region, country };
  });
  return {
    id: finding.id,
    type: 'sharing.found',
    at,
    // It is about several.
    stream: null,
    listener,
    account: { id, source, user, score },
    finding: { kind, points, plays, devices, places, distanceKm, gapSeconds, why, whyNotSuppressed },
  };
}
