/** The households of a profile as they are told. */

import type { Household } from './judged.ts';
import type { HouseholdSeen, Profile } from './profile.ts';

const MOST_NAMES = 20;

/** In the order of the profile. */
export function householdsIn(profile: Profile): Household[] {
  return profile.households.map((household) => toldOf(profile, household));
}

function toldOf({ networkList, groupList, deviceNames }: Profile, seen: HouseholdSeen): Household {
  const networks = [...seen.networks].map((network) => networkList[network]!);
  const newest = networks.toSorted((a, b) => b.lastAt - a.lastAt).slice(0, MOST_NAMES);
  const groups = [...seen.groups].map((group) => groupList[group]!).sort((a, b) => b.plays - a.plays);
  const { asn, organization } = seen.main;
  return {
    id: networks[0]!.name,
    kind: seen.kind,
    networks: newest.map(({ name }) => name),
    networkCount: networks.length,
    ...{ place: seen.place, asn, organization },
    devices: groups.slice(0, MOST_NAMES).map(({ device }) => deviceNames[device]!),
    deviceCount: groups.length,
    ...{ plays: seen.plays, days: seen.days, firstAt: seen.firstAt, lastAt: seen.lastAt },
  };
}
