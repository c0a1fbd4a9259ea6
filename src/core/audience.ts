/**
 * The audience: the sessions that are open now, with live counters by dimension that are kept incrementally. Bots are
 * counted beside the people, never among them.
 */

import { isWithin } from './access.ts';
import { Arrivals } from './arrivals.ts';
import { Best, comparator, directionOf, isByStart, reversed, sortValue } from './audience-order.ts';
import type { Place } from './identity.ts';
import type { Changes } from './news.ts';
import type { Instant } from './observation.ts';
import { type Programme, Programmes, type ProgrammesView } from './programmes.ts';
import { DIMENSIONS, type Dimension, facetOf, type SessionFilter, type SessionSort } from './query.ts';
import type { Session } from './session.ts';

/** Sessions, and distinct listeners among them, of people; and the sessions of bots. */
export interface AudienceTotal {
  readonly sessions: number;
  readonly listeners: number;
  readonly bots: number;
}

export interface AudienceCount {
  /** Null is unknown. */
  readonly value: string | null;
  readonly sessions: number;
  readonly bots: number;
}

export interface StreamAudience {
  readonly source: string;
  readonly stream: string;
  readonly sessions: number;
  readonly bots: number;
}

/** What is known of where people are, and how many sessions have just that. Equal places may be told of more than once. */
export interface PlaceCount {
  /** Null is unknown. */
  readonly place: Place | null;
  readonly sessions: number;
}

export interface AudiencePageQuery {
  readonly filter: SessionFilter;
  readonly sort: SessionSort;
  readonly descending: boolean;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after: AudiencePlace | null;
  /** So many of those that match are left out in front. Default 0; not together with `after`. */
  readonly offset?: number;
  /** A further condition. */
  readonly accepts: ((session: Session) => boolean) | null;
}

/** A place in the order. */
export interface AudiencePlace {
  readonly value: string | number | null;
  readonly id: string;
}

export interface AudiencePage {
  readonly sessions: readonly Session[];
  readonly next: AudiencePlace | null;
  /** How many match in all. */
  readonly total: number;
}

export interface AudienceNews {
  readonly joined: readonly Session[];
  readonly left: readonly Session[];
}

/** What the live views are told, several times a second at most. */
export interface LiveNews extends AudienceNews {
  /** Streams whose status, title or properties have changed. */
  readonly streams: readonly { readonly source: string; readonly stream: string }[];
}

interface Count {
  sessions: number;
  bots: number;
}

/** Open sessions that are counted alike, and how many they are. */
export interface Alike {
  /** What they are counted under, in the order of DIMENSIONS. */
  readonly values: readonly (string | null)[];
  readonly bot: boolean;
  readonly sessions: number;
}

interface Counted extends Alike {
  readonly key: string;
  sessions: number;
  /** The question that was put last, and whether all that are counted here are among its answers. */
  question: number;
  isWanted: boolean;
}

export class Audience {
  readonly #sessions = new Map<string, Session>();
  /** By source and stream. */
  readonly #arrivals = new Map<string, Map<string, Arrivals>>();
  /** Of people. */
  readonly #places = new Map<Place | null, number>();
  readonly #counts: readonly Map<string | null, Count>[] = DIMENSIONS.map(() => new Map());
  readonly #counted = new Map<string, Counted>();
  #questions = 0;
  /** By source and stream: streams of different sources may have the same name. */
  readonly #streams = new Map<string, Map<string, Count>>();
  /** Open sessions of people by listener. */
  readonly #listeners = new Map<string, number>();
  readonly #programmes = new Programmes();
  #bots = 0;
  #version = 0;

  /** What is on, with live counts. */
  get programmes(): ProgrammesView {
    return this.#programmes;
  }

  /** These are the programmes from now on. O(open). */
  defineProgrammes(programmes: readonly Programme[]): void {
    this.#programmes.define(programmes);
    if (programmes.length === 0) return;
    for (const { source, stream, counted, countedListener } of this.#sessions.values()) {
      this.#programmes.count(source, stream, (counted as Counted).bot ? null : countedListener, 1);
    }
  }

  /** By id. */
  get sessions(): ReadonlyMap<string, Session> {
    return this.#sessions;
  }

  get total(): AudienceTotal {
    return { sessions: this.#sessions.size - this.#bots, listeners: this.#listeners.size, bots: this.#bots };
  }

  /** While it is the same, nothing has changed of all that is counted. */
  get version(): number {
    return this.#version;
  }

  /** All that is counted, once: there are as many as there are different ones. */
  alike(): Iterable<Alike> {
    return this.#counted.values();
  }

  /** Answers who has joined and who has left. A session that was joined with another one has done neither. */
  apply(changes: Changes): AudienceNews {
    const joined: Session[] = [];
    const left: Session[] = [];
    const update = (session: Session) => {
      const wasHere = session.counted !== null;
      if (session.isLive) this.#update(session);
      else this.#remove(session);
      if (!wasHere && session.isLive) joined.push(session);
      else if (wasHere && !session.isLive) left.push(session);
    };
    for (const { id } of changes.superseded) {
      const session = this.#sessions.get(id);
      if (session !== undefined) this.#remove(session);
    }
    for (const session of [...changes.opened].sort((a, b) => a.start - b.start)) update(session);
    for (const session of changes.regrouped) update(session);
    for (const session of changes.closed) update(session);
    return { joined, left };
  }

  /** Greatest first, equal ones by value. */
  counts(dimension: Dimension): AudienceCount[] {
    return [...this.#counts[DIMENSIONS.indexOf(dimension)]!]
      .map(([value, count]) => ({ value, ...count }))
      .sort(greatestFirst);
  }

  countOf(dimension: Dimension, value: string | null): AudienceCount {
    const count = this.#counts[DIMENSIONS.indexOf(dimension)]!.get(value);
    return { value, sessions: count?.sessions ?? 0, bots: count?.bots ?? 0 };
  }

  countOfStream(source: string, stream: string): AudienceCount {
    const count = this.#streams.get(source)?.get(stream);
    return { value: stream, sessions: count?.sessions ?? 0, bots: count?.bots ?? 0 };
  }

  /** Every stream that has an audience. */
  streams(): StreamAudience[] {
    return [...this.#streams].flatMap(([source, streams]) =>
      [...streams].map(([stream, count]) => ({ source, stream, ...count })),
    );
  }

  /** Of people, by what is known of where they are. */
  *places(): Generator<PlaceCount> {
    for (const [place, sessions] of this.#places) yield { place, sessions };
  }

  /**
   * A page of the open sessions that match, in order; equal ones by id, unknown values last. The audience changes under
   * the reader's feet, so a page goes on after a place in the order, not after an index. The newest that are wanted for
   * what they are counted under are found at once; else it is O(open) of the streams that are wanted, with one comparison
   * for nearly all of them. Behind an offset it keeps what is in front, too, or what is behind if that is less.
   */
  page(asked: AudiencePageQuery): AudiencePage {
    const { accepts, after, limit, sort, filter, offset = 0 } = asked;
    const known = accepts === null ? this.#totalOf(filter) : null;
    const isFromBehind = known !== null && offset > 0 && offset + limit > known / 2;
    const kept = isFromBehind ? Math.max(known - offset, 0) : offset + limit;
    const compare = comparator(sort, asked.descending);
    const isWanted = this.#filter(filter);
    const best = new Best(kept, isFromBehind ? reversed(compare) : compare);
    let seen = 0;
    let passed = 0;
    const visit = (session: Session) => {
      if (isWanted !== null && !isWanted(session)) return;
      if (accepts !== null && !accepts(session)) return;
      seen++;
      const value = sortValue(session, sort);
      const { id } = session;
      if (after !== null && compare(value, id, after.value, after.id) <= 0) passed++;
      else best.offer(session, value, id);
    };
    const isNewestFirst = !isFromBehind && isByStart(sort) && directionOf(sort, asked.descending) < 0;
    const isWorthwhile = (latest: Instant) => {
      const worst = best.worst;
      return known === null || worst === null || latest >= (worst.value as Instant);
    };
    for (const arrivals of this.#arrivalsOn(filter)) arrivals.visit(isNewestFirst ? isWorthwhile : null, visit);
    const total = known ?? seen;
    const sorted = isFromBehind ? best.sorted().reverse().slice(0, limit) : best.sorted().slice(offset);
    const last = sorted.at(-1);
    return {
      sessions: sorted.map(({ session }) => session),
      // What stands before the place begins no earlier than what is on the page: all of it has been seen.
      next: last !== undefined && total - passed - offset > sorted.length ? { value: last.value, id: last.id } : null,
      total,
    };
  }

  /** Those of the streams that may match. */
  *#arrivalsOn(filter: SessionFilter): Generator<Arrivals> {
    for (const [source, streams] of this.#arrivals) {
      if (filter.source?.includes(source) === false) continue;
      for (const [stream, arrivals] of streams) {
        if (filter.stream?.includes(stream) === false) continue;
        if (isOnWanted(filter, source, stream)) yield arrivals;
      }
    }
  }

  /** How many match; null if that cannot be said without a look at each. */
  #totalOf(filter: SessionFilter): number | null {
    if (filter.ip !== undefined || filter.listener !== undefined) return null;
    let total = 0;
    for (const counted of this.#counted.values()) if (isCounted(counted, filter)) total += counted.sessions;
    return total;
  }

  /** Null lets everything pass. What sessions are counted under is looked at once for all that are alike. */
  #filter(filter: SessionFilter): ((session: Session) => boolean) | null {
    if (Object.keys(filter).length === 0) return null;
    const { ip, listener } = filter;
    const question = ++this.#questions;
    return (session) => {
      const counted = session.counted as Counted;
      if (counted.question !== question) {
        counted.question = question;
        counted.isWanted = isCounted(counted, filter);
      }
      if (!counted.isWanted) return false;
      if (ip !== undefined && (session.address === null || !ip.includes(session.address))) return false;
      return listener === undefined || listener.includes(session.listener);
    };
  }

  #update(session: Session): void {
    const before = session.counted as Counted | null;
    if (before !== null) {
      const isSame = session.countedListener === session.listener && session.countedPlace === session.place;
      if (isSame && isStill(session, before)) return;
      this.#count(session, before, -1);
    }
    const counted = this.#alike(session);
    session.counted = counted;
    session.countedListener = session.listener;
    session.countedPlace = session.place;
    if (before === null) {
      this.#sessions.set(session.id, session);
      this.#arrive(session);
    }
    this.#count(session, counted, 1);
  }

  #remove(session: Session): void {
    if (session.counted === null) return;
    this.#sessions.delete(session.id);
    this.#leave(session);
    this.#count(session, session.counted as Counted, -1);
    session.counted = null;
    session.countedListener = null;
    session.countedPlace = null;
  }

  #arrive(session: Session): void {
    const { source, stream } = session;
    const streams = this.#arrivals.get(source) ?? new Map<string, Arrivals>();
    const arrivals = streams.get(stream) ?? new Arrivals();
    arrivals.add(session);
    streams.set(stream, arrivals);
    this.#arrivals.set(source, streams);
  }

  #leave(session: Session): void {
    const { source, stream } = session;
    const streams = this.#arrivals.get(source)!;
    const arrivals = streams.get(stream)!;
    arrivals.remove(session);
    if (arrivals.size === 0) streams.delete(stream);
    if (streams.size === 0) this.#arrivals.delete(source);
  }

  #alike(session: Session): Counted {
    const values = DIMENSIONS.map((dimension) => facetOf(session, dimension));
    const key = JSON.stringify([session.bot, ...values]);
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      counted = { values, bot: session.bot, key, sessions: 0, question: 0, isWanted: false };
      this.#counted.set(key, counted);
    }
    return counted;
  }

  #count(session: Session, counted: Counted, change: 1 | -1): void {
    this.#version++;
    counted.sessions += change;
    if (counted.sessions === 0) this.#counted.delete(counted.key);
    const { values, bot } = counted;
    for (let i = 0; i < values.length; i++) tally(this.#counts[i]!, values[i]!, bot, change);
    const streams = this.#streams.get(session.source) ?? new Map<string, Count>();
    this.#streams.set(session.source, streams);
    tally(streams, session.stream, bot, change);
    this.#programmes.count(session.source, session.stream, bot ? null : session.countedListener, change);
    if (bot) {
      this.#bots += change;
      return;
    }
    add(this.#listeners, session.countedListener!, change);
    add(this.#places, session.countedPlace, change);
  }
}

/** Equal ones by value. */
export function greatestFirst(a: AudienceCount, b: AudienceCount): number {
  return b.sessions - a.sessions || b.bots - a.bots || ((a.value ?? '') < (b.value ?? '') ? -1 : 1);
}

function add<K>(counts: Map<K, number>, value: K, change: 1 | -1): void {
  const count = (counts.get(value) ?? 0) + change;
  if (count === 0) counts.delete(value);
  else counts.set(value, count);
}

function tally<K>(counts: Map<K, Count>, value: K, bot: boolean, change: 1 | -1): void {
  let count = counts.get(value);
  if (count === undefined) {
    count = { sessions: 0, bots: 0 };
    counts.set(value, count);
  }
  if (bot) count.bots += change;
  else count.sessions += change;
  if (count.sessions === 0 && count.bots === 0) counts.delete(value);
}

function isStill(session: Session, counted: Counted): boolean {
  if (session.bot !== counted.bot) return false;
  for (let i = 0; i < DIMENSIONS.length; i++) {
    if (facetOf(session, DIMENSIONS[i]!) !== counted.values[i]) return false;
  }
  return true;
}

const STREAM = DIMENSIONS.indexOf('stream');
const SOURCE = DIMENSIONS.indexOf('source');

function isOnWanted({ within, streamPatterns }: SessionFilter, source: string, stream: string): boolean {
  if (within !== undefined && !isWithin(within, source, stream)) return false;
  return streamPatterns === undefined || isWithin(streamPatterns, source, stream);
}

function isCounted({ values, bot }: Counted, filter: SessionFilter): boolean {
  if (!isOnWanted(filter, values[SOURCE]!, values[STREAM]!)) return false;
  for (let i = 0; i < DIMENSIONS.length; i++) {
    const wanted = filter[DIMENSIONS[i]!];
    if (wanted !== undefined && !wanted.includes(values[i]!)) return false;
  }
  return filter.bot === undefined || filter.bot === bot;
}
