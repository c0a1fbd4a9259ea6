/** Observations that wait for the watermark of their source: in which order they are applied, and how they are stored. */

import type { Client } from './identity.ts';
import type { Instant, Observation } from './observation.ts';

/** As plain JSON can carry it, and as it may be stored. */
export function storable(observation: Observation<Client>): Observation<Client> {
  if (observation.kind === 'report') return observation;
  if (observation.kind === 'roster') {
    const present = observation.present.map((p) => ({ ...p, client: storableClient(p.client) }));
    return { ...observation, present };
  }
  return { ...observation, client: storableClient(observation.client) };
}

export function storableClient(client: Client): Client {
  const { place } = client;
  if (place?.answer === undefined) return { ...client, session: null };
  const { answer: _, ...stored } = place;
  return { ...client, session: null, place: stored };
}

export function timeOf(observation: Observation<Client>): Instant {
  return observation.kind === 'presence' ? observation.from : observation.at;
}

/** At the same instant: what was only seen then, the cuts, what goes on from there. */
export function byTime(a: Observation<Client>, b: Observation<Client>): number {
  return timeOf(a) - timeOf(b) || orderAt(a) - orderAt(b);
}

export function orderAt(observation: Observation<Client>): number {
  if (observation.kind !== 'presence') return 1;
  return observation.from === observation.to && observation.until === null ? 0 : 2;
}
