/** What a reader has found, as it goes from one thread to another: numbers in arrays, and only the names that are new. */

import { type ClientFacts, clientFacts, type Observation, type StreamReport } from '../../core/observation.ts';
import type { PackedRuns } from '../../core/packed-runs.ts';

/** Names from the first that had not been told of yet. */
export interface NewNames<T> {
  readonly first: number;
  readonly names: readonly T[];
}

/** Everything since the last one. */
export interface NumbersBatch<Clients = NewNames<ClientFacts>> {
  readonly runs: PackedRuns;
  readonly clients: Clients;
  readonly streams: NewNames<string>;
  readonly qualities: NewNames<string>;
  /** What comes before the runs, and what after them: a session is named by what is told of it first. */
  readonly reports: readonly StreamReport[];
  readonly observations: readonly Observation[];
}

/** The same on its way to another thread. */
export type PackedBatch = NumbersBatch<PackedClients>;

/** Many texts as one: copying that is fast. */
export interface PackedTexts {
  readonly all: string;
  /** Where each of them ends. */
  readonly ends: Int32Array<ArrayBuffer>;
}

/** Clients by their numbers, from the first that had not been told of yet. */
export interface PackedClients {
  readonly first: number;
  readonly addresses: PackedTexts;
  /** By client: which of `agents` it has; -1 is none. */
  readonly agentOf: Int32Array<ArrayBuffer>;
  readonly agents: PackedTexts;
  /** The few that have more than that, whole. */
  readonly others: readonly (readonly [number, ClientFacts])[];
}

/** The names of what one thread has told of, by its numbers. */
export class ToldNames {
  readonly clients: ClientFacts[] = [];
  readonly streams: string[] = [];
  readonly qualities: string[] = [];
  readonly #known: KnownClients;

  /** Whom one thread has told of, another need not be told of again: they share `known`. */
  constructor(known: KnownClients) {
    this.#known = known;
  }

  /** Numbers that begin at 0 again are new ones. */
  add({ clients, streams, qualities }: NumbersBatch | PackedBatch): void {
    this.clients.length = clients.first;
    if ('names' in clients) for (const facts of clients.names) this.clients.push(this.#known.as(facts));
    else for (const facts of unpackClients(clients, this.#known)) this.clients.push(facts);
    this.streams.length = streams.first;
    this.streams.push(...streams.names);
    this.qualities.length = qualities.first;
    this.qualities.push(...qualities.names);
  }
}

const MOST_KNOWN = 200_000;

/** Clients of nothing but an address and a user agent, each once. */
export class KnownClients {
  readonly #byAddress = new Map<string, ClientFacts[]>();

  of(address: string, userAgent: string | null): ClientFacts {
    const here = this.#byAddress.get(address);
    return find(here, userAgent) ?? this.#keep(here, address, clientFacts({ address, userAgent }));
  }

  /** Those of somebody who is known to be the same. */
  as(facts: ClientFacts): ClientFacts {
    const { address } = facts;
    if (address === null || !isPlain(facts)) return facts;
    const here = this.#byAddress.get(address);
    return find(here, facts.userAgent) ?? this.#keep(here, address, facts);
  }

  #keep(here: ClientFacts[] | undefined, address: string, facts: ClientFacts): ClientFacts {
    if (here !== undefined && here.length < MOST_AGENTS) {
      here.push(facts);
    } else if (here === undefined) {
      if (this.#byAddress.size >= MOST_KNOWN) this.#byAddress.clear();
      this.#byAddress.set(address, [facts]);
    }
    return facts;
  }
}

/** Of one address; whoever has more is made anew. */
const MOST_AGENTS = 16;

function find(all: readonly ClientFacts[] | undefined, userAgent: string | null): ClientFacts | undefined {
  if (all === undefined) return undefined;
  for (const facts of all) if (facts.userAgent === userAgent) return facts;
  return undefined;
}

function isPlain({ address, user, playback, isPublisher }: ClientFacts): boolean {
  return address !== null && user === null && playback === null && !isPublisher;
}

export function pack(batch: NumbersBatch): PackedBatch {
  return { ...batch, clients: packClients(batch.clients) };
}

function packClients({ first, names }: NewNames<ClientFacts>): PackedClients {
  const agentNumbers = new Map<string, number>();
  const addresses: string[] = [];
  const agentOf = new Int32Array(names.length);
  const others: [number, ClientFacts][] = [];
  for (const [i, facts] of names.entries()) {
    const { address, userAgent } = facts;
    if (!isPlain(facts)) others.push([i, facts]);
    addresses.push(address ?? '');
    let agent = userAgent === null ? -1 : agentNumbers.get(userAgent);
    if (agent === undefined) {
      agent = agentNumbers.size;
      agentNumbers.set(userAgent!, agent);
    }
    agentOf[i] = agent;
  }
  return { first, addresses: packTexts(addresses), agentOf, agents: packTexts([...agentNumbers.keys()]), others };
}

function* unpackClients(
  { addresses, agentOf, agents, others }: PackedClients,
  known: KnownClients,
): Generator<ClientFacts> {
  const agentTexts = unpackTexts(agents);
  const whole = new Map(others);
  let i = 0;
  for (const address of unpackTexts(addresses)) {
    const agent = agentOf[i]!;
    yield whole.get(i) ?? known.of(address, agent === -1 ? null : agentTexts[agent]!);
    i++;
  }
}

function packTexts(texts: readonly string[]): PackedTexts {
  const ends = new Int32Array(texts.length);
  let end = 0;
  texts.forEach((text, i) => {
    end += text.length;
    ends[i] = end;
  });
  return { all: texts.join(''), ends };
}

function unpackTexts({ all, ends }: PackedTexts): string[] {
  const texts: string[] = [];
  let start = 0;
  for (const end of ends) {
    texts.push(all.slice(start, end));
    start = end;
  }
  return texts;
}

/** The memory that need not be copied. */
export function transferable({ runs, clients }: PackedBatch): ArrayBuffer[] {
  const { addresses, agents, agentOf } = clients;
  return [runs.runs, runs.sights, addresses.ends, agents.ends, agentOf].map(({ buffer }) => buffer);
}
