/** The open allocations, asked for every two seconds while somebody looks, with their rates and a short past of these. */

import type { SessionPageWire } from '../../../src/http/contract.ts';
import { type ApiError, ask } from './api.ts';
import { clock } from './clock.svelte.ts';
import { polled } from './polled.svelte.ts';
import { type Allocation, type Answer, allocationsOf, type Rate, sumOf } from './turn.ts';

const EVERY = 2000;
/** The API's greatest page: of more than these only those that have relayed most are looked at. */
export const MOST_ALLOCATIONS = 1000;
/** Ten minutes. */
const MOST_SAMPLES = 300;

export interface RateSample extends Rate {
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface TurnWatch {
  /** Null before the first answer. */
  readonly allocations: readonly Allocation[] | null;
  /** How many there are. */
  readonly total: number;
  readonly samples: readonly RateSample[];
  readonly error: ApiError | null;
}

/** Must be called while a component is created. `relays` are names of sources, or of their audiences. */
export function watchTurn(relays: () => readonly string[]): TurnWatch {
  let before: Answer | null = null;
  let asked = '';
  let allocations = $state.raw<readonly Allocation[] | null>(null);
  let samples = $state.raw<readonly RateSample[]>([]);
  let total = $state(0);
  const list = polled(
    async (signal) => {
      const names = relays();
      const pages = await Promise.all(names.map((source) => askRelay(source, signal)));
      const answer = { at: clock.now, sessions: pages.flatMap(({ items }) => items) };
      // Others than before: nothing to compare them with.
      if (names.join('\n') !== asked) before = null;
      asked = names.join('\n');
      const next = allocationsOf(answer, before);
      if (before !== null) {
        const rate = sumOf(next.map((each) => each.rate));
        samples = [...samples.slice(1 - MOST_SAMPLES), { at: answer.at, ...rate }];
      }
      before = answer;
      allocations = next;
      total = pages.reduce((sum, page) => sum + page.total, 0);
    },
    EVERY,
    () => {
      void relays();
      return true;
    },
  );
  return {
    get allocations() {
      return allocations;
    },
    get total() {
      return total;
    },
    get samples() {
      return samples;
    },
    get error() {
      return list.error;
    },
  };
}

function askRelay(source: string, signal: AbortSignal): Promise<SessionPageWire> {
  return ask('sessions', { source, bot: 'all', sort: '-bytes', limit: MOST_ALLOCATIONS }, signal);
}
