/**
 * What two devices at two households say of each other. It is of their habits: what can be said of two plays of theirs (how
 * long they overlap, how fast somebody would have had to travel) is for those who compare plays.
 */

import type { HouseholdKind, Suppression } from './judged.ts';
import type { Profile } from './profile.ts';

/** How much a day of evidence counts: households that are used for weeks say most. */
const WEIGHTS: Partial<Record<HouseholdKind, number>> = { home: 1, habitual: 1, stay: 0.3, visited: 0.25 };

/** A weight above 0, or why it is no evidence. */
export type Verdict = number | Suppression;

export interface Pairs {
  /** Of two groups (device and household). */
  verdict(one: number, other: number): Verdict;
}

/** So many answers are kept; others are found again. */
const MOST_KEPT = 500_000;

export function pairsOf(profile: Profile, allowed: Uint8Array): Pairs {
  const count = profile.groupList.length;
  const kept = new Map<number, Verdict>();
  return {
    verdict: (one, other) => {
      const key = Math.min(one, other) * count + Math.max(one, other);
      let verdict = kept.get(key);
      if (verdict === undefined) {
        verdict = judgePair(profile, allowed, one, other);
        if (kept.size < MOST_KEPT) kept.set(key, verdict);
      }
      return verdict;
    },
  };
}

function judgePair(profile: Profile, allowed: Uint8Array, one: number, other: number): Verdict {
  const { groupList, households, belongs } = profile;
  const [a, b] = [groupList[one]!, groupList[other]!];
  if (allowed[one] === 1 || allowed[other] === 1) return 'allowed';
  if (a.household === b.household) return 'same-household';
  const kinds = [a, b].map(({ household }) => households[household]!);
  for (const { kind, main } of kinds) {
    if (kind === 'masked') return main.kind === 'vpn' ? 'vpn' : 'hosting';
    // A home that moves is a home: but nobody knows where it is.
    if (main.kind === 'mobile' || main.kind === 'satellite') return main.kind;
    if (kind === 'mobile' || kind === 'work') return kind;
  }
  if (belongs(a.device, b.household) || belongs(b.device, a.household)) return 'family-device';
  return Math.min(...kinds.map(({ kind }) => WEIGHTS[kind] ?? 0));
}
