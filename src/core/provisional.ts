/**
 * Provisional sessions and the finished rows that take their place: a row of the same listener and stream replaces the
 * overlapping provisional session with the nearest start. All rows and provisional sessions that may still meet are
 * matched anew whenever one comes: nearest pairs first, so the result does not depend on the order in which they came.
 */

import type { Instant } from './observation.ts';
import { lastSeen, type Session } from './session.ts';

interface Group {
  readonly rows: Session[];
  readonly provisionals: Session[];
}

export class RowMatcher {
  readonly #groups = new Map<string, Group>();
  readonly #rows = new Set<Session>();

  addProvisional(session: Session): void {
    this.#group(session).provisionals.push(session);
  }

  /** Remembers the row while a provisional session may still come for it; false if there is nobody to match. */
  addRow(row: Session, watermark: Instant): boolean {
    const hasProvisionals = this.#groups.has(groupKey(row));
    if (!hasProvisionals && row.seen < watermark) return false;
    this.#group(row).rows.push(row);
    this.#rows.add(row);
    return true;
  }

  /**
   * Matches the group of `session` anew; tells of every provisional session whose replacement has changed. A
   * replacement by a row that is no longer remembered is settled.
   */
  rematch(
    session: Session,
    watermark: Instant,
    changed: (provisional: Session, replacedBy: Session | null) => void,
  ): void {
    const group = this.#groups.get(groupKey(session));
    if (group === undefined) return;
    const isKnownRow = new Set(group.rows.map((row) => row.id));
    const isSettled = (each: Session) => each.rare?.replacedBy != null && !isKnownRow.has(each.rare.replacedBy);
    const free = group.provisionals.filter((each) => !isSettled(each));
    const pairs: { row: Session; provisional: Session; distance: number }[] = [];
    for (const row of group.rows) {
      for (const provisional of free) {
        if (row.start > lastSeen(provisional, watermark) || provisional.start > row.seen) continue;
        pairs.push({ row, provisional, distance: Math.abs(row.start - provisional.start) });
      }
    }
    pairs.sort(
      (a, b) => a.distance - b.distance || compare(a.row.id, b.row.id) || compare(a.provisional.id, b.provisional.id),
    );
    const rowOf = new Map<Session, Session>();
    const taken = new Set<Session>();
    for (const { row, provisional } of pairs) {
      if (taken.has(row) || rowOf.has(provisional)) continue;
      taken.add(row);
      rowOf.set(provisional, row);
    }
    for (const provisional of free) {
      const row = rowOf.get(provisional) ?? null;
      if ((row?.id ?? null) !== (provisional.rare?.replacedBy ?? null)) changed(provisional, row);
    }
  }

  /** The provisional session is final. */
  remove(session: Session): void {
    const group = this.#groups.get(groupKey(session));
    const i = group?.provisionals.indexOf(session) ?? -1;
    if (i === -1) return;
    group!.provisionals.splice(i, 1);
    this.#dropIfEmpty(groupKey(session), group!);
  }

  /** Rows that ended before `watermark` can get no more company. */
  forget(watermark: Instant): void {
    for (const row of this.#rows) {
      if (row.seen >= watermark) continue;
      this.#rows.delete(row);
      const group = this.#groups.get(groupKey(row))!;
      group.rows.splice(group.rows.indexOf(row), 1);
      this.#dropIfEmpty(groupKey(row), group);
    }
  }

  #group(session: Session): Group {
    const key = groupKey(session);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { rows: [], provisionals: [] };
      this.#groups.set(key, group);
    }
    return group;
  }

  #dropIfEmpty(key: string, group: Group): void {
    if (group.rows.length === 0 && group.provisionals.length === 0) this.#groups.delete(key);
  }
}

/** By the listener that the session opened with: a name that is learnt later does not move it to another group. */
function groupKey(session: Session): string {
  return `${session.rare?.openedBy ?? session.listener}|${session.stream}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
