/** What `headcount sharing` has found: the same for each of its formats. */

import type { AddressReport } from '../../insights/sharing/classic/addresses.ts';
import type { ClassicJudgement } from '../../insights/sharing/classic/judgement.ts';
import type { JudgedPlay, Judgement } from '../../insights/sharing/judgement/judged.ts';
import type { Places } from '../../insights/sharing/play.ts';
import type { WallClock } from '../../insights/summary/wall-clock.ts';
import type { Account } from './accounts.ts';

export interface FlaggedAccount {
  readonly account: Account;
  readonly judgement: ClassicJudgement;
  /** Null if nobody asked where. */
  readonly places: Places | null;
}

export interface SharingReport {
  /** Highest score first; of equal ones in the order of the accounts. */
  readonly flagged: readonly FlaggedAccount[];
  readonly timeline: boolean;
  readonly clock: WallClock;
}

/** By households; with the classic judgement of the same plays. */
export interface JudgedAccount extends FlaggedAccount {
  readonly shared: Judgement;
  readonly plays: readonly JudgedPlay[];
}

export interface JudgedReport extends SharingReport {
  readonly flagged: readonly JudgedAccount[];
}

export interface AccountAddresses {
  readonly account: Account;
  readonly report: AddressReport;
}

export interface TopAddresses {
  /** Longest playing time first. */
  readonly accounts: readonly AccountAddresses[];
  readonly places: Places | null;
}
