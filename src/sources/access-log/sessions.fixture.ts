/** For tests of what is read of a log: what a real tracker makes of it. */

import { identify } from '../../core/identity.ts';
import type { Milliseconds, Observation } from '../../core/observation.ts';
import { Tracker } from '../../core/tracker.ts';
import { createClient } from '../../enrich/client.ts';
import { networkOf } from '../../lib/ip.ts';
import type { Batch } from '../source.ts';

/** All that a tracker tells of a session, or what is asked of it where only sums are. */
export type Detail = 'all' | 'brief';

export class Sessions {
  readonly #tracker = new Tracker({ hash: (text) => text });
  readonly #detail: Detail;
  #closed: string[] = [];

  constructor(gap: Milliseconds, detail: Detail = 'all') {
    this.#detail = detail;
    this.#tracker.attach({ name: 's', audience: null, gap, departures: 'never', provisional: false });
  }

  take({ observations, watermark }: Batch): void {
    for (const each of observations) {
      if (each.kind !== 'presence') continue;
      const { client: facts } = each;
      const network = facts.address === null ? null : networkOf(facts.address);
      const parts = { identity: identify(facts, network, true, (text) => text), address: facts.address, facts };
      const client = createClient({ ...parts, place: null, player: null, bot: false });
      this.#tracker.observe('s', { ...each, client } as Observation<typeof client>);
    }
    if (watermark !== undefined) this.#tracker.advance('s', watermark);
    this.#collect();
  }

  all(): string[] {
    this.#tracker.advance('s', Number.MAX_SAFE_INTEGER);
    this.#collect();
    return this.#closed.sort();
  }

  #collect(): void {
    for (const session of this.#tracker.changes().closed) {
      const { id, stream, listener, quality, startedAt, endedAt, bytes, requests, qualities, details } =
        this.#tracker.describe(session);
      const changes = qualities.filter((point, i) => qualities[i - 1]?.value !== point.value);
      const sums = { startedAt, endedAt, bytes, requests };
      const told = this.#detail === 'all' ? { id, changes, details } : { stream, listener, quality };
      this.#closed.push(JSON.stringify({ ...told, ...sums }));
    }
  }
}
