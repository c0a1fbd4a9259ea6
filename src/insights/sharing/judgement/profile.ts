/**
 * The habits of an account over weeks: its households and which devices are at home where. They are of everything that was
 * played, whatever is allowed or dismissed, so that what somebody says is fine cannot make anything else look worse.
 */

import type { Instant } from '../../../core/observation.ts';
import { groupNetworks } from './households.ts';
import type { HouseholdKind, JudgedPlace } from './judged.ts';
import { DAY, HOUR, type Network, type Sightings } from './sightings.ts';

/** A device is at home where it is seen on two days and on so many of its days. */
const LEAST_SHARE_AT_HOME = 0.15;
/** It lives where it is on most of its days. */
const LEAST_SHARE_LIVING = 0.5;
const LEAST_HABIT_DAYS = 5;
const LEAST_HABIT_SPAN = 14 * DAY;
/** A journey is no longer, and over when nobody has been there for a week. */
const MOST_STAY_SPAN = 31 * DAY;
const MOST_STAY_GAP_DAYS = 7;
const LEAST_WORK_SHARE = 0.85;
const LEAST_WORK_DAYS = 3;
const GUEST_WITHIN = 36 * HOUR;
/** Sights of a guest that are nearer are one. */
const GUEST_STEP = 3 * HOUR;

export interface HouseholdSeen {
  kind: HouseholdKind;
  readonly networks: Set<number>;
  /** Of its network with most plays. */
  place: JudgedPlace | null;
  main: Network;
  plays: number;
  workPlays: number;
  days: number;
  lastDay: number;
  /** The most days between two on which it was used. */
  gapDays: number;
  readonly groups: Set<number>;
  readonly firstAt: Instant;
  lastAt: Instant;
}

/** A device at a household. */
export interface Group {
  readonly device: number;
  readonly household: number;
  readonly firstPlay: number;
  plays: number;
  days: number;
  lastDay: number;
}

export interface Profile extends Sightings {
  /** By play. */
  readonly groups: Uint32Array;
  readonly groupList: readonly Group[];
  readonly households: readonly HouseholdSeen[];
  /** Where most is played; -1 if nothing is. */
  readonly home: number;
  /** Is the device at home there, if only now and then? */
  belongs(device: number, household: number): boolean;
  /** Is it nowhere else on most of its days? */
  lives(device: number, household: number): boolean;
  /** Was a device that lives in one of the two seen in the other one, a day and a half before or after? */
  isVisited(one: number, other: number, at: Instant): boolean;
}

export function profileOf(sightings: Sightings): Profile {
  const { starts, networks, devices, networkList, deviceNames } = sightings;
  const grouping = groupNetworks(sightings);
  const households: HouseholdSeen[] = [];
  const groups = new Uint32Array(starts.length);
  const groupList: Group[] = [];
  const numbers = new Map<number, number>();
  for (let i = 0; i < starts.length; i++) {
    const household = grouping.households[networks[i]!]!;
    const key = devices[i]! * grouping.count + household;
    let number = numbers.get(key);
    if (number === undefined) {
      number = groupList.length;
      numbers.set(key, number);
      groupList.push({ device: devices[i]!, household, firstPlay: i, plays: 0, days: 0, lastDay: -1 });
    }
    groups[i] = number;
    households[household] ??= householdFrom(networkList[networks[i]!]!, starts[i]!);
    note(households[household], groupList[number]!, number, sightings, i);
  }
  for (const household of households) settlePlace(household, networkList);
  const last = starts.length === 0 ? 0 : starts[starts.length - 1]!;
  for (const [i, household] of households.entries()) {
    const usesPhonesOnly = [...household.groups].every((group) => isPhone(sightings, groupList[group]!.firstPlay));
    household.kind = kindOf(household, last, grouping.isPool[i] === 1 && usesPhonesOnly);
  }
  const home = homeOf(households);
  if (home !== -1) households[home]!.kind = 'home';
  const residence = residenceOf(groupList, households, numbers, grouping.count, deviceNames.length);
  const known = { ...sightings, groups, groupList, households, home, ...residence };
  return { ...known, isVisited: visitsOf(known) };
}

function householdFrom(main: Network, firstAt: Instant): HouseholdSeen {
  const counts = { plays: 0, workPlays: 0, days: 0, lastDay: -1, gapDays: 0 };
  return {
    kind: 'visited',
    networks: new Set(),
    place: null,
    main,
    ...counts,
    groups: new Set(),
    firstAt,
    lastAt: firstAt,
  };
}

function note(household: HouseholdSeen, group: Group, number: number, seen: Sightings, i: number): void {
  const { days, starts, networks, workingHours } = seen;
  const day = days[i]!;
  household.plays++;
  household.lastAt = starts[i]!;
  household.networks.add(networks[i]!);
  household.groups.add(number);
  household.workPlays += workingHours[i]!;
  if (household.lastDay !== day) {
    if (household.days > 0) household.gapDays = Math.max(household.gapDays, day - household.lastDay);
    household.days++;
    household.lastDay = day;
  }
  group.plays++;
  if (group.lastDay === day) return;
  group.days++;
  group.lastDay = day;
}

/** Where most of its plays were. */
function settlePlace(household: HouseholdSeen, networks: readonly Network[]): void {
  for (const number of household.networks) {
    const network = networks[number]!;
    const isBetter = household.place === null || network.plays > household.main.plays;
    if (network.place === null || !isBetter) continue;
    household.place = network.place;
    household.main = network;
  }
}

/** Of equal ones the one seen first; one that moves with its people only if there is no other. */
function homeOf(households: readonly HouseholdSeen[]): number {
  let home = -1;
  const rank = ({ main, kind, days, plays }: HouseholdSeen) =>
    (main.kind === 'fixed' && kind !== 'mobile' ? 1e9 : 0) + days + plays / 1e9;
  for (const [i, household] of households.entries()) {
    if (home === -1 || rank(household) > rank(households[home]!)) home = i;
  }
  return home;
}

function kindOf(household: HouseholdSeen, last: Instant, isPoolOfPhones: boolean): HouseholdKind {
  const { main, days, plays, workPlays, firstAt, lastAt, gapDays } = household;
  if (main.kind === 'vpn' || main.kind === 'hosting') return 'masked';
  if (main.kind !== 'fixed') return main.kind;
  if (isPoolOfPhones) return 'mobile';
  if (days >= LEAST_WORK_DAYS && workPlays >= LEAST_WORK_SHARE * plays) return 'work';
  const span = lastAt - firstAt;
  const isOver = last - lastAt >= MOST_STAY_GAP_DAYS * DAY;
  const isUnbroken = gapDays <= MOST_STAY_GAP_DAYS && span <= MOST_STAY_SPAN;
  if (days >= 2 && isUnbroken && (isOver || span < LEAST_HABIT_SPAN)) return 'stay';
  return days >= LEAST_HABIT_DAYS && span >= LEAST_HABIT_SPAN ? 'habitual' : 'visited';
}

function isPhone({ plays }: Sightings, play: number): boolean {
  return /^(ios|ipados|android)$/i.test(plays[play]!.platform ?? '');
}

function residenceOf(
  groupList: readonly Group[],
  households: readonly HouseholdSeen[],
  numbers: ReadonlyMap<number, number>,
  householdCount: number,
  deviceCount: number,
): Pick<Profile, 'belongs' | 'lives'> {
  /** On networks that tell where they are. */
  const placedDays = new Uint32Array(deviceCount);
  for (const { device, household, days } of groupList) {
    if (isPlaced(households[household]!)) placedDays[device]! += days;
  }
  const daysOf = (device: number, household: number) => {
    const group = numbers.get(device * householdCount + household);
    return group === undefined ? 0 : groupList[group]!.days;
  };
  return {
    belongs: (device, household) => {
      const days = daysOf(device, household);
      return days >= 2 && days >= LEAST_SHARE_AT_HOME * placedDays[device]!;
    },
    lives: (device, household) => daysOf(device, household) >= Math.max(LEAST_SHARE_LIVING * placedDays[device]!, 2),
  };
}

/** Whoever is there is at one place, and no relay, carrier or satellite speaks for them. */
export function isPlaced({ main }: HouseholdSeen): boolean {
  return main.kind === 'fixed';
}

/**
 * A device of one household in the other: one that lives in the one, or is at home in both and away from the home of the
 * account, as that of somebody who commutes is.
 */
function visitsOf(profile: Omit<Profile, 'isVisited'>): Profile['isVisited'] {
  const { starts, groups, groupList, households } = profile;
  const count = households.length;
  const origins = originsOf(profile);
  /** By host and origin of the guest: when guests were seen. */
  const visits = new Map<number, number[]>();
  for (let i = 0; i < starts.length; i++) {
    for (const origin of origins[groups[i]!]!) {
      const key = groupList[groups[i]!]!.household * count + origin;
      const times = visits.get(key);
      if (times === undefined) visits.set(key, [starts[i]!]);
      else if (starts[i]! - times.at(-1)! >= GUEST_STEP) times.push(starts[i]!);
    }
  }
  const isNear = (key: number, at: Instant) => {
    const times = visits.get(key);
    return times !== undefined && distanceTo(times, at) <= GUEST_WITHIN;
  };
  return (one, other, at) => isNear(one * count + other, at) || isNear(other * count + one, at);
}

/** By group: of which households the device is a guest there. */
function originsOf({ groupList, households, home, belongs, lives }: Omit<Profile, 'isVisited'>): number[][] {
  const homes = new Map<number, number[]>();
  for (const { device, household } of groupList) {
    if (isPlaced(households[household]!) && belongs(device, household)) {
      homes.set(device, [...(homes.get(device) ?? []), household]);
    }
  }
  return groupList.map(({ device, household }) => {
    if (!isPlaced(households[household]!)) return [];
    const others = (homes.get(device) ?? []).filter((other) => other !== household);
    return household === home ? others.filter((other) => lives(device, other)) : others;
  });
}

/** From a time to the nearest of some that rise. */
function distanceTo(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return Math.min(
    Math.abs((times[low] ?? Number.POSITIVE_INFINITY) - at),
    at - (times[low - 1] ?? Number.NEGATIVE_INFINITY),
  );
}
