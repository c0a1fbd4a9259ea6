/** Where accounts and what they played come from, for `headcount sharing`: a Tautulli, or our own history. */

import type { Instant } from '../../core/observation.ts';
import type { JudgedPlay } from '../../insights/sharing/judgement/judged.ts';
import type { Places, Play } from '../../insights/sharing/play.ts';

export interface Account {
  readonly id: string;
  /** As it is shown. */
  readonly name: string;
  /** Other names that it may be asked for by. */
  readonly aliases: readonly string[];
}

/** `id` is that of the session. */
export type AccountPlay = Play & Pick<JudgedPlay, 'id'>;

/** Where an address is, and whose network it is in. */
export type Surroundings = Pick<JudgedPlay, 'place' | 'asn' | 'organization'>;

export interface Accounts {
  /** As a person names it, without any credentials: `Tautulli (http://plex.example:8181)`. */
  readonly origin: string;
  /** Each once. */
  list(): Promise<readonly Account[]>;
  /** What began at or after `since`, in any order; nothing that is still going on. */
  plays(account: Account, since: Instant): Promise<readonly AccountPlay[]>;
  /** Of these addresses; those that cannot be placed are missing. Local ones are not asked for. */
  places(addresses: Iterable<string>): Promise<Places>;
  /** The same with networks; what is missing is not known. */
  surroundings(addresses: Iterable<string>): Promise<ReadonlyMap<string, Surroundings>>;
  /** What went wrong with one account, as its line says it. */
  explain(error: unknown): string;
  close(): Promise<void>;
}
