/**
 * Enrichment: from what a source reveals of a client to an identified, placed, named and masked client. Composed here from
 * geo/, network/, player/ and privacy.ts; which rung of the ladder a client stands on is decided in core/identity.ts.
 *
 * Done once for each distinct client, in bounded caches. The raw address is used for the place, the exclusions and the
 * tokens, and then masked: nothing behind this has it.
 */

import { type Hash, identify, type Place } from '../core/identity.ts';
import type { ClientFacts } from '../core/observation.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { type Exclusion, matchExclusions } from '../lib/exclusion.ts';
import { canonicalText, networkText, parseIp } from '../lib/ip.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import { Acquaintances, type Met } from './acquaintances.ts';
import { createClient } from './client.ts';
import type { Found, MeetingEnrichment } from './enrich.ts';
import { openGeo } from './geo/index.ts';
import type { WebGeoOptions } from './geo/web/index.ts';
import { EMPTY_TABLE, type Table } from './mmdb/lookup.ts';
import type { Network, NetworkOptions } from './network/index.ts';
import { type Places, TablePlaces, type Whereabouts } from './places.ts';
import { createPlayers } from './player/index.ts';
import { createMask, keyedHash, type Mask, type PrivacyOptions } from './privacy.ts';
import { type Learn, Teller } from './teller.ts';

export interface EnrichmentOptions {
  /**
   * The .mmdb to look places up in; null is the bundled one. Or the web service to ask for places and networks: then
   * `asnDatabase` is not used. `false`: no places.
   */
  readonly geo: { readonly database: string | null } | { readonly web: WebGeoOptions } | false;
  /** The .mmdb to look networks up in; null is the bundled table. `false`: no networks. */
  readonly asnDatabase: string | null | false;
  /** Who is flagged as a bot, whatever plays. */
  readonly exclude?: readonly Exclusion[];
  readonly privacy: PrivacyOptions;
  /** For all tokens: 32 random bytes, kept by the caller. */
  readonly key: Uint8Array;
  /** Makes them instead, where nobody sees them. */
  readonly tokens?: Hash;
  /** Believe playback ids that the server did not issue. */
  readonly acceptDeclared: boolean;
  /** Called later, never from within `identify`. Must not throw. */
  readonly found: Found;
  /** For web services, and for looking after databases that may be replaced. */
  readonly clock?: Clock;
  readonly log: Log;
  /**
   * Counts `clientsEvicted`, `clientsUntold`, `unreadableRecords`, `unreadableRanges`, `databasesReloaded`,
   * `databasesRefused`, what player/ counts, and what geo/web/lookups.ts counts.
   */
  readonly counters: ScopedCounters;
  /** How many clients are kept, and how many may wait to be told of what has been found. */
  readonly keepClients?: number;
  /** How many user agents are kept. */
  readonly keepAgents?: number;
  /** All that takes time is done now, and not when the first client comes: for whoever waits for that one anyway. */
  readonly atOnce?: boolean;
}

/**
 * Resolves when addresses can be looked up, some milliseconds later. Rejects with the codes of `openGeo`, `openNetworks`,
 * `createWebPlaces` and `keyedHash`.
 */
export async function createEnrichment(options: EnrichmentOptions): Promise<MeetingEnrichment> {
  const { counters, acceptDeclared, keepClients = 500_000 } = options;
  const hash = options.tokens ?? keyedHash(options.key);
  const mask = createMask(options.privacy, hash);
  const isExcluded = matchExclusions(options.exclude ?? []);
  const teller = new Teller(options.found, keepClients, counters);
  const places = await openPlaces(options, mask, {
    settle: (waiting, place) => teller.tell(waiting, learnPlace(place)),
    changed: () => acquaintances.forget(),
  });
  const agentOf = createPlayers({ keep: options.keepAgents ?? 20_000, counters, atOnce: options.atOnce ?? false });

  const first = (source: string, facts: ClientFacts): Met => {
    const bytes = facts.address === null ? null : parseIp(facts.address);
    const address = bytes === null ? facts.address : canonicalText(facts.address!, bytes);
    // An IPv4 address is its own network, and so is a text that is no address.
    const network = bytes === null || bytes.length === 4 ? address : networkText(bytes);
    const identity = identify(facts, network, acceptDeclared, hash);
    const agent = agentOf(facts.userAgent);
    const where = bytes === null ? null : places.of(bytes);
    const isOut = isExcluded(bytes, facts.userAgent);
    const bot = agent.bot || isOut || facts.isPublisher;
    const parts = { identity, address: mask(address), facts, place: where?.place ?? null, player: agent.player, bot };
    const met: Met = { source, client: createClient(parts), isUnplaced: false };
    if (where !== null && where.place === null) awaitPlace(met, where);
    return met;
  };

  const again = (met: Met, facts: ClientFacts): void => {
    const bytes = facts.address === null ? null : parseIp(facts.address);
    if (bytes === null) return;
    const where = places.of(bytes);
    if (where.place === null) {
      awaitPlace(met, where);
      return;
    }
    // Found out meanwhile, for another client of the address.
    const waiting: Met[] = [];
    met.isUnplaced = !teller.await(waiting, met);
    teller.tell(waiting, learnPlace(where.place));
  };

  const awaitPlace = (met: Met, { waiting, isOpen }: Whereabouts<Met>): void => {
    met.isUnplaced = waiting === null ? isOpen : !teller.await(waiting, met);
  };

  const acquaintances = new Acquaintances({ first, again }, { keep: keepClients, hash, counters });
  return {
    identify: (source, facts) => acquaintances.clientOf(source, facts),
    meet: (source, facts) => first(source, facts).client,
    settled: () => teller.settled(),
    close: async () => {
      acquaintances.forget();
      teller.close();
      await places.close();
    },
  };
}

/** Null: it cannot be found out for now. */
function learnPlace(place: Place | null): Learn {
  return (met) => {
    met.isUnplaced = place === null;
    if (place === null || met.client.place !== null) return false;
    met.client.place = place;
    return true;
  };
}

/** Who only asks for places does not load what finds networks. */
async function openNetworks(options: NetworkOptions): Promise<Table<Network>> {
  return await (await import('./network/index.ts')).openNetworks(options);
}

interface PlacesFound {
  readonly settle: (waiting: readonly Met[], place: Place | null) => void;
  /** Places are others than before: a database has been replaced. */
  readonly changed: () => void;
}

async function openPlaces(options: EnrichmentOptions, mask: Mask, found: PlacesFound): Promise<Places<Met>> {
  const { geo, asnDatabase, clock = systemClock, log, counters } = options;
  if (geo !== false && 'web' in geo) {
    // Only who asks a web service loads what talks to it.
    const { createWebPlaces } = await import('./geo/web/index.ts');
    return createWebPlaces({ ...geo.web, mask, settle: found.settle, clock, log, counters });
  }
  const parts: { places?: TablePlaces<Met> } = {};
  const changed = () => {
    parts.places?.forget();
    found.changed();
  };
  const both = { watching: { clock, changed }, log, counters };
  const geos = geo === false ? EMPTY_TABLE : await openGeo({ database: geo.database, ...both });
  try {
    const networks = asnDatabase === false ? EMPTY_TABLE : await openNetworks({ database: asnDatabase, ...both });
    parts.places = new TablePlaces<Met>(geos, networks);
    return parts.places;
  } catch (error) {
    await geos.close();
    throw error;
  }
}
