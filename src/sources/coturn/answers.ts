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
    const present = printed.allocations.map((each) => {
      const connection = connectionOf(each);
      return this.#withTraffic({ ...each, since: begun.get(connection)! }, printed.totals.get(connection)!);
    });
    const streams = new Set(present.map(({ stream }) => stream));
    const known = new Map<string, Known>();
    if (!isWhole) {
      for (const stream of this.#streams) streams.add(stream);
      for (const [connection, each] of this.#known ?? []) if (each.until > at) known.set(connection, each);
    }
    for (const each of present) {
      const connection = connectionOf(each);
      known.set(connection, { totals: printed.totals.get(connection)!, until: each.until! });
    }
    this.#streams = streams;
    this.#known = known;
    return {
      reports: [...streams].map((stream) => ({ kind: 'report', stream, at, status: 'up' })),
      listeners: { unknown: isWhole ? new Set() : streams, present },
    };
  }

  /** What has come since the answer before; of those that are there in the first answer, from then on. */
  #withTraffic(allocation: Presence, now: Totals): Presence {
    const earlier = this.#known === null ? now : this.#known.get(connectionOf(allocation))?.totals;
    const up = difference(now.up, earlier?.up);
    const down = difference(now.down, earlier?.down);
    return { ...allocation, bytes: up.bytes + down.bytes, traffic: { up, down } };
  }
}

function connectionOf({ client }: Presence): string {
  return client.connection!;
}

/** A total that goes down has begun anew. */
function difference(now: Totals['up'], earlier: Totals['up'] | undefined): Totals['up'] {
  if (earlier === undefined || now.bytes < earlier.bytes || now.packets < earlier.packets) return now;
  return { packets: now.packets - earlier.packets, bytes: now.bytes - earlier.bytes };
}
