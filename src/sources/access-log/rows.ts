/**
 * Lines that are about a whole connection, which is over: Icecast's access.log, nginx-rtmp's. Each is a finished row: its key is
 * what stands in it, and which of the equal ones it is; so the same log read twice gives the same connections.
 */

import { createHash } from 'node:crypto';
import { type ClientFacts, clientFacts, type Instant, type Presence, presence } from '../../core/observation.ts';
import type { Line } from './line.ts';

/** Equal rows that are remembered until they cannot come again. */
const MOST_REMEMBERED = 100_000;

/** Hash of a row → how many there were, and the time of them. Plain JSON, for a restart. */
export type RowsMark = readonly (readonly [string, number, Instant])[];

export class Rows {
  /** Equal rows beyond those that are remembered: two may have become one. */
  forgotten = 0;
  readonly #counts = new Map<string, { count: number; readonly at: Instant }>();

  constructor(mark: RowsMark = []) {
    for (const [hash, count, at] of mark) this.#counts.set(hash, { count, at });
  }

  /** The connection that the line is about. `at` is its end, as it is taken to be. */
  read(line: Line, stream: string, client: ClientFacts, at: Instant): Presence {
    const content = line.block.subarray(line.start, line.end);
    const told = createHash('sha256').update(content).digest('base64url').slice(0, 22);
    // Of one that is too late it may have been forgotten whether there was an equal one in time: it is counted for itself.
    const hash = at === line.time ? told : `${told}@${at}`;
    const known = this.#counts.get(hash);
    const ordinal = known?.count ?? 0;
    if (known !== undefined) known.count++;
    else if (this.#counts.size < MOST_REMEMBERED) this.#counts.set(hash, { count: 1, at });
    else this.forgotten++;
    return presence({
      stream,
      client: clientFacts({ ...client, connection: `row|${hash}|${ordinal}` }),
      from: at - line.duration,
      to: at,
      over: true,
      bytes: line.sent,
      requests: 1,
    });
  }

  /** No row that is still to come is older than `settled`. */
  forget(settled: Instant): void {
    for (const [hash, { at }] of this.#counts) if (at < settled) this.#counts.delete(hash);
  }

  get mark(): RowsMark {
    return [...this.#counts].map(([hash, { count, at }]) => [hash, count, at] as const);
  }
}
