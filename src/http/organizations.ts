/** What live counts are called: countries, and networks by whose they are, as the sessions that are open say. */

import type { AudienceView } from '../core/limited-audience.ts';
import type { Dimension } from '../core/query.ts';
import { labelOf } from './wire.ts';

type Sessions = Pick<AudienceView, 'sessions'>;

/** Then it is begun anew. */
const MOST_KNOWN = 10_000;
/** Milliseconds between two looks at all sessions: a network that nobody names is looked for at every answer. */
const BETWEEN_LOOKS = 2000;

interface Known {
  readonly names: Map<string, string>;
  lookedAt: number;
}

const known = new WeakMap<Sessions, Known>();

/** Of autonomous system numbers in decimal; missing where no session has said it yet. */
function organizationsOf(
  audience: Sessions,
  asns: readonly (string | null)[],
  elapsed: number,
): ReadonlyMap<string, string> {
  let kept = known.get(audience);
  if (kept === undefined || kept.names.size > MOST_KNOWN) {
    kept = { names: new Map(), lookedAt: Number.NEGATIVE_INFINITY };
    known.set(audience, kept);
  }
  const { names } = kept;
  const missing = new Set(asns.filter((asn) => asn !== null && !names.has(asn)));
  if (missing.size === 0 || elapsed - kept.lookedAt < BETWEEN_LOOKS) return names;
  kept.lookedAt = elapsed;
  for (const { place } of audience.sessions.values()) {
    if (place?.asn == null || place.organization === null) continue;
    const asn = String(place.asn);
    if (!missing.delete(asn)) continue;
    names.set(asn, place.organization);
    if (missing.size === 0) break;
  }
  return names;
}

/** The label of each value of a dimension: names of countries, and whose a network is. `elapsed` is in milliseconds. */
export function labelsOf(
  audience: Sessions,
  dimension: Dimension,
  values: readonly { readonly value: string | null }[],
  elapsed = performance.now(),
): (value: string | null) => string | null {
  if (dimension !== 'asn') return (value) => labelOf(dimension, value);
  const names = organizationsOf(
    audience,
    values.map(({ value }) => value),
    elapsed,
  );
  return (value) => (value === null ? null : (names.get(value) ?? null));
}
