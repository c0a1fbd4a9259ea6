/**
 * Which intervals of time overlap: a sweep over their starts, O(n log n + k) for n intervals and k pairs, O(n + k) if they
 * come in order, newest or oldest first, as histories do. Whether a pair means anything is the caller's.
 *
 * Two intervals overlap if each starts before the other ends; those that only touch do not. One without length overlaps
 * what it lies strictly within.
 */

export interface Intervals {
  /** Any unit of time. */
  readonly starts: Float64Array;
  /** Of the same length. An end before its start is taken as it is: by the rule above. */
  readonly ends: Float64Array;
}

/** So many pairs of one account are looked at: a sweep of as many takes some 50 ms. */
export const MOST_PAIRS = 5_000_000;

/**
 * Calls `visit` once for each pair that overlaps, with the place of the one that started earlier first. After `most` pairs
 * it stops; answers how many intervals were not compared with those before them, 0 if all were.
 */
export function sweepOverlaps(
  { starts, ends }: Intervals,
  visit: (earlier: number, later: number) => void,
  most = MOST_PAIRS,
): number {
  const order = orderOf(starts);
  /** Those that may still overlap what comes: each time one is met it is a pair, or it is dropped for good. */
  const open = new Uint32Array(order.length);
  let opened = 0;
  let pairs = 0;
  for (let at = 0; at < order.length; at++) {
    if (pairs >= most) return order.length - at;
    const later = order[at]!;
    const start = starts[later]!;
    const end = ends[later]!;
    let kept = 0;
    for (let i = 0; i < opened; i++) {
      const earlier = open[i]!;
      if (ends[earlier]! <= start) continue;
      open[kept++] = earlier;
      if (starts[earlier]! >= end) continue;
      pairs++;
      visit(earlier, later);
    }
    open[kept++] = later;
    opened = kept;
  }
  return 0;
}

/** The places of the starts, earliest first. */
function orderOf(starts: Float64Array): Uint32Array {
  const order = new Uint32Array(starts.length);
  let rises = 0;
  let falls = 0;
  for (let i = 0; i < starts.length; i++) {
    order[i] = i;
    if (i === 0 || starts[i] === starts[i - 1]) continue;
    if (starts[i]! > starts[i - 1]!) rises++;
    else falls++;
  }
  if (falls === 0) return order;
  return rises === 0 ? order.reverse() : order.sort((a, b) => starts[a]! - starts[b]!);
}
