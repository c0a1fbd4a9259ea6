/** From what a source tells to what the tracker takes: every raw set of client facts becomes its client. */

import type { Client } from '../core/identity.ts';
import { type ClientFacts, type Observation, type Presence, presenceOf } from '../core/observation.ts';
import { nextTurn } from '../lib/turn.ts';
import type { Enrichment } from './enrich.ts';

/** So many are identified before the event loop may turn: new clients cost something. */
const SLICE = 1000;

export async function identifyBatch(
  enrichment: Enrichment,
  source: string,
  observations: readonly Observation[],
): Promise<Observation<Client>[]> {
  const clientOf = (told: { readonly client: ClientFacts }) => enrichment.identify(source, told.client);
  const result: Observation<Client>[] = [];
  let identified = 0;
  for (const observation of observations) {
    if (observation.kind === 'report') {
      result.push(observation);
    } else if (observation.kind === 'roster') {
      const present: Presence<Client>[] = [];
      for (const p of observation.present) {
        if (++identified % SLICE === 0) await nextTurn();
        present.push(presenceOf(p, clientOf(p)));
      }
      result.push({ ...observation, present });
    } else {
      if (++identified % SLICE === 0) await nextTurn();
      const client = clientOf(observation);
      result.push(observation.kind === 'presence' ? presenceOf(observation, client) : { ...observation, client });
    }
  }
  return result;
}
