/**
 * Devices one after the other in different households, so far apart that nobody can have gone from one to the other:
 * `(d − r1 − r2) / Δt > v` with the accuracies of both places, from the effective end of a play to the start of the next. A
 * device is never compared with itself: where it seems to jump, its address was located badly. Nor is one household.
 */

import { DailyEvidence } from './evidence.ts';
import { ASSUMED_ACCURACY_KM, centresKm } from './households.ts';
import type { JudgeOptions, Suppression } from './judged.ts';
import type { Dismissals } from './leniency.ts';
import type { Pairs } from './pairs.ts';
import type { Profile } from './profile.ts';
import { HOUR } from './sightings.ts';

/** Half around the Earth: no two places are further apart. */
const MOST_KM = 20_016;
/** Devices at households that were seen last: older ones give way, so that a day of many is not compared with itself. */
const MOST_RECENT = 200;
/** Comparisons of one account, whatever comes of them: then it is enough, and the rest is left out. */
const MOST_COMPARED = 4_000_000;
/** So many distances are kept; others are reckoned again. */
const MOST_DISTANCES = 500_000;

interface Distance {
  readonly km: number;
  /** Without the accuracies of both. */
  readonly least: number;
}

export function findTravel(
  profile: Profile,
  pairs: Pairs,
  { share }: Dismissals,
  { thresholds: { maxSpeedKmh } }: JudgeOptions,
  suppress: (reason: Suppression) => void,
): { readonly evidence: DailyEvidence; readonly notCompared: number } {
  const { starts, ends, devices, groups, groupList, days, isVisited } = profile;
  const evidence = new DailyEvidence(profile.households.length);
  const distance = distancesOf(profile);
  /** By group: the play that ended last, in the order in which they were seen. */
  const recent = new Map<number, number>();
  const within = (MOST_KM / maxSpeedKmh) * HOUR;
  const compare = (one: number, other: number) => {
    const hours = (starts[other]! - ends[one]!) / HOUR;
    const [a, b] = [groupList[groups[one]!]!.household, groupList[groups[other]!]!.household];
    if (hours < 0 || a === b || devices[one] === devices[other]) return;
    const apart = distance(a, b);
    if (apart === null) return suppress('place-unknown');
    if (apart.km <= maxSpeedKmh * hours) return;
    const verdict = pairs.verdict(groups[one]!, groups[other]!);
    if (typeof verdict === 'string') return suppress(verdict);
    if (apart.least <= maxSpeedKmh * hours) return suppress('within-accuracy');
    if (isVisited(a, b, starts[other]!)) return suppress('trip');
    const weight = verdict * share('travel', one, other);
    if (weight === 0) return suppress('dismissed');
    evidence.add(a, b, { one, other, day: days[other]!, weight });
  };
  let compared = 0;
  for (let i = 0; i < starts.length; i++) {
    if (compared > MOST_COMPARED) return { evidence, notCompared: starts.length - i };
    compared += recent.size;
    for (const [group, before] of recent) {
      if (starts[i]! - ends[before]! > within) recent.delete(group);
      else compare(before, i);
    }
    const group = groups[i]!;
    const before = recent.get(group);
    recent.delete(group);
    recent.set(group, before !== undefined && ends[before]! > ends[i]! ? before : i);
    if (recent.size > MOST_RECENT) recent.delete(recent.keys().next().value!);
  }
  return { evidence, notCompared: 0 };
}

/** Null where one of both is not known. */
function distancesOf({ households }: Profile): (one: number, other: number) => Distance | null {
  const kept = new Map<number, Distance | null>();
  return (one, other) => {
    const key = Math.min(one, other) * households.length + Math.max(one, other);
    let distance = kept.get(key);
    if (distance !== undefined) return distance;
    const [a, b] = [households[one]!.place, households[other]!.place];
    const km = centresKm(a, b);
    const radii = (a?.accuracyKm ?? ASSUMED_ACCURACY_KM) + (b?.accuracyKm ?? ASSUMED_ACCURACY_KM);
    distance = km === null ? null : { km, least: Math.max(km - radii, 0) };
    if (kept.size < MOST_DISTANCES) kept.set(key, distance);
    return distance;
  };
}
