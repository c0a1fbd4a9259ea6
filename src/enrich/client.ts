/** Clients as the tracker likes them. */

import type { Client, Identity, Place, Player } from '../core/identity.ts';
import type { ClientFacts } from '../core/observation.ts';

export interface ClientParts {
  readonly identity: Identity;
  /** Masked. */
  readonly address: string | null;
  readonly facts: ClientFacts;
  readonly place: Place | null;
  readonly player: Player | null;
  readonly bot: boolean;
}

/** The only place where clients are made: all have one shape, and what the tracker's hot path reads comes first. */
export function createClient({ identity, address, facts, place, player, bot }: ClientParts): Client {
  return {
    session: null,
    key: identity.key,
    identity: identity.identity,
    selfDeclared: identity.selfDeclared,
    agent: identity.agent,
    network: identity.network,
    listener: identity.listener,
    listenerRank: identity.listenerRank,
    player,
    bot,
    place,
    address,
    port: facts.port,
    userAgent: cut(facts.userAgent),
    user: facts.user,
    device: facts.device,
  };
}

/** There may be a million clients, and whoever writes user agents may make them long. */
const LONGEST_AGENT = 1024;

function cut(userAgent: string | null): string | null {
  if (userAgent === null || userAgent.length <= LONGEST_AGENT) return userAgent;
  // A copy: a slice would hold on to the whole.
  return Buffer.from(userAgent.slice(0, LONGEST_AGENT)).toString();
}
