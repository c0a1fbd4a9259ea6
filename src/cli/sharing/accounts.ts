/** Where accounts and what they played come from, for `headcount sharing`: a Tautulli, or our own history. */

import type { Instant } from '../../core/observation.ts';
import type { Places, Play } from '../../insights/sharing/play.ts';

export interface Account {
  readonly id: string;
  /** As it is shown. */
  readonly name: string;
  /** Other names that it may be asked for by. */
  readonly aliases: readonly string[];
}

export interface Accounts {
  /** As a person names it, without any credentials: `Tautulli (http://plex.example:8181)`. */
  readonly origin: string;
  /** Each once. */
  list(): Promise<readonly Account[]>;
  /** What began at or after `since`, in any order; nothing that is still going on. */
  plays(account: Account, since: Instant): Promise<readonly Play[]>;
  /** Of these addresses; those that cannot be placed are missing. Local ones are not asked for. */
  places(addresses: Iterable<string>): Promise<Places>;
  /** What went wrong with one account, as its line says it. */
  explain(error: unknown): string;
  close(): Promise<void>;
}
