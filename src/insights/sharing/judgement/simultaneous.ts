/** Devices at once in different households: pairs of the sweep that nothing explains. */

import { sweepOverlaps } from '../overlaps.ts';
import { DailyEvidence } from './evidence.ts';
import type { JudgeOptions, Suppression } from './judged.ts';
import type { Dismissals } from './leniency.ts';
import type { Pairs } from './pairs.ts';
import type { Profile } from './profile.ts';

/** Of one account: who has more shares beyond doubt, or is a name that everybody uses. */
const MOST_PAIRS = 1_000_000;

export interface Simultaneous {
  readonly evidence: DailyEvidence;
  readonly notCompared: number;
}

export function findSimultaneous(
  profile: Profile,
  pairs: Pairs,
  { share }: Dismissals,
  { thresholds }: JudgeOptions,
  suppress: (reason: Suppression) => void,
): Simultaneous {
  const { plays, starts, ends, devices, groups, groupList, days, isVisited } = profile;
  const evidence = new DailyEvidence(profile.households.length);
  const least = thresholds.leastOverlapSeconds * 1000;
  const leastOfTitle = thresholds.leastOverlapOfTitleSeconds * 1000;
  const visit = (one: number, other: number) => {
    if (devices[one] === devices[other]) return;
    const verdict = pairs.verdict(groups[one]!, groups[other]!);
    if (typeof verdict === 'string') return suppress(verdict);
    const overlap = Math.min(ends[one]!, ends[other]!) - starts[other]!;
    if (overlap < least) return suppress('next-episode');
    const { title } = plays[one]!;
    if (overlap < leastOfTitle && title !== null && title === plays[other]!.title) return suppress('same-title');
    const [a, b] = [groupList[groups[one]!]!.household, groupList[groups[other]!]!.household];
    if (isVisited(a, b, starts[other]!)) return suppress('trip');
    const weight = verdict * share('simultaneous', one, other);
    if (weight === 0) return suppress('dismissed');
    evidence.add(a, b, { one, other, day: days[other]!, weight });
  };
  return { evidence, notCompared: sweepOverlaps({ starts, ends }, visit, MOST_PAIRS) };
}
