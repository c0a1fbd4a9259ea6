/** What the contract test (contract.test.ts) needs to know of a kind. Every facade folder has a `fixture.ts`. */

import type { Accounts } from '../core/access.ts';
import type { FacadeContext } from './facade.ts';

/** Nobody may sign in. */
export const NO_ACCOUNTS: Accounts = {
  signIn: () => null,
  named: () => null,
  bearing: () => null,
  isEmpty: true,
};

/** There never was anybody, and no address is anywhere. */
export const NO_HISTORY: Pick<FacadeContext, 'store' | 'hash' | 'locate'> = {
  store: { tally: async () => [], sessions: async () => ({ items: [], nextCursor: null, total: 0 }) },
  hash: (text) => text,
  locate: async () => null,
};

export interface FacadeFixture {
  /** Options that must be refused. */
  readonly refused: readonly Record<string, unknown>[];
  /** Variables, the options that they say, and those of the facade that they ask for by themselves; null is none. */
  readonly environments: readonly {
    readonly env: Record<string, string>;
    readonly options: Record<string, unknown>;
    readonly implied: Record<string, unknown> | null;
  }[];
  /** Options to run it with, where it may write into this folder. */
  running(folder: string): Record<string, unknown>;
}
