/** The order of the open sessions on a page, and the first few of them out of very many. */

import { facetOf, type SessionSort } from './query.ts';
import type { Session } from './session.ts';

export interface Placed {
  session: Session;
  value: SortValue;
  id: string;
}

export type SortValue = string | number | null;
export type Comparator = (a: SortValue, aId: string, b: SortValue, bId: string) => number;

export function isByStart(sort: SessionSort): boolean {
  return sort === 'startedAt' || sort === 'duration';
}

/** Who has been here for longest began first. */
export function directionOf(sort: SessionSort, descending: boolean): 1 | -1 {
  return descending !== (sort === 'duration') ? -1 : 1;
}

/** Unknown values are last in both directions, equal ones by id. */
export function comparator(sort: SessionSort, descending: boolean): Comparator {
  const direction = directionOf(sort, descending);
  return (a, aId, b, bId) => {
    if (a === b) return aId < bId ? -1 : aId > bId ? 1 : 0;
    if (a === null) return 1;
    if (b === null) return -1;
    return a < b ? -direction : direction;
  };
}

/** From the last to the first. */
export function reversed(compare: Comparator): Comparator {
  return (a, aId, b, bId) => compare(b, bId, a, aId);
}

/** The first few in the order, out of very many: a heap with the last of them on top. */
export class Best {
  readonly #limit: number;
  readonly #compare: Comparator;
  readonly #heap: Placed[] = [];

  constructor(limit: number, compare: Comparator) {
    this.#limit = limit;
    this.#compare = compare;
  }

  offer(session: Session, value: SortValue, id: string): void {
    const heap = this.#heap;
    if (heap.length < this.#limit) {
      heap.push({ session, value, id });
      this.#up(heap.length - 1);
      return;
    }
    const top = heap[0];
    if (top === undefined || this.#compare(value, id, top.value, top.id) > 0) return;
    // The one that has to go becomes the new one.
    top.session = session;
    top.value = value;
    top.id = id;
    this.#down(top);
  }

  /** The last of them, once there are as many as are wanted. */
  get worst(): Placed | null {
    return this.#heap.length < this.#limit ? null : (this.#heap[0] ?? null);
  }

  sorted(): Placed[] {
    return this.#heap.sort((a, b) => this.#order(a, b));
  }

  #order(a: Placed, b: Placed): number {
    return this.#compare(a.value, a.id, b.value, b.id);
  }

  #up(from: number): void {
    const heap = this.#heap;
    const placed = heap[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#order(placed, heap[parent]!) <= 0) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = placed;
  }

  #down(placed: Placed): void {
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = child + 1;
      const greater = right < heap.length && this.#order(heap[right]!, heap[child]!) > 0 ? right : child;
      if (this.#order(heap[greater]!, placed) <= 0) break;
      heap[at] = heap[greater]!;
      at = greater;
    }
    heap[at] = placed;
  }
}

export function sortValue(session: Session, sort: SessionSort): string | number | null {
  switch (sort) {
    case 'startedAt':
    case 'duration':
      return session.start;
    case 'bytes':
      return session.bytes;
    default:
      return facetOf(session, sort);
  }
}
