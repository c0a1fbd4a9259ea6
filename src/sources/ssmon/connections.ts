/** Which connections are open, by what has been posted: from a message to what it says of the audience. */

import { Newest } from '../../core/newest.ts';
import {
  type ClientFacts,
  clientFacts,
  type Details,
  type Instant,
  type Observation,
  presence,
} from '../../core/observation.ts';
import { type AddressMatcher, parseCidrs } from '../../lib/cidr.ts';
import type { Receipt } from '../../lib/inboxes.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Options } from './index.ts';
import { type Connection, parseConnection } from './parse.ts';

/** Bounds of what is remembered; what is beyond stays open until its lease is over. */
const MAX_CONNECTIONS = 10_000;
const MAX_INSTANCES = 1000;

export interface Taken {
  readonly receipt: Receipt;
  readonly observations: readonly Observation[];
}

interface Open {
  readonly client: ClientFacts;
  /** As it was posted. */
  readonly start: Instant;
  /** When it was posted, by our clock: it was there then. */
  readonly seen: Instant;
}

export class Connections {
  readonly #longest: number;
  readonly #isIgnored: AddressMatcher;
  readonly #counters: ScopedCounters;
  /** By instance, address and port: what the original calls the identity of a connection. */
  readonly #open = new Newest<string, Open>(MAX_CONNECTIONS);
  /** Ends that have been told, by the name of the connection. */
  readonly #closed = new Newest<string, true>(MAX_CONNECTIONS);
  readonly #instances = new Newest<string, true>(MAX_INSTANCES);

  constructor({ longest, ignore }: Options, counters: ScopedCounters) {
    this.#longest = longest;
    this.#isIgnored = parseCidrs(ignore);
    this.#counters = counters;
  }

  take(message: unknown, now: Instant): Taken {
    const connection = parseConnection(message);
    if (connection === null) {
      this.#counters.example('malformedPosts', () => JSON.stringify(message) ?? String(message));
      return this.#without('malformed', 'malformedPosts');
    }
    if (this.#isIgnored(connection.address)) return this.#without('ignored', 'ignoredPosts');
    const observations = connection.end === null ? this.#begin(connection, now) : this.#end(connection, now);
    return { receipt: 'taken', observations };
  }

  #without(receipt: Receipt, counter: string): Taken {
    this.#counters.add(counter);
    return { receipt, observations: [] };
  }

  #begin(connection: Connection, now: Instant): Observation[] {
    const key = keyOf(connection);
    const { start } = connection;
    const known = this.#open.get(key);
    const client = clientOf(connection);
    if (known?.start === start || this.#closed.get(client.connection!) !== undefined) {
      this.#counters.add('repeatedPosts');
      return [];
    }
    this.#counters.add('opened');
    const { instance } = connection;
    this.#open.set(key, { client, start, seen: now });
    return [
      ...this.#report(instance, now),
      // The same address and port again: that it had left was not told.
      ...(known === undefined ? [] : [departure(instance, known.client, Math.max(Math.min(start, now), known.seen))]),
      presence({
        ...{ stream: instance, client, from: now, since: Math.min(start, now), details: detailsOf(connection) },
        until: Math.max(start + this.#longest, now),
      }),
    ];
  }

  #end(connection: Connection, now: Instant): Observation[] {
    const key = keyOf(connection);
    const client = clientOf(connection);
    if (this.#closed.get(client.connection!) !== undefined) {
      this.#counters.add('repeatedPosts');
      return [];
    }
    this.#counters.add('closed');
    this.#closed.set(client.connection!, true);
    const { instance } = connection;
    const end = Math.min(connection.end!, now);
    const known = this.#open.get(key);
    if (known?.start === connection.start) {
      this.#open.delete(key);
      return [departure(instance, known.client, Math.max(end, known.seen))];
    }
    // It began before we did, or its beginning was lost: what it says is all there is to know.
    const whole = {
      stream: instance,
      client,
      from: Math.min(connection.start, end),
      to: end,
      details: detailsOf(connection),
    };
    return [...this.#report(instance, now), presence(whole), departure(instance, client, end)];
  }

  #report(stream: string, at: Instant): Observation[] {
    if (this.#instances.get(stream) !== undefined) return [];
    this.#instances.set(stream, true);
    return [{ kind: 'report', stream, at, status: 'up' }];
  }
}

function keyOf({ instance, address, port }: Connection): string {
  return JSON.stringify([instance, address, port]);
}

/** The same one for the same connection, also after a restart. */
function clientOf(connection: Connection): ClientFacts {
  const { address, port, version, os, start } = connection;
  const name = version === null ? null : `SDR# ${version}${os === null ? '' : ` on ${os}`}`;
  return clientFacts({ address, port, userAgent: name, connection: `${keyOf(connection)} ${start}` });
}

function departure(stream: string, client: ClientFacts, at: Instant): Observation {
  return { kind: 'departure', stream, client, at };
}

/** As those of the source spyserver. */
function detailsOf({ version, os }: Connection): Details {
  const software = version === null ? null : 'SDR#';
  return Object.fromEntries(Object.entries({ software, version, os }).filter(([, value]) => value !== null)) as Details;
}
