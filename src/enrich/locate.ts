/** Where one address is, for whoever asks for it by itself. */

import type { Place } from '../core/identity.ts';
import { clientFacts } from '../core/observation.ts';
import type { Clock } from '../lib/clock.ts';
import type { Enrichment } from './enrich.ts';

/** A web service has so long to answer; what it says later is in its cache. */
const PATIENCE = 2000;
const LOOK_EVERY = 50;

const NEVER = new AbortController().signal;

/** Null: not known, or not in time. It counts as a client of no source. */
export function createLocator(
  enrichment: Pick<Enrichment, 'identify'>,
  { clock, isWeb }: { readonly clock: Clock; readonly isWeb: boolean },
): (address: string) => Promise<Place | null> {
  return async (address) => {
    const client = enrichment.identify('', clientFacts({ address }));
    const until = clock.elapsed() + (isWeb ? PATIENCE : 0);
    while (client.place === null && clock.elapsed() < until) await clock.sleep(LOOK_EVERY, NEVER);
    return client.place;
  };
}
