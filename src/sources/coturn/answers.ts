/** What one answer of coturn's command line says in the light of those before it. */

import type { Instant, Presence } from '../../core/observation.ts';
import type { PollAnswer } from '../polled.ts';
import { SteadyInstants } from '../steady-instants.ts';
import type { Printed, Totals } from './parse.ts';

interface Known {
  readonly totals: Totals;
  readonly until: Instant;
}

export class Answers {
  readonly #begins = new SteadyInstants();
  /** Allocations by connection; null before the first answer. */
  #known: ReadonlyMap<string, Known> | null = null;
  #streams: ReadonlySet<string> = new Set();

  /**
   * Of an answer in which not everything was printed nobody can be said to have left, and no stream to be down: what was
   * known of those that are missing stays known until their lease ends.
   */
  take(printed: Printed, at: Instant): PollAnswer {
    const isWhole = printed.notPrinted === 0;
    const begun = this.#begins.take(printed.begins);
    const known = new Map<string, Known>();
    const streams = new Set<string>();
    if (!isWhole) {
      for (const [connection, each] of this.#known ?? []) if (each.until > at) known.set(connection, each);
      for (const stream of this.#streams) streams.add(stream);
    }
    const present = printed.allocations.map((each) => {
      const connection = each.client.connection!;
      const totals = printed.totals.get(connection)!;
      known.set(connection, { totals, until: each.until! });
      streams.add(each.stream);
      return { ...each, since: begun.get(connection)!, ...this.#newTraffic(connection, totals) };
    });
    this.#streams = streams;
    this.#known = known;
    return {
      reports: [...streams].map((stream) => ({ kind: 'report', stream, at, status: 'up' })),
      listeners: { unknown: isWhole ? new Set() : streams, present },
    };
  }

  /** What has come since the answer before; of those that are there in the first answer, from then on. */
  #newTraffic(connection: string, now: Totals): Pick<Presence, 'bytes' | 'traffic'> {
    const earlier = this.#known === null ? now : this.#known.get(connection)?.totals;
    const up = difference(now.up, earlier?.up);
    const down = difference(now.down, earlier?.down);
    return { bytes: up.bytes + down.bytes, traffic: { up, down } };
  }
}

/** A total that goes down has begun anew. */
function difference(now: Totals['up'], earlier: Totals['up'] | undefined): Totals['up'] {
  if (earlier === undefined || now.bytes < earlier.bytes || now.packets < earlier.packets) return now;
  return { packets: now.packets - earlier.packets, bytes: now.bytes - earlier.bytes };
}
