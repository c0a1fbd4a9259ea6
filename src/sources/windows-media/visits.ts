/**
 * From renderings to presences. A player writes a row at each pause, jump and new item of a playlist: those of one visit are one
 * session, which ends with each of its rows, and goes on with the next.
 */

import {
  type ClientFacts,
  clientFacts,
  type Details,
  type Milliseconds,
  type Observation,
  presence,
} from '../../core/observation.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { Chains, chainsMark } from '../chains.ts';
import type { Rendering } from './parse.ts';

export interface VisitsOptions {
  /** Renderings of a player without a session id belong together if they are no further apart. */
  readonly gap: Milliseconds;
  /** A visit is remembered for so long after its last rendering. */
  readonly join: Milliseconds;
  /** The id of a visit comes from the server; else anybody may have made it up. */
  readonly isTold: boolean;
  readonly counters: ScopedCounters;
}

export class Visits {
  readonly #options: VisitsOptions;
  readonly #chains: Chains;

  constructor(options: VisitsOptions, mark: unknown = null) {
    this.#options = options;
    this.#chains = new Chains(chainsMark.safeParse(mark).data);
  }

  get mark(): unknown {
    return this.#chains.mark;
  }

  /** `newest`: when the newest rendering of the log ended. */
  take(rendering: Rendering, newest: number): Observation[] {
    const { gap, join, isTold, counters } = this.#options;
    const { stream, visit, isSession, from, to } = rendering;
    const before = this.#chains.forgotten;
    const { id, start, end } = this.#chains.join(
      `${stream}|${visit}`,
      from,
      to,
      (chain) => newest - chain.end <= join && (isSession || from - chain.end <= gap),
    );
    if (this.#chains.forgotten > before) counters.add('forgottenVisits');
    const client = clientOf(rendering, id, isTold);
    const { bytes, title } = rendering;
    const details = detailsOf(rendering);
    return [
      // It covers all of the visit, so that it outweighs the end that was told before.
      presence({ stream, client, from: start, to: end, bytes, requests: 1, title, details }),
      { kind: 'departure', stream, client, at: end },
    ];
  }

  forget(settled: number): void {
    this.#chains.forget(settled);
  }
}

function clientOf({ address, userAgent, user }: Rendering, id: string, isTold: boolean): ClientFacts {
  const whose = isTold ? { connection: `wms|${id}` } : { playback: { id, issued: false } };
  return clientFacts({ address, userAgent, user, ...whose });
}

function detailsOf({ protocol, playerVersion, os }: Rendering): Details | null {
  const known = Object.entries({ protocol, playerVersion, os }).filter(([, value]) => value !== null);
  return known.length === 0 ? null : (Object.fromEntries(known) as Details);
}
