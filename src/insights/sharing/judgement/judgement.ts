/** How likely an account is used by people of several households, with the evidence; docs/sharing.md has the rules. */

import type { Thresholds } from './judged.ts';

export type {
  Finding,
  FindingKind,
  Household,
  HouseholdKind,
  JudgedPlace,
  JudgedPlay,
  Judgement,
  JudgeOptions,
  NetworkKind,
  Signal,
  Suppression,
  Thresholds,
} from './judged.ts';
export { MOST_FINDINGS, MOST_HOUSEHOLDS, SUPPRESSIONS } from './judged.ts';

export const DEFAULT_THRESHOLDS: Thresholds = {
  maxSpeedKmh: 900,
  leastOverlapSeconds: 10,
  leastOverlapOfTitleSeconds: 120,
  mostAttendedSeconds: 4 * 3600,
};
