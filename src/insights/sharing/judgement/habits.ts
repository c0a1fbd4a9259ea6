/**
 * Second households that are used beside the home for weeks. That somebody has two places is no sharing; that on one day
 * both are used in turns, or at once, by devices that never come to the other one, week after week, is.
 */

import type { DailyEvidence } from './evidence.ts';
import type { Profile } from './profile.ts';

/** Home, there, and home again; or the other way round. */
const LEAST_CHANGES = 2;

export interface SecondHousehold {
  readonly household: number;
  /** On which both were used so. */
  readonly days: number;
  readonly weeks: number;
  /** The first two plays that say so, earlier first. */
  readonly one: number;
  readonly other: number;
}

interface Second {
  readonly weeks: Set<number>;
  days: number;
  readonly pair: readonly [number, number];
}

/** `certain`: what shows by itself that two were there. */
export function findSecondHouseholds(
  profile: Profile,
  allowed: Uint8Array,
  certain: readonly DailyEvidence[],
): SecondHousehold[] {
  const { home } = profile;
  const found = new Map<number, Second>();
  for (const { day, atHome, seconds } of daysOf(profile, allowed)) {
    for (const [household, there] of seconds) {
      const { changes, pair } = changesOf(profile, atHome, there, household);
      if (pair === null) continue;
      if (changes < LEAST_CHANGES && !certain.some((days) => days.isCertain(home, household, day))) continue;
      const second = found.get(household) ?? { weeks: new Set(), days: 0, pair };
      found.set(household, second);
      second.days++;
      // 1970 began with a Thursday.
      second.weeks.add(Math.floor((day + 3) / 7));
    }
  }
  return [...found].map(
    ([
      household,
      {
        weeks,
        days,
        pair: [one, other],
      },
    ]) => {
      return { household, days, weeks: weeks.size, one, other };
    },
  );
}

interface DayOfPlays {
  readonly day: number;
  readonly atHome: readonly number[];
  /** By household: plays there. */
  readonly seconds: ReadonlyMap<number, readonly number[]>;
}

/** Days on which both home and a second household were used. */
function* daysOf(profile: Profile, allowed: Uint8Array): Generator<DayOfPlays> {
  const { starts, days, groups, groupList, households, home } = profile;
  for (let from = 0, to = 0; from < starts.length; from = to) {
    const atHome: number[] = [];
    const seconds = new Map<number, number[]>();
    for (; to < starts.length && days[to] === days[from]; to++) {
      const { household } = groupList[groups[to]!]!;
      if (allowed[groups[to]!] === 1) continue;
      if (household === home) atHome.push(to);
      else if (households[household]!.kind === 'habitual')
        seconds.set(household, [...(seconds.get(household) ?? []), to]);
    }
    if (atHome.length > 0 && seconds.size > 0) yield { day: days[from]!, atHome, seconds };
  }
}

/** How often it goes from one to the other, among plays of devices that are at home in just one of them. */
function changesOf(profile: Profile, atHome: readonly number[], there: readonly number[], household: number) {
  const { home, devices, starts, belongs, isVisited } = profile;
  const isOwn = (play: number, foreign: number) =>
    !belongs(devices[play]!, foreign) && !isVisited(home, household, starts[play]!);
  const own = [
    ...atHome.filter((play) => isOwn(play, household)).map((play) => ({ play, isHome: true })),
    ...there.filter((play) => isOwn(play, home)).map((play) => ({ play, isHome: false })),
  ].sort((a, b) => a.play - b.play);
  let changes = 0;
  let pair: readonly [number, number] | null = null;
  for (const [i, { play, isHome }] of own.entries()) {
    const before = own[i - 1];
    if (before === undefined || before.isHome === isHome) continue;
    changes++;
    pair ??= [before.play, play];
  }
  return { changes, pair };
}
