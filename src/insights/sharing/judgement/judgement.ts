/**
 * How likely an account is used by people of several households, with the evidence; docs/sharing.md has the rules. Pure, and
 * O(n log n + k) for n plays with k pairs that overlap.
 *
 * Whatever is played makes the habits (profile.ts); pairs of plays are held against them (pairs.ts, simultaneous.ts,
 * travel.ts); what is left makes signals, each of which is capped. Whatever is said to be fine only takes evidence away.
 */

import { findCrowd, findNewDevices } from './crowd.ts';
import { FindingWriter } from './findings.ts';
import { findSecondHouseholds } from './habits.ts';
import { householdsIn } from './household-list.ts';
import {
  type JudgedPlay,
  type Judgement,
  type JudgeOptions,
  MOST_FINDINGS,
  MOST_HOUSEHOLDS,
  SUPPRESSIONS,
  type Suppression,
  type Thresholds,
} from './judged.ts';
import { allowedGroups, dismissalsOf } from './leniency.ts';
import { pairsOf } from './pairs.ts';
import { profileOf } from './profile.ts';
import { sightingsOf } from './sightings.ts';
import { caseOfCrowd, caseOfDays, caseOfHouseholds, caseOfNewDevices } from './signals.ts';
import { findSimultaneous } from './simultaneous.ts';
import { findTravel } from './travel.ts';

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

/** Who has as many points is held to share: fixed on one half of the corpus of bench/sharing-corpus.ts. */
export const SHARED_FROM = 50;

export const DEFAULT_THRESHOLDS: Thresholds = {
  maxSpeedKmh: 900,
  leastOverlapSeconds: 10,
  leastOverlapOfTitleSeconds: 120,
  mostAttendedSeconds: 4 * 3600,
};

export function judge(plays: readonly JudgedPlay[], options: JudgeOptions): Judgement {
  const profile = profileOf(sightingsOf(plays, options.clock, options.thresholds));
  const suppressed = Object.fromEntries(SUPPRESSIONS.map((reason) => [reason, 0])) as Record<Suppression, number>;
  const suppress = (reason: Suppression) => {
    suppressed[reason]++;
  };
  const allowed = allowedGroups(profile, options);
  const dismissals = dismissalsOf(profile, options);
  const pairs = pairsOf(profile, allowed);
  const households = householdsIn(profile);
  const writer = new FindingWriter(profile, households, options);
  const atOnce = findSimultaneous(profile, pairs, dismissals, options, suppress);
  const travel = findTravel(profile, pairs, dismissals, options, suppress);
  const seconds = findSecondHouseholds(profile, allowed, [atOnce.evidence, travel.evidence]);
  const cases = [
    caseOfDays('simultaneous', atOnce.evidence, writer),
    caseOfDays('travel', travel.evidence, writer),
    caseOfHouseholds(seconds, dismissals, profile.home, writer, () => suppress('dismissed')),
    caseOfNewDevices(findNewDevices(profile, allowed), dismissals, writer),
    caseOfCrowd(findCrowd(profile, allowed), dismissals, writer),
  ].filter((each) => each !== null);
  const findings = cases.flatMap((each) => each.findings).sort((a, b) => b.points - a.points || b.at - a.at);
  return {
    score: Math.min(Math.round(cases.reduce((sum, { signal }) => sum + signal.points, 0)), 100),
    signals: cases.map(({ signal }) => signal).sort((a, b) => b.points - a.points),
    findings: findings.slice(0, MOST_FINDINGS),
    findingCount: cases.reduce((sum, { findingCount }) => sum + findingCount, 0),
    suppressed,
    households: households.toSorted((a, b) => b.days - a.days).slice(0, MOST_HOUSEHOLDS),
    householdCount: households.length,
    droppedPairs: Math.max(atOnce.notCompared, travel.notCompared),
  };
}
