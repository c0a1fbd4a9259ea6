/** The stretch of time that the timeline shows, and where its marks are. Times are milliseconds. */

export const RANGES = ['day', 'week', 'all'] as const;
export type Range = (typeof RANGES)[number];

export interface Span {
  readonly from: number;
  readonly to: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LENGTHS = { day: DAY, week: 7 * DAY } as const;
/** Round numbers of hours between two marks. */
const STEPS = [1, 2, 4, 6, 12, 24, 48, 96, 168, 336, 672, 1344, 2688];

/** `middle` is in the middle of it, unless that would be all to come; `all` is from the first to the last with a little room. */
export function spanOf(range: Range, middle: number, all: Span): Span {
  if (range === 'all') {
    const room = Math.max((all.to - all.from) * 0.02, HOUR);
    return { from: all.from - room, to: all.to + room };
  }
  // What is still to come takes little room.
  const to = Math.min(middle + LENGTHS[range] / 2, all.to + LENGTHS[range] / 12);
  return { from: to - LENGTHS[range], to };
}

/** Where the middle goes, so much of the span to either side. */
export function moved({ from, to }: Span, share: number): number {
  return (from + to) / 2 + (to - from) * share;
}

/** Round hours or midnights on the viewer's clock, at most so many. */
export function marksOf({ from, to }: Span, most: number): number[] {
  const hours = (to - from) / HOUR;
  const step = STEPS.find((each) => hours / each <= most) ?? STEPS.at(-1)!;
  const at = new Date(from);
  at.setHours(0, 0, 0, 0);
  const marks: number[] = [];
  // By the clock on the wall: a day may have 23 or 25 hours.
  for (let i = 0; at.getTime() < to && i < 10_000; i++) {
    if (at.getTime() >= from) marks.push(at.getTime());
    at.setHours(at.getHours() + step);
  }
  return marks;
}
