/** The answers, in the shapes of the original (its README and HttpInterface.py). */

import type { PatternAccess } from '../../core/access.ts';
import type { TallyGroup } from '../../core/query.ts';
import type { Session } from '../../core/session.ts';
import type { FacadeContext } from '../facade.ts';
import { addressHash, countryOf, degreesText, describeSession, roundDegrees, timeText } from './connection.ts';
import { History } from './history.ts';
import type { SsmonOptions } from './index.ts';

/** A value with how many connections have it. */
export type Count = readonly [value: string | number | null, count: number];

export interface Active {
  readonly TOTAL: number;
  /** By server instance; each connection is an object, or a JSON text of one. */
  readonly SERVER: Readonly<Record<string, readonly unknown[]>>;
}

export interface Location {
  readonly count: number;
  readonly city: string | null;
  readonly country: string | null;
  readonly lat: number | null;
  readonly lon: number | null;
}

/** So many open connections are listed; all are counted. */
const MOST_LISTED = 10_000;

/** Nothing counted is a zero. */
const NOTHING: Count = [null, 0];

export class Telling {
  readonly #options: SsmonOptions;
  readonly #context: FacadeContext;
  readonly #access: PatternAccess;
  readonly #history: History;
  readonly #hashed: ReturnType<typeof addressHash>;

  constructor(options: SsmonOptions, context: FacadeContext, access: PatternAccess) {
    this.#options = options;
    this.#context = context;
    this.#access = access;
    this.#history = new History(context, options.sources, access);
    this.#hashed = addressHash(context.hash, options.addresses);
  }

  async counts() {
    const instances = await this.#history.tally('stream');
    return {
      server_instance: countsOf(instances).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      country: await this.countries(),
      city: await this.cities(),
      ip: await this.#addresses(),
      TOTAL: await this.total(),
      ACTIVE: await this.active(),
    };
  }

  async stats() {
    const [all] = await this.#history.tally();
    const { closed, closedSeconds } = all ?? { closed: 0, closedSeconds: 0 };
    return {
      longest: await this.#longest(),
      ip: mostFrequent(await this.#addresses()),
      country: mostFrequent(await this.countries()),
      city: mostFrequent(await this.cities()),
      avg: closed === 0 ? 0 : closedSeconds / closed,
      sum: closedSeconds,
    };
  }

  async total(): Promise<number> {
    return (await this.#history.tally())[0]?.sessions ?? 0;
  }

  async countries(): Promise<readonly Count[]> {
    return countsOf(await this.#history.tally('country')).map(([code, count]) => [
      countryOf(code as string | null),
      count,
    ]);
  }

  async cities(): Promise<readonly Count[]> {
    return countsOf(await this.#history.tally('city'));
  }

  async #addresses(): Promise<readonly Count[]> {
    return countsOf(await this.#history.tally('address')).map(([ip, count]) => [
      this.#hashed(ip as string | null),
      count,
    ]);
  }

  /** The twelve columns of a row. */
  async #longest(): Promise<readonly unknown[]> {
    const session = await this.#history.longest();
    if (session === null) return [...new Array<null>(7).fill(null), 0, ...new Array<null>(4).fill(null)];
    const { port, version, os, start, latitude, longitude, country, city } = describeSession(session);
    const end = session.endedAt ?? session.lastSeenAt;
    const duration = (end - session.startedAt) / 1000;
    const who = [this.#hashed(session.address), this.#portFor(port), session.stream, version, os];
    return [...who, start, timeText(end), duration, latitude, longitude, country, city];
  }

  /** Of equal degrees the name that the most connections have; what is nowhere is together. */
  async locations(): Promise<readonly Location[]> {
    const places = new Map<string, Location>();
    for (const { values, sessions } of await this.#history.tally('latitude', 'longitude', 'country', 'city')) {
      const [latitude, longitude, code, city] = values as [number | null, number | null, string | null, string | null];
      const [lat, lon] = [roundDegrees(latitude), roundDegrees(longitude)];
      const place = `${lat} ${lon}`;
      const before = places.get(place) ?? { count: 0, city, country: countryOf(code), lat, lon };
      places.set(place, { ...before, count: before.count + sessions });
    }
    return [...places.values()].sort((a, b) => b.count - a.count);
  }

  active(): Promise<Active> {
    return this.#history.once('active', async () => {
      const { total, listed } = this.#open();
      const servers = new Map<string, unknown[]>();
      for (const session of listed) {
        const connections = servers.get(session.stream) ?? [];
        if (connections.length === 0) servers.set(session.stream, connections);
        const connection = this.#connection(session);
        connections.push(this.#options.nestedJson ? JSON.stringify(connection) : connection);
      }
      return { TOTAL: total, SERVER: Object.fromEntries(servers) };
    });
  }

  /** How many there are, and the first of them in the order in which they came. */
  #open(): { total: number; listed: Session[] } {
    const { sources } = this.#options;
    const listed: Session[] = [];
    let total = 0;
    for (const session of this.#context.audience.sessions.values()) {
      if (sources.length > 0 && !sources.includes(session.source)) continue;
      if (!this.#access.seesAll && !this.#access.sees(session.source, session.stream)) continue;
      if (total++ < MOST_LISTED) listed.push(session);
    }
    listed.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
    return { total, listed };
  }

  /** Nothing of an address is whole for those who may not see them. */
  #portFor(port: string | null): string | null {
    return this.#access.seesAddresses ? port : null;
  }

  #connection(session: Session) {
    const { port, version, os, start, latitude, longitude, country, city } = describeSession(
      this.#context.describe(session),
    );
    return {
      ip: this.#hashed(session.address),
      port: this.#portFor(port),
      server_instance: session.stream,
      sdr_version: version,
      os,
      start,
      end: null,
      lat: degreesText(latitude),
      lon: degreesText(longitude),
      country,
      city,
    };
  }
}

/** The count of what is not known is nought: the original counts values, and NULL is none. */
function countsOf(groups: readonly TallyGroup[]): Count[] {
  const counts = groups.map(({ values: [value = null], sessions }): Count => [value, value === null ? 0 : sessions]);
  return counts.sort(([, a], [, b]) => b - a);
}

function mostFrequent(counts: readonly Count[]): Count {
  return counts[0] ?? NOTHING;
}
