/** The facades that are configured: their routes, and their beginning and end. */

import type { ListenAddress } from '../lib/options.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Facade, FacadeContext, FacadeEndpoint, FacadeKind, FacadeRoute } from './facade.ts';

/** A facade as the configuration describes it. */
export interface FacadeSetting {
  readonly kind: FacadeKind;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface RunningFacadesOptions extends Omit<FacadeContext, 'counters'> {
  readonly settings: readonly FacadeSetting[];
  readonly counters: Counters;
}

/** What is served at an address of its own. */
export interface ListeningFacade {
  readonly listen: ListenAddress;
  readonly endpoints: readonly FacadeEndpoint[];
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
    const { settings, ...context } = options;
    this.#facades = settings.map(({ kind, options: own }) =>
      kind.create(own as never, {
        ...context,
        log: options.log.scoped(kind.kind),
        counters: options.counters.scope(`facade ${kind.kind}`),
      }),
    );
  }

  get routes(): readonly FacadeRoute[] {
    return this.#facades.flatMap(({ routes }) => routes);
  }

  get endpoints(): readonly FacadeEndpoint[] {
    return this.#facades.flatMap(({ endpoints = [] }) => endpoints);
  }

  get listening(): readonly ListeningFacade[] {
    return this.#facades.flatMap(({ listen = null, endpoints = [], ownEndpoints = [] }) =>
      listen === null ? [] : [{ listen, endpoints: [...endpoints, ...ownEndpoints] }],
    );
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
