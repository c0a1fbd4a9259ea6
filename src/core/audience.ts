/**
 * The audience: the sessions that are open now, with live counters by dimension that are kept incrementally. Bots are
 * counted beside the people, never among them.
 */

import { DIMENSIONS, type Dimension, facetOf, matches, type SessionFilter, type SessionSort } from './query.ts';
import type { Session } from './session.ts';
import type { Changes } from './tracker.ts';

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

interface Count {
  sessions: number;
  bots: number;
}

/** What sessions are counted under, in the order of DIMENSIONS: one object for all that are counted alike. */
interface Counted {
  readonly values: readonly (string | null)[];
  readonly bot: boolean;
  readonly key: string;
  sessions: number;
}

export class Audience {
  readonly #sessions = new Map<string, Session>();
  readonly #counts: readonly Map<string | null, Count>[] = DIMENSIONS.map(() => new Map());
  readonly #counted = new Map<string, Counted>();
  /** Open sessions of people by listener. */
  readonly #listeners = new Map<string, number>();
  #bots = 0;

  /** By id. */
  get sessions(): ReadonlyMap<string, Session> {
    return this.#sessions;
  }

  get total(): AudienceTotal {
    return { sessions: this.#sessions.size - this.#bots, listeners: this.#listeners.size, bots: this.#bots };
  }

  apply(changes: Changes): void {
    for (const { id } of changes.superseded) {
      const session = this.#sessions.get(id);
      if (session !== undefined) this.#remove(session);
    }
    for (const session of changes.opened) this.#update(session);
    for (const session of changes.updated) this.#update(session);
    for (const session of changes.closed) this.#remove(session);
  }

  /** Greatest first, equal ones by value. */
  counts(dimension: Dimension): AudienceCount[] {
    return [...this.#counts[DIMENSIONS.indexOf(dimension)]!]
      .map(([value, count]) => ({ value, ...count }))
      .sort((a, b) => b.sessions - a.sessions || b.bots - a.bots || ((a.value ?? '') < (b.value ?? '') ? -1 : 1));
  }

  countOf(dimension: Dimension, value: string | null): AudienceCount {
    const count = this.#counts[DIMENSIONS.indexOf(dimension)]!.get(value);
    return { value, sessions: count?.sessions ?? 0, bots: count?.bots ?? 0 };
  }

  /** Open sessions that match, sorted; ties by id, unknown values last. */
  find(filter: SessionFilter, sort: SessionSort, descending: boolean): Session[] {
    const found: Session[] = [];
    const isUnfiltered = Object.keys(filter).length === 0;
    for (const session of this.#sessions.values()) if (isUnfiltered || matches(session, filter)) found.push(session);
    return found.sort(comparator(sort, descending));
  }

  #update(session: Session): void {
    if (!session.isLive) {
      this.#remove(session);
      return;
    }
    const before = session.counted as Counted | null;
    if (before !== null) {
      if (session.countedListener === session.listener && isStill(session, before)) return;
      this.#count(session, before, -1);
    }
    const counted = this.#alike(session);
    session.counted = counted;
    session.countedListener = session.listener;
    this.#sessions.set(session.id, session);
    this.#count(session, counted, 1);
  }

  #remove(session: Session): void {
    if (session.counted === null) return;
    this.#sessions.delete(session.id);
    this.#count(session, session.counted as Counted, -1);
    session.counted = null;
    session.countedListener = null;
  }

  #alike(session: Session): Counted {
    const values = DIMENSIONS.map((dimension) => facetOf(session, dimension));
    const key = JSON.stringify([session.bot, ...values]);
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      counted = { values, bot: session.bot, key, sessions: 0 };
      this.#counted.set(key, counted);
    }
    return counted;
  }

  #count(session: Session, counted: Counted, change: 1 | -1): void {
    counted.sessions += change;
    if (counted.sessions === 0) this.#counted.delete(counted.key);
    const { values, bot } = counted;
    for (let i = 0; i < values.length; i++) {
      const counts = this.#counts[i]!;
      const value = values[i]!;
      let count = counts.get(value);
      if (count === undefined) {
        count = { sessions: 0, bots: 0 };
        counts.set(value, count);
      }
      if (bot) count.bots += change;
      else count.sessions += change;
      if (count.sessions === 0 && count.bots === 0) counts.delete(value);
    }
    if (bot) {
      this.#bots += change;
      return;
    }
    const listener = session.countedListener!;
    const sessions = (this.#listeners.get(listener) ?? 0) + change;
    if (sessions === 0) this.#listeners.delete(listener);
    else this.#listeners.set(listener, sessions);
  }
}

function isStill(session: Session, counted: Counted): boolean {
  if (session.bot !== counted.bot) return false;
  for (let i = 0; i < DIMENSIONS.length; i++) {
    if (facetOf(session, DIMENSIONS[i]!) !== counted.values[i]) return false;
  }
  return true;
}

function comparator(sort: SessionSort, descending: boolean): (a: Session, b: Session) => number {
  const direction = descending ? -1 : 1;
  return (a, b) => {
    const x = sortValue(a, sort);
    const y = sortValue(b, sort);
    if (x === y) return a.id < b.id ? -1 : 1;
    if (x === null) return 1;
    if (y === null) return -1;
    return x < y ? -direction : direction;
  };
}

function sortValue(session: Session, sort: SessionSort): string | number | null {
  switch (sort) {
    case 'startedAt':
      return session.start;
    case 'duration':
      return -session.start;
    case 'bytes':
      return session.bytes;
    default:
      return facetOf(session, sort);
  }
}
