/**
 * What is asked of all sessions there ever were, as one access sees them. An answer is kept for a second, or for ten times as
 * long as it took: however much there is and whoever asks, the store is busy with it a tenth of the time at most.
 */

import type { PatternAccess } from '../../core/access.ts';
import type { SessionFilter, Tallied, TallyGroup } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import type { FacadeContext } from '../facade.ts';

const LEAST_KEPT = 1000;
const KEPT_FOR = 10;
/** So many groups are answered, those with the most sessions. */
const MOST_GROUPS = 10_000;

interface Kept {
  readonly answer: Promise<unknown>;
  /** Infinity while it is under way. */
  until: number;
}

export class History {
  readonly #context: Pick<FacadeContext, 'store' | 'clock'>;
  readonly #filter: SessionFilter;
  readonly #kept = new Map<string, Kept>();

  /** Empty `sources` are all. */
  constructor(
    context: Pick<FacadeContext, 'store' | 'clock'>,
    sources: readonly string[],
    { seesAll, streams }: PatternAccess,
  ) {
    this.#context = context;
    this.#filter = { ...(sources.length > 0 ? { source: sources } : {}), ...(seesAll ? {} : { within: streams }) };
  }

  /** Most sessions first. */
  tally(...by: readonly Tallied[]): Promise<readonly TallyGroup[]> {
    const query = { by, filter: this.#filter, limit: MOST_GROUPS };
    return this.once(by.join(), () => this.#context.store.tally(query));
  }

  /** The closed session that lasted longest; null without one. */
  longest(): Promise<SessionRecord | null> {
    return this.once('longest', async () => {
      const { items } = await this.#context.store.sessions({
        ...{ state: 'closed', filter: this.#filter, from: null, to: null, cursor: null },
        ...{ sort: 'duration', descending: true, limit: 1 },
      });
      return items[0] ?? null;
    });
  }

  /** `name` names what is asked; there are few of them. Rejects as `ask` does, and then asks again the next time. */
  once<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const { clock } = this.#context;
    const begun = clock.elapsed();
    const before = this.#kept.get(name);
    if (before !== undefined && begun < before.until) return before.answer as Promise<T>;
    const kept: Kept = { answer: ask(), until: Number.POSITIVE_INFINITY };
    this.#kept.set(name, kept);
    kept.answer.then(
      () => {
        const ended = clock.elapsed();
        kept.until = ended + Math.max(LEAST_KEPT, KEPT_FOR * (ended - begun));
      },
      () => this.#kept.delete(name),
    );
    return kept.answer as Promise<T>;
  }
}
