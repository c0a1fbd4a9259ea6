/** From what a source tells to what the tracker takes: every raw set of client facts becomes its client. */

import type { Client } from '../core/identity.ts';
import { type ClientFacts, type Observation, type Presence, presenceOf } from '../core/observation.ts';
import { nextTurn, Slice } from '../lib/turn.ts';
import type { Enrichment } from './enrich.ts';

/** So many are identified before it is asked whether the event loop should turn: new clients cost something, known ones little. */
const BETWEEN_LOOKS = 64;

export async function identifyBatch(
  enrichment: Enrichment,
  source: string,
  observations: readonly Observation[],
): Promise<Observation<Client>[]> {
  const clientOf = (told: { readonly client: ClientFacts }) => enrichment.identify(source, told.client);
  const result: Observation<Client>[] = [];
  let identified = 0;
  const slice = new Slice();
  const turn = async () => {
    await nextTurn();
    slice.begin();
  };
  for (const observation of observations) {
    if (observation.kind === 'report') {
      result.push(observation);
    } else if (observation.kind === 'roster') {
      const present: Presence<Client>[] = [];
      for (const p of observation.present) {
        if (++identified % BETWEEN_LOOKS === 0 && slice.isOver) await turn();
        present.push(presenceOf(p, clientOf(p)));
      }
      result.push({ ...observation, present });
    } else {
      if (++identified % BETWEEN_LOOKS === 0 && slice.isOver) await turn();
      const client = clientOf(observation);
      result.push(observation.kind === 'presence' ? presenceOf(observation, client) : { ...observation, client });
    }
  }
  return result;
}
