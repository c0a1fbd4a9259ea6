/**
 * Rows that belong together, in logs that write several of them for one visit: a chain is what has been joined so far. Who
 * it is stands here as a hash of whatever tells visits apart, so that no address gets into a cursor.
 */

import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Instant } from '../core/observation.ts';

export interface Chain {
  /** The same wherever the log is read. */
  readonly id: string;
  readonly start: Instant;
  readonly end: Instant;
}

interface Link extends Chain {
  readonly key: string;
  start: Instant;
  end: Instant;
}

/** More at a time are none that a server of this age has; a cursor holds them all. */
const MOST_CHAINS = 20_000;

export const chainsMark = z.array(z.tuple([z.string(), z.number(), z.number()])).max(MOST_CHAINS);
/** Id, start and end of each, the one that was joined last at the end. */
export type ChainsMark = z.output<typeof chainsMark>;

export class Chains {
  /** Chains that were given up because there were too many: what would have been joined to them begins a new one. */
  forgotten = 0;
  readonly #byKey = new Map<string, Link[]>();
  /** Oldest first: a Set remembers the order of insertion. */
  readonly #all = new Set<Link>();

  constructor(mark: ChainsMark = []) {
    for (const [id, start, end] of mark) this.#add(id, start, end);
  }

  /**
   * Joins a row to the chain of the same visit (`who`) whose end is nearest to its begin, of those that `mayJoin`; without
   * one it begins a chain. Answers the chain with the row in it.
   */
  join(who: string, from: Instant, to: Instant, mayJoin: (chain: Chain) => boolean): Chain {
    const key = hash('sha256', who, 'base64url').slice(0, 16);
    const own = this.#byKey.get(key) ?? [];
    let nearest: Link | null = null;
    for (const link of own) {
      if (!mayJoin(link)) continue;
      if (nearest === null || Math.abs(from - link.end) < Math.abs(from - nearest.end)) nearest = link;
    }
    if (nearest === null) {
      // The first row tells chains of one visitor apart; equal ones have been written at once.
      const id = `${key}|${from}|${to}|`;
      return this.#add(`${id}${own.filter((link) => link.id.startsWith(id)).length}`, from, to);
    }
    nearest.start = Math.min(nearest.start, from);
    nearest.end = Math.max(nearest.end, to);
    this.#all.delete(nearest);
    this.#all.add(nearest);
    return nearest;
  }

  /** Nothing that is still to come joins a chain that ended before. */
  forget(before: Instant): void {
    for (const link of this.#all) if (link.end < before) this.#remove(link);
  }

  get mark(): ChainsMark {
    return [...this.#all].map(({ id, start, end }) => [id, start, end]);
  }

  #add(id: string, start: Instant, end: Instant): Link {
    if (this.#all.size >= MOST_CHAINS) {
      this.#remove(this.#all.values().next().value!);
      this.forgotten++;
    }
    const key = id.slice(0, id.indexOf('|'));
    const link: Link = { id, key, start, end };
    const own = this.#byKey.get(key);
    if (own === undefined) this.#byKey.set(key, [link]);
    else own.push(link);
    this.#all.add(link);
    return link;
  }

  #remove(link: Link): void {
    this.#all.delete(link);
    const rest = this.#byKey.get(link.key)!.filter((each) => each !== link);
    if (rest.length === 0) this.#byKey.delete(link.key);
    else this.#byKey.set(link.key, rest);
  }
}
