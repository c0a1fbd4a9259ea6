/**
 * Signs of an account that has been sold: many households that have nothing in common but the account, each with devices of
 * its own, and devices that appear in numbers at places where nobody of the account was before.
 */

import type { Profile } from './profile.ts';
import { DAY } from './sightings.ts';

const LEAST_SHARE_OF_OWN = 0.8;
const BURST = 7 * DAY;
/** Before, every device is new. */
const KNOWN_AFTER = 14 * DAY;
export const LEAST_NEW_DEVICES = 3;

/** First plays of devices, earliest first. */
export type FirstPlays = readonly number[];

export interface Crowd {
  readonly households: number;
  readonly providers: number;
  readonly devices: FirstPlays;
}

/** Habitual households, other than home, whose devices are nowhere else. */
export function findCrowd(profile: Profile, allowed: Uint8Array): Crowd {
  const { groupList, households, home } = profile;
  const placed = placedDays(profile);
  const devices: number[] = [];
  const own = new Set<number>();
  for (const [i, { device, household, days, firstPlay }] of groupList.entries()) {
    const isSecond = household !== home && households[household]!.kind === 'habitual';
    if (allowed[i] === 1 || !isSecond || days < LEAST_SHARE_OF_OWN * placed[device]!) continue;
    devices.push(firstPlay);
    own.add(household);
  }
  const providers = new Set([...own].map((household) => households[household]!.main.asn));
  return { households: own.size, providers: providers.size, devices: devices.sort((a, b) => a - b) };
}

function placedDays({ groupList, households, deviceNames }: Profile): Uint32Array {
  const sums = new Uint32Array(deviceNames.length);
  for (const { device, household, days } of groupList) {
    if (households[household]!.main.kind === 'fixed') sums[device]! += days;
  }
  return sums;
}

/** The most that appeared within a week, each at a household of others, and at two households at least; empty if there were few. */
export function findNewDevices(profile: Profile, allowed: Uint8Array): FirstPlays {
  const { starts, groups, groupList, households, home, belongs } = profile;
  const beginning = (starts[0] ?? 0) + KNOWN_AFTER;
  const seen = new Set<number>();
  const arrivals: Arrival[] = [];
  for (let i = 0; i < starts.length; i++) {
    const { device, household } = groupList[groups[i]!]!;
    if (seen.has(device)) continue;
    seen.add(device);
    const { kind } = households[household]!;
    const isElsewhere = kind === 'habitual' || kind === 'stay' || kind === 'visited';
    if (starts[i]! < beginning || !isElsewhere || allowed[groups[i]!] === 1 || belongs(device, home)) continue;
    arrivals.push({ play: i, household });
  }
  return fullestWeek(arrivals, starts).map(({ play }) => play);
}

interface Arrival {
  readonly play: number;
  readonly household: number;
}

/** Earliest of the weeks with most arrivals, of those at two households at least. */
function fullestWeek(arrivals: readonly Arrival[], starts: Float64Array): readonly Arrival[] {
  const within = new Map<number, number>();
  let best = { from: 0, to: 0 };
  for (let from = 0, to = 0; to < arrivals.length; to++) {
    const { play, household } = arrivals[to]!;
    within.set(household, (within.get(household) ?? 0) + 1);
    for (; starts[play]! - starts[arrivals[from]!.play]! > BURST; from++) {
      const left = within.get(arrivals[from]!.household)! - 1;
      if (left > 0) within.set(arrivals[from]!.household, left);
      else within.delete(arrivals[from]!.household);
    }
    const count = to + 1 - from;
    if (within.size >= 2 && count >= LEAST_NEW_DEVICES && count > best.to - best.from) best = { from, to: to + 1 };
  }
  return arrivals.slice(best.from, best.to);
}
