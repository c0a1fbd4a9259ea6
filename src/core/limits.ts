/**
 * Nothing that a client can type multiplies it without limit: how many self-declared keys (playback ids, user agents)
 * one network may have open at a time. What is beyond folds into one crowd per network and stream.
 */

import type { Client } from './identity.ts';

/** What one network has open, once it is more than one session. */
interface Use {
  /** Open sessions by key. */
  readonly keys: Map<string, number>;
  declared: number;
  agents: number;
  crowd: Client | null;
}

/** User agents that one network may have open at a time. */
export const MOST_AGENTS = 64;

export class NetworkLimits {
  readonly #maxDeclared: number;
  readonly #maxAgents: number;
  /** Nearly every network has one session open: then its client alone stands here. */
  readonly #uses = new Map<string, Client | Use>();

  constructor(maxDeclared = 256, maxAgents = MOST_AGENTS) {
    this.#maxDeclared = maxDeclared;
    this.#maxAgents = maxAgents;
  }

  /** May this client open a session? A key that is open on another stream counts once. */
  admits(client: Client): boolean {
    const use = this.#uses.get(client.network);
    if (use === undefined) return true;
    if ('key' in use) return use.key === client.key || this.#mayOpenAnother(client, asUse(use));
    return use.keys.has(client.key) || this.#mayOpenAnother(client, use);
  }

  add(client: Client): void {
    const use = this.#uses.get(client.network);
    if (use === undefined) {
      this.#uses.set(client.network, client);
      return;
    }
    const shared = 'key' in use ? asUse(use) : use;
    if (shared !== use) this.#uses.set(client.network, shared);
    const sessions = shared.keys.get(client.key) ?? 0;
    shared.keys.set(client.key, sessions + 1);
    if (sessions === 0) count(shared, client, 1);
  }

  remove(client: Client): void {
    const use = this.#uses.get(client.network);
    if (use === undefined) return;
    if ('key' in use) {
      if (use.key === client.key) this.#uses.delete(client.network);
      return;
    }
    const sessions = use.keys.get(client.key) ?? 0;
    if (sessions > 1) use.keys.set(client.key, sessions - 1);
    else if (use.keys.delete(client.key)) count(use, client, -1);
    if (use.keys.size === 0) this.#uses.delete(client.network);
  }

  /** The one client that stands for all that the network may not open. */
  crowdOf(client: Client): Client {
    const use = this.#uses.get(client.network)!;
    const shared = 'key' in use ? asUse(use) : use;
    shared.crowd ??= {
      ...client,
      key: `${client.network}*`,
      identity: 'inferred',
      selfDeclared: false,
      agent: `${client.network}*`,
      listener: `${client.network}*`,
      listenerRank: 0,
      userAgent: null,
      user: null,
      device: null,
      port: null,
      player: null,
      bot: false,
      session: null,
    };
    return shared.crowd;
  }

  #mayOpenAnother(client: Client, use: Use): boolean {
    return client.identity === 'declared' ? use.declared < this.#maxDeclared : use.agents < this.#maxAgents;
  }
}

function asUse(client: Client): Use {
  const use: Use = { keys: new Map([[client.key, 1]]), declared: 0, agents: 0, crowd: null };
  count(use, client, 1);
  return use;
}

function count(use: Use, client: Client, change: number): void {
  if (client.identity === 'declared') use.declared += change;
  else use.agents += change;
}
