/**
 * For bench/tracker.ts: clients as enrichment makes them, and what a source tells of them. A crowd on twenty streams, each
 * client seen once in four seconds on average, in random order; one presence in ten comes up to five seconds late.
 */

import type { Client } from '../src/core/identity.ts';
import { clientFacts, type Instant, type Presence, presence } from '../src/core/observation.ts';
import type { SourceTraits } from '../src/core/spaces.ts';
import type { Enrichment } from '../src/enrich/enrich.ts';
import { randomFrom } from '../src/enrich/fixture.ts';
import { createEnrichment } from '../src/enrich/index.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';
import { silentLog } from '../src/telemetry/log.ts';
import { people, userAgents } from './people.ts';

/** As the access log's are. */
export const LOG: SourceTraits = {
  name: 'edge',
  audience: null,
  gap: 40_000,
  departures: 'never',
  provisional: false,
};
export const LATENESS = 5000;
const SEEN_EVERY = 4000;

const STREAMS = Array.from({ length: 20 }, (_, i) => `stream-${i}`);
const QUALITIES = ['360p', '480p', '720p', '1080p'];
const AGENTS = 2000;
const START = Date.UTC(2025, 4, 17, 18);

export interface Batch {
  readonly presences: readonly Presence<Client>[];
  readonly watermark: Instant;
}

export async function openEnrichment(): Promise<Enrichment> {
  return createEnrichment({
    geo: { database: null },
    asnDatabase: null,
    privacy: { addresses: 'full', ipv4Bits: 24, ipv6Bits: 48 },
    key: new Uint8Array(32),
    acceptDeclared: true,
    found: () => {},
    log: silentLog,
    counters: new ScopedCounters(),
  });
}

/** The clients of so many people, all that can be known of them found out. */
export async function meet(enrichment: Enrichment, count: number): Promise<Client[]> {
  const agents = userAgents(AGENTS);
  for (const userAgent of agents) enrichment.identify(LOG.name, clientFacts({ userAgent }));
  await enrichment.settled();
  const clients: Client[] = [];
  for (const facts of people(count, agents)) clients.push(enrichment.identify(LOG.name, facts));
  return clients;
}

export class Crowd {
  readonly #clients: readonly Client[];
  readonly #hasQuality: boolean;
  readonly #random = randomFrom(11);
  readonly #streams: readonly string[];
  #now: Instant = START;

  /** With qualities as a video's segments tell them, or none, as audio has it. */
  constructor(clients: readonly Client[], hasQuality: boolean) {
    this.#clients = clients;
    this.#hasQuality = hasQuality;
    this.#streams = clients.map(() => STREAMS[Math.floor(STREAMS.length * this.#random() ** 2)]!);
  }

  /** Everybody once, in batches of a second's length. */
  *arrivals(): Generator<Batch> {
    const each = this.#batchSize;
    for (let from = 0; from < this.#clients.length; from += each) {
      yield this.#batch(Math.min(each, this.#clients.length - from), (n) => from + n);
    }
  }

  /** Presences of everybody, round after round in the order of their coming, at least `count`. */
  *rounds(count: number): Generator<Batch> {
    let who = 0;
    const nextOne = () => who++ % this.#clients.length;
    for (let told = 0; told < count; told += this.#batchSize) yield this.#batch(this.#batchSize, nextOne);
  }

  /** Presences of anybody, at least `count`; each batch is made when it is asked for, as a source does. */
  *next(count: number): Generator<Batch> {
    const anybody = () => Math.floor(this.#random() * this.#clients.length);
    for (let told = 0; told < count; told += this.#batchSize) yield this.#batch(this.#batchSize, anybody);
  }

  /** What there is to tell in a second. */
  get #batchSize(): number {
    return Math.round((this.#clients.length * 1000) / SEEN_EVERY);
  }

  #batch(size: number, who: (n: number) => number): Batch {
    const from = this.#now;
    this.#now += 1000;
    const presences = Array.from({ length: size }, (_, n) =>
      this.#presence(who(n), from + Math.floor((n * 1000) / size)),
    );
    return { presences, watermark: this.#now - LATENESS };
  }

  #presence(i: number, now: Instant): Presence<Client> {
    const random = this.#random;
    const at = random() < 0.1 ? now - Math.floor(random() * LATENESS) : now;
    // One in fifty is on another quality than usual.
    const quality = (i + (random() < 0.02 ? 1 : 0)) % QUALITIES.length;
    return presence({
      stream: this.#streams[i]!,
      client: this.#clients[i]!,
      from: at,
      bytes: 100_000 + Math.floor(random() * 100_000),
      requests: 2,
      qualities: this.#hasQuality ? [{ at, value: QUALITIES[quality]! }] : null,
    });
  }
}
