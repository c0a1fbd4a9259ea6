/** The rows of the session table: following the newest answer, or holding still under a reader's eyes. */

import type { SessionWire } from '../../../src/http/contract.ts';

export interface Row {
  readonly session: SessionWire;
  /** It has ended, and stays only because somebody reads. */
  readonly hasLeft: boolean;
  /** It was not there in the answer before. */
  readonly isNew: boolean;
}

/** As the answer says. Nothing is new at first sight. */
export function follow(rows: readonly Row[], fetched: readonly SessionWire[]): Row[] {
  const known = new Set(rows.map(({ session }) => session.id));
  return fetched.map((session) => ({ session, hasLeft: false, isNew: known.size > 0 && !known.has(session.id) }));
}

export interface Held {
  readonly rows: Row[];
  /** How many sessions wait to be shown. */
  readonly waiting: number;
}

export interface Newest {
  readonly items: readonly SessionWire[];
  /** There is nothing beyond the items. */
  readonly isAll: boolean;
  /** How many rows there may be. */
  readonly wanted: number;
}

/**
 * Every row stays where it is, with its newest values; what is new waits, unless it comes below all rows and there is
 * room. A row that the answer does not hold has left if there is nothing beyond the answer, or if a row below it is
 * still in the answer: else it was only pushed out.
 */
export function hold(rows: readonly Row[], { items, isAll, wanted }: Newest): Held {
  const newest = new Map(items.map((session) => [session.id, session]));
  const shown = new Set(rows.map(({ session }) => session.id));
  const lastPresent = rows.findLastIndex(({ session }) => newest.has(session.id));
  const held = rows.map((row, i) => {
    const session = newest.get(row.session.id);
    if (session !== undefined) return { session, hasLeft: false, isNew: row.isNew };
    return { ...row, hasLeft: row.hasLeft || isAll || i < lastPresent };
  });
  const lastId = rows[lastPresent]?.session.id;
  const below = items.slice(items.findIndex(({ id }) => id === lastId) + 1).filter(({ id }) => !shown.has(id));
  const added = below.slice(0, Math.max(0, wanted - rows.length));
  const unknown = items.filter(({ id }) => !shown.has(id)).length;
  return {
    rows: [...held, ...added.map((session) => ({ session, hasLeft: false, isNew: false }))],
    waiting: unknown - below.length,
  };
}
