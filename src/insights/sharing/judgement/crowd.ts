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
  const arrivals: { play: number; household: number }[] = [];
  for (let i = 0; i < starts.length; i++) {
    const { device, household } = groupList[groups[i]!]!;
    if (seen.has(device)) continue;
    seen.add(device);
    const { kind } = households[household]!;
    const isElsewhere = kind === 'habitual' || kind === 'stay' || kind === 'visited';
    if (starts[i]! < beginning || !isElsewhere || allowed[groups[i]!] === 1 || belongs(device, home)) continue;
    arrivals.push({ play: i, household });
  }
  let best: FirstPlays = [];
  for (let from = 0, to = 0; to < arrivals.length; to++) {
    while (starts[arrivals[to]!.play]! - starts[arrivals[from]!.play]! > BURST) from++;
    const burst = arrivals.slice(from, to + 1);
    const isSpread = new Set(burst.map(({ household }) => household)).size >= 2;
    if (isSpread && burst.length >= LEAST_NEW_DEVICES && burst.length > best.length)
      best = burst.map(({ play }) => play);
  }
  return best;
}
