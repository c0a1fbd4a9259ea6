/** What live counts are called: countries, and networks by whose they are, as the sessions that are open say. */

import type { AudienceView } from '../core/limited-audience.ts';
import type { Dimension } from '../core/query.ts';
import { labelOf } from './wire.ts';

type Sessions = Pick<AudienceView, 'sessions'>;

/** Then it is begun anew. */
const MOST_KNOWN = 10_000;

const known = new WeakMap<Sessions, Map<string, string | null>>();

/** Of autonomous system numbers in decimal: null where no session says it. The sessions are looked at once for each. */
function organizationsOf(audience: Sessions, asns: readonly (string | null)[]): ReadonlyMap<string, string | null> {
  let names = known.get(audience);
  if (names === undefined || names.size > MOST_KNOWN) {
    names = new Map();
    known.set(audience, names);
  }
  const missing = new Set(asns.filter((asn) => asn !== null && !names.has(asn)));
  if (missing.size === 0) return names;
  for (const { place } of audience.sessions.values()) {
    const asn = place?.asn?.toString() ?? null;
    if (asn === null || !missing.delete(asn)) continue;
    names.set(asn, place?.organization ?? null);
    if (missing.size === 0) break;
  }
  return names;
}

/** The label of each value of a dimension: names of countries, and whose a network is. */
export function labelsOf(
  audience: Sessions,
  dimension: Dimension,
  values: readonly { readonly value: string | null }[],
): (value: string | null) => string | null {
  if (dimension !== 'asn') return (value) => labelOf(dimension, value);
  const names = organizationsOf(
    audience,
    values.map(({ value }) => value),
  );
  return (value) => (value === null ? null : (names.get(value) ?? null));
}
