/** How the cursor walks through a period by itself. */

/** So long a whole period takes, in milliseconds: from leisurely to a glance. */
export const SPEEDS = [60_000, 30_000, 10_000] as const;

const NICE_STEPS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1000,
);
/** About so many steps make a period. */
const STEPS = 150;

/** What one press of a button moves: a round length of time. */
export function stepOf(from: number, to: number): number {
  return NICE_STEPS.find((step) => (to - from) / step <= STEPS) ?? NICE_STEPS.at(-1)!;
}

/** Within the period, which has its end. */
export function withinSpan(at: number, from: number, to: number): number {
  return Math.max(from, Math.min(at, to));
}

/** Where the cursor is after so much time of playing; `to` is where it stops. */
export function playedTo(
  began: number,
  elapsed: number,
  { from, to, takes }: { from: number; to: number; takes: number },
): number {
  return withinSpan(Math.round(began + (elapsed / takes) * (to - from)), from, to);
}
