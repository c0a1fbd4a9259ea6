/** From evidence to points: every signal is capped, and says what it is made of. */

import { type Crowd, type FirstPlays, LEAST_NEW_DEVICES } from './crowd.ts';
import { type DailyEvidence, saturated } from './evidence.ts';
import type { FindingWriter } from './findings.ts';
import type { SecondHousehold } from './habits.ts';
import { type Finding, type FindingKind, MOST_FINDINGS, type Signal } from './judged.ts';
import { type Dismissals, patternOf } from './leniency.ts';

const MOST: Readonly<Record<FindingKind, number>> = {
  simultaneous: 50,
  travel: 35,
  households: 55,
  'new-devices': 10,
  resale: 40,
};
/** Two thirds of a signal are said by so many days. */
const SCALE_DAYS = 4;
const POINTS_OF_SECOND = 20;
const POINTS_OF_FURTHER = 10;
const CERTAIN_WEEKS = 4;
/** For the days beyond the first ones of the first second household. */
const POINTS_OF_DAYS = 35;
const FIRST_DAYS = 3;
const SCALE_HABIT = 8;
const POINTS_OF_NEW_DEVICE = 2.5;
const LEAST_CROWD = 4;
const LEAST_PROVIDERS = 3;
const POINTS_OF_CROWD = 10;

export interface Case {
  readonly signal: Signal;
  readonly findings: readonly Finding[];
  /** With those that are not in `findings`. */
  readonly findingCount: number;
}

const SAID = {
  simultaneous: 'devices at once in different households',
  travel: 'devices one after the other in households too far apart to travel',
} as const;

export function caseOfDays(
  kind: 'simultaneous' | 'travel',
  { all }: DailyEvidence,
  writer: FindingWriter,
): Case | null {
  const weight = all.reduce((sum, each) => sum + each.weight, 0);
  if (weight === 0) return null;
  const points = saturated(weight, MOST[kind], SCALE_DAYS);
  const strongest = all.toSorted((a, b) => b.weight - a.weight || b.other - a.other).slice(0, MOST_FINDINGS);
  const findings = strongest.map(({ one, other, weight: own }) =>
    writer.ofTwo(kind, (points * own) / weight, one, other, writer[kind](one, other, own)),
  );
  const why = `${SAID[kind]} on ${days(new Set(all.map(({ day }) => day)).size)}`;
  return { signal: { kind, points: rounded(points), most: MOST[kind], why }, findings, findingCount: all.length };
}

export function caseOfHouseholds(
  seconds: readonly SecondHousehold[],
  { isDismissedBetween }: Dismissals,
  home: number,
  writer: FindingWriter,
  suppressDismissed: () => void,
): Case | null {
  const kind = 'households';
  const left: (SecondHousehold & { pattern: string })[] = [];
  for (const second of seconds) {
    const pattern = patternOf(kind, [writer.household(second.one).id, writer.household(second.other).id]);
    if (isDismissedBetween(home, second.household, pattern)) suppressDismissed();
    else left.push({ ...second, pattern });
  }
  if (left.length === 0) return null;
  left.sort((a, b) => b.weeks - a.weeks || b.days - a.days || a.one - b.one);
  const findings = left.map(({ one, other, days: count, weeks, pattern }, i) => {
    const ofDays = i === 0 ? saturated(Math.max(count - FIRST_DAYS, 0), POINTS_OF_DAYS, SCALE_HABIT) : 0;
    const points = (i === 0 ? POINTS_OF_SECOND : POINTS_OF_FURTHER) * Math.min(weeks / CERTAIN_WEEKS, 1) + ofDays;
    const habit = `Both were used so on ${days(count)} of ${counted(weeks, 'week')}`;
    return writer.ofTwo(
      kind,
      points,
      one,
      other,
      {
        why: `${writer.session(one)}, then ${writer.session(other)}: on one day, in turns or at once. ${habit}.`,
        whyNotSuppressed:
          'Their devices never come to the other household, it is used in evenings or at weekends too, and it was no stay.',
      },
      pattern,
    );
  });
  const points = Math.min(
    findings.reduce((sum, finding) => sum + finding.points, 0),
    MOST[kind],
  );
  const why = `${counted(left.length, 'household')} beside the home, used on the same days in up to ${counted(left[0]!.weeks, 'week')}`;
  return { signal: { kind, points: rounded(points), most: MOST[kind], why }, findings, findingCount: findings.length };
}

export function caseOfNewDevices(plays: FirstPlays, { isDismissed }: Dismissals, writer: FindingWriter): Case | null {
  const kind = 'new-devices';
  if (plays.length < LEAST_NEW_DEVICES || isDismissed(kind)) return null;
  const points = Math.min(plays.length * POINTS_OF_NEW_DEVICE, MOST[kind]);
  const why = `${plays.length} new devices within a week, none of them at home`;
  const finding = writer.ofMany(kind, points, plays, LEAST_NEW_DEVICES, {
    why: `${why}: ${named(plays, writer)}.`,
    whyNotSuppressed: 'They appeared in several households on fixed lines, and none was ever at home.',
  });
  return { signal: { kind, points: rounded(points), most: MOST[kind], why }, findings: [finding], findingCount: 1 };
}

export function caseOfCrowd(crowd: Crowd, { isDismissed }: Dismissals, writer: FindingWriter): Case | null {
  const kind = 'resale';
  const { households, providers, devices } = crowd;
  if (households < LEAST_CROWD || providers < LEAST_PROVIDERS || isDismissed(kind)) return null;
  const points = Math.min((households - LEAST_CROWD + 2) * POINTS_OF_CROWD, MOST[kind]);
  const why = `${devices.length} devices in ${households} households of ${providers} providers that have nothing in common`;
  const finding = writer.ofMany(kind, points, devices, LEAST_CROWD, {
    why: `${why}: ${named(devices, writer)}.`,
    whyNotSuppressed: 'Each household was used for weeks by devices that are nowhere else, on fixed lines.',
  });
  return { signal: { kind, points: rounded(points), most: MOST[kind], why }, findings: [finding], findingCount: 1 };
}

/** So many are named. */
const MOST_NAMED = 6;

function named(plays: readonly number[], writer: FindingWriter): string {
  const more = plays.length > MOST_NAMED ? `; and ${plays.length - MOST_NAMED} more` : '';
  return (
    plays
      .slice(0, MOST_NAMED)
      .map((play) => writer.session(play))
      .join('; ') + more
  );
}

function days(count: number): string {
  return counted(count, 'day');
}

function counted(count: number, what: string): string {
  return count === 1 ? `one ${what}` : `${count} ${what}s`;
}

function rounded(points: number): number {
  return Math.round(points * 10) / 10;
}
