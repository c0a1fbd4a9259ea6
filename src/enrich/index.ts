/**
 * Enrichment: from what a source reveals of a client to an identified, placed, named and masked client. Composed here from
 * geo/, network/, player/ and privacy.ts; which rung of the ladder a client stands on is decided in core/identity.ts.
 *
 * Done once for each distinct client, in bounded caches. The raw address is used for the place and the tokens, and then
 * masked: nothing behind this has it.
 */

import { identify, type Place } from '../core/identity.ts';
import type { ClientFacts } from '../core/observation.ts';
import { formatIp, networkOf, parseIp } from '../lib/ip.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import { Acquaintances, type Met } from './acquaintances.ts';
import { createClient } from './client.ts';
import type { Enrichment, Found } from './enrich.ts';
import { openGeo } from './geo/index.ts';
import type { Lookup } from './mmdb/lookup.ts';
import { openNetworks } from './network/index.ts';
import { createPlaces } from './places.ts';
import { createPlayers } from './player/index.ts';
import { createMask, keyedHash, type PrivacyOptions } from './privacy.ts';
import { Teller } from './teller.ts';

export interface EnrichmentOptions {
  /** The .mmdb to look places up in; null is the bundled one. `false`: no places. */
  readonly geo: { readonly database: string | null } | false;
  /** The .mmdb to look networks up in; null is the bundled table. `false`: no networks. */
  readonly asnDatabase: string | null | false;
  readonly privacy: PrivacyOptions;
  /** For all tokens: 32 random bytes, kept by the caller. */
  readonly key: Uint8Array;
  /** Believe playback ids that the server did not issue. */
  readonly acceptDeclared: boolean;
  /** Called later, never from within `identify`. Must not throw. */
  readonly found: Found;
  readonly log: Log;
  /**
   * Counts `clientsEvicted`, `clientsUntold`, `unreadableRecords`, `unreadableRanges`, `unreadableDatabases`, and what
   * player/ counts.
   */
  readonly counters: ScopedCounters;
  /** How many clients are kept, and how many may wait to be told of their player. */
  readonly keepClients?: number;
  /** How many user agents are kept, and how many may wait for the thread. */
  readonly keepAgents?: number;
  readonly queueAgents?: number;
}

/**
 * Resolves when IPv4 addresses can be looked up, some 200 ms later; the bundled IPv6 tables are read by the first IPv6
 * address (some 100 ms, once). Rejects with the codes of `openGeo`, `openNetworks` and `keyedHash`.
 */
export async function createEnrichment(options: EnrichmentOptions): Promise<Enrichment> {
  const { log, counters, acceptDeclared, keepClients = 200_000 } = options;
  const hash = keyedHash(options.key);
  const mask = createMask(options.privacy, hash);
  const placeOf = await openPlaces(options);
  const teller = new Teller(options.found, keepClients, counters);
  const players = createPlayers<Met>({
    keep: options.keepAgents ?? 20_000,
    queue: options.queueAgents ?? 10_000,
    settle: (agent, waiting) => teller.tell(agent, waiting),
    log,
    counters,
  });

  const meet = (source: string, facts: ClientFacts): Met => {
    const bytes = facts.address === null ? null : parseIp(facts.address);
    const address = bytes === null ? facts.address : formatIp(bytes);
    // An IPv4 address is its own network: by far the most are spared a second reading.
    const network = address === null || bytes?.length === 4 ? address : networkOf(address);
    const identity = identify(facts, network, acceptDeclared, hash);
    const agent = players.agentOf(facts.userAgent);
    const place = bytes === null ? null : placeOf(bytes);
    const met = { source, client: createClient({ identity, address: mask(address), facts, place, agent }) };
    teller.await(agent, met);
    return met;
  };

  const acquaintances = new Acquaintances(meet, { keep: keepClients, hash, counters });
  return {
    identify: (source, facts) => acquaintances.clientOf(source, facts),
    settled: async () => {
      await players.settled();
      await teller.settled();
    },
    close: async () => {
      acquaintances.forget();
      teller.close();
      await players.close();
    },
  };
}

async function openPlaces({ geo, asnDatabase, log, counters }: EnrichmentOptions): Promise<Lookup<Place>> {
  const [geos, networks] = await Promise.all([
    geo === false ? nothing : openGeo({ database: geo.database, log, counters }),
    asnDatabase === false ? nothing : openNetworks({ database: asnDatabase, log, counters }),
  ]);
  return createPlaces(geos, networks);
}

const nothing: Lookup<never> = () => null;
