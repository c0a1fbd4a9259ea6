/**
 * Which quality a client was on, and when. A session keeps the first and the last sight of every stretch of equal
 * quality, ordered by (time, value), so that runs that were folded elsewhere can still be merged in any order; change
 * points and the number of switches are derived from these sights and never added up.
 */

import type { Instant, QualityPoint } from './observation.ts';

/** A session remembers its newest 64 stretches: nobody can make it grow by switching to and fro. */
export const MAX_STRETCHES = 64;

/** Sights that are too young to be settled may be merged with late ones, but even they are bounded. */
const MAX_SIGHTS = 512;

/**
 * The union of two ordered lists. Sights older than `settled` can get no more company: within their stretch all but
 * the first and the last are dropped, and all but the newest 64 stretches of them.
 */
export function mergeQualities(
  sights: readonly QualityPoint[],
  more: readonly QualityPoint[],
  settled: Instant,
): QualityPoint[] {
  const merged: QualityPoint[] = [];
  let i = 0;
  let j = 0;
  while (i < sights.length || j < more.length) {
    const a = sights[i];
    const b = more[j];
    const order = a === undefined ? 1 : b === undefined ? -1 : compareSights(a, b);
    merged.push(order <= 0 ? a! : b!);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return thin(merged, settled);
}

/**
 * The same for one sight that is newer than all: the hot path. Changes `sights` where it can, and answers what takes
 * its place. At most one settled sight is dropped for the one that comes; the rest is left to `mergeQualities`.
 */
export function addSight(sights: QualityPoint[], sight: QualityPoint, settled: Instant): QualityPoint[] {
  const last = sights.length - 1;
  if (last < 0 || last >= MAX_STRETCHES || compareSights(sight, sights[last]!) <= 0) {
    return mergeQualities(sights, [sight], settled);
  }
  for (let i = last - 1; i > 0; i--) {
    const { value } = sights[i]!;
    const after = sights[i + 1]!;
    if (after.at >= settled || after.value !== value || sights[i - 1]!.value !== value) continue;
    for (let j = i; j < last; j++) sights[j] = sights[j + 1]!;
    sights[last] = sight;
    return sights;
  }
  return [...sights, sight];
}

function compareSights(a: QualityPoint, b: QualityPoint): number {
  if (a.at !== b.at) return a.at - b.at;
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

function thin(sights: QualityPoint[], settled: Instant): QualityPoint[] {
  const kept = sights.filter((sight, i) => {
    const before = sights[i - 1];
    const after = sights[i + 1];
    const isInside = before?.value === sight.value && after?.value === sight.value;
    return !isInside || after.at >= settled;
  });
  // A copy has no room to grow, which a filtered list has: a million sessions keep theirs.
  if (kept.length <= MAX_STRETCHES) return kept.slice();
  const young = kept.findIndex((sight) => sight.at >= settled);
  const old = young === -1 ? kept.length : young;
  let excess = Math.max(stretches(kept.slice(0, old)).length - MAX_STRETCHES, 0);
  let cut = 0;
  while (excess > 0 && cut < old) {
    if (kept[cut + 1]?.value !== kept[cut]!.value) excess--;
    cut++;
  }
  return kept.slice(Math.max(cut, kept.length - MAX_SIGHTS));
}

function stretches(sights: readonly QualityPoint[]): QualityPoint[] {
  return sights.filter((sight, i) => i === 0 || sights[i - 1]!.value !== sight.value);
}

/** "From `at` on it was `value`", in order of time, at most 64: the first is where the session began. */
export function changePoints(sights: readonly QualityPoint[]): QualityPoint[] {
  return stretches(sights).slice(-MAX_STRETCHES);
}

/** How often the quality changed. */
export function countSwitches(sights: readonly QualityPoint[]): number {
  return Math.max(changePoints(sights).length - 1, 0);
}
