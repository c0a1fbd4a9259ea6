/** Who has been met before: equal facts of the same source are the same client object, as long as it is kept. */

import type { Client, Hash } from '../core/identity.ts';
import type { ClientFacts } from '../core/observation.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import { Lru } from './lru.ts';

/** A client that was met at a source. */
export interface Met {
  readonly source: string;
  readonly client: Client;
  /** Its place could not be found out: perhaps it can when it is met again. */
  isUnplaced: boolean;
}

/** What happens when somebody is met. */
export interface Meeting {
  readonly first: (source: string, facts: ClientFacts) => Met;
  /** One who is unplaced, again. */
  readonly again: (met: Met, facts: ClientFacts) => void;
}

export interface AcquaintancesOptions {
  /** How many clients are kept. */
  readonly keep: number;
  readonly hash: Hash;
  /** Counts `clientsEvicted`. */
  readonly counters: ScopedCounters;
}

/** In keys, longer texts are their token. */
const LONGEST_PART = 300;
const NUMBERED_AGENTS = 50_000;

export class Acquaintances {
  readonly #meeting: Meeting;
  readonly #options: AcquaintancesOptions;
  readonly #kept: Lru<string, Met>;
  readonly #agents = new Lru<string, number>(NUMBERED_AGENTS);
  #lastAgent = 0;
  /** Readers pass the same facts object again and again: then there is nothing to compare. */
  #byFacts = new WeakMap<ClientFacts, Met>();

  constructor(meeting: Meeting, options: AcquaintancesOptions) {
    this.#meeting = meeting;
    this.#options = options;
    this.#kept = new Lru(options.keep);
  }

  clientOf(source: string, facts: ClientFacts): Client {
    let met = this.#byFacts.get(facts);
    if (met === undefined || met.source !== source) met = this.#remember(source, facts);
    if (met.isUnplaced) this.#meeting.again(met, facts);
    return met.client;
  }

  /** Everybody is new again. */
  forget(): void {
    this.#kept.clear();
    this.#byFacts = new WeakMap();
  }

  #remember(source: string, facts: ClientFacts): Met {
    const { counters } = this.#options;
    const key = this.#keyOf(source, facts);
    let met = this.#kept.get(key);
    if (met === undefined) {
      met = this.#meeting.first(source, facts);
      this.#kept.set(key, met);
      if (this.#kept.evicted > 0) counters.set('clientsEvicted', this.#kept.evicted);
    }
    this.#byFacts.set(facts, met);
    return met;
  }

  /** A text that is equal for equal facts of the same source, and for no others: every part says how long it is. */
  #keyOf(source: string, facts: ClientFacts): string {
    const { address, port, userAgent, user, device, connection, playback, isPublisher } = facts;
    const agent = userAgent === null ? '' : this.#numberOf(userAgent);
    const common = `${isPublisher ? '>' : ''}${this.#part(source)}${this.#part(address)}${port ?? ''}|${agent}|`;
    if (user === null && device === null && connection === null && playback === null) return common;
    const id = playback === null ? '' : `${playback.issued ? '!' : '?'}${this.#part(playback.id)}`;
    return `${common}${this.#part(user)}${this.#part(device)}${this.#part(connection)}${id}`;
  }

  #part(text: string | null): string {
    if (text === null) return '-';
    return text.length > LONGEST_PART ? `#${this.#options.hash(text)}` : `${text.length}:${text}`;
  }

  /** User agents are long, and many have the same: in keys they are a number. One that returns too late is a new one. */
  #numberOf(userAgent: string): number {
    const text = userAgent.length > LONGEST_PART ? this.#part(userAgent) : userAgent;
    const known = this.#agents.get(text);
    if (known !== undefined) return known;
    this.#agents.set(text, ++this.#lastAgent);
    return this.#lastAgent;
  }
}
