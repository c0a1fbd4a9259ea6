/** The facades that are configured: their routes, and their beginning and end. */

import type { Accounts } from '../core/access.ts';
import type { Audience } from '../core/audience.ts';
import type { Session, SessionRecord } from '../core/session.ts';
import type { Clock } from '../lib/clock.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import type { Facade, FacadeKind, FacadeRoute } from './facade.ts';

/** A facade as the configuration describes it. */
export interface FacadeSetting {
  readonly kind: FacadeKind;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface RunningFacadesOptions {
  readonly settings: readonly FacadeSetting[];
  readonly audience: Audience;
  describe(session: Session): SessionRecord;
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly random: () => number;
}

/** They wait no longer than this for the audience to be known. */
const PATIENCE = 5000;
const LOOK_EVERY = 100;
/** What a source has told is in the audience a moment later. */
const SETTLING = 500;

export class RunningFacades {
  readonly #options: RunningFacadesOptions;
  readonly #facades: readonly Facade[];
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: RunningFacadesOptions) {
    this.#options = options;
    this.#facades = options.settings.map(({ kind, options: own }) =>
      kind.create(own as never, {
        audience: options.audience,
        describe: options.describe,
        accounts: options.accounts,
        clock: options.clock,
        log: options.log.scoped(kind.kind),
        counters: options.counters.scope(`facade ${kind.kind}`),
        random: options.random,
      }),
    );
  }

  get routes(): readonly FacadeRoute[] {
    return this.#facades.flatMap(({ routes }) => routes);
  }

  /** They begin when the audience is known: when `isKnown`, or after some patience. */
  start(isKnown: () => boolean): void {
    if (this.#facades.length > 0) this.#running = this.#run(isKnown);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(isKnown: () => boolean): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    const until = clock.elapsed() + PATIENCE;
    while (!isKnown() && clock.elapsed() < until && !signal.aborted) await clock.sleep(LOOK_EVERY, signal);
    await clock.sleep(SETTLING, signal);
    await Promise.all(this.#facades.map((facade) => facade.run(signal)));
  }
}
