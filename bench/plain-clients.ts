/** For children of benches: clients as the tracker wants them, each facts object once, as enrichment makes them without geo, network and player. */

import { createHash } from 'node:crypto';
import { type Client, identify } from '../src/core/identity.ts';
import type { ClientFacts } from '../src/core/observation.ts';
import { createClient } from '../src/enrich/client.ts';
import { networkOf } from '../src/lib/ip.ts';

const clients = new WeakMap<ClientFacts, Client>();

export function clientOf(facts: ClientFacts): Client {
  let client = clients.get(facts);
  if (client === undefined) {
    const { address } = facts;
    const identity = identify(facts, address === null ? null : networkOf(address), true, token);
    client = createClient({ identity, address, facts, place: null, player: null, bot: false });
    clients.set(facts, client);
  }
  return client;
}

export function token(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
