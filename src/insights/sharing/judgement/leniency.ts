/** What somebody said is fine: devices, networks and users that are allowed, findings that are dismissed. It only ever lowers. */

import { type Cidr, canonicalIp, isInCidr, parseCidr, parseIp } from '../../../lib/ip.ts';
import type { FindingKind, JudgeOptions } from './judged.ts';
import type { Profile } from './profile.ts';

/** What a finding counts for when one with the same devices was dismissed. */
const REPEATED = 0.25;

/** The same sessions give the same id; their ids may hold anything. */
export function findingId(kind: FindingKind, plays: readonly string[]): string {
  return [kind, ...plays.map(encodeURIComponent)].join('/');
}

export function patternOf(kind: FindingKind, devices: readonly string[]): string {
  return [kind, ...devices.map(encodeURIComponent).sort()].join('/');
}

/** 1 for each group (device and household) of which nothing is evidence. A household is allowed if a network of it is. */
export function allowedGroups(profile: Profile, { user, allowed }: JudgeOptions): Uint8Array {
  const { groupList, households, deviceNames, plays, networks } = profile;
  const groups = new Uint8Array(groupList.length);
  if (user !== null && allowed.users.includes(user)) return groups.fill(1);
  const devices = new Set(allowed.devices);
  const isAllowed = networkMatcher(allowed.networks);
  const isHouseholdAllowed = new Uint8Array(households.length);
  const asked = new Set<string>();
  for (let i = 0; i < plays.length && allowed.networks.length > 0; i++) {
    const address = plays[i]!.address!;
    if (asked.has(address)) continue;
    asked.add(address);
    const { household } = groupList[profile.groups[i]!]!;
    if (isAllowed(address) || isAllowed(profile.networkList[networks[i]!]!.name)) isHouseholdAllowed[household] = 1;
  }
  for (const [i, { device, household }] of groupList.entries()) {
    groups[i] = devices.has(deviceNames[device]!) || isHouseholdAllowed[household] === 1 ? 1 : 0;
  }
  return groups;
}

/** A text that is neither address nor block matches itself: a token, or `LAN`. */
function networkMatcher(list: readonly string[]): (address: string) => boolean {
  const texts = new Set(list.map((text) => canonicalIp(text) ?? text));
  const blocks = list.map(parseCidr).filter((cidr): cidr is Cidr => cidr !== null);
  return (address) => {
    if (texts.has(address)) return true;
    const bytes = parseIp(address);
    return bytes !== null && blocks.some((block) => isInCidr(bytes, block));
  };
}

export interface Dismissals {
  /** What is left of a pair of plays: 1 if nobody said anything, 0 if it is dismissed itself. */
  share(kind: FindingKind, one: number, other: number): number;
  /** Of the kinds that an account has one of: was one dismissed? */
  isDismissed(kind: FindingKind): boolean;
  /** Two households of which a finding was dismissed, or everything of that pattern. */
  isDismissedBetween(one: number, other: number, pattern: string): boolean;
}

const NOTHING: Dismissals = { share: () => 1, isDismissed: () => false, isDismissedBetween: () => false };

export function dismissalsOf(profile: Profile, { dismissed }: JudgeOptions): Dismissals {
  if (dismissed.length === 0) return NOTHING;
  const { plays, devices, deviceNames, groups, groupList } = profile;
  const numbers = new Map(plays.map(({ id }, i) => [encodeURIComponent(id), i]));
  const entries = new Set(dismissed);
  const kinds = new Set<string>();
  const pairs = new Set<string>();
  const repeats = new Map<string, number>();
  const between = new Set<string>();
  const pattern = (kind: string, a: number, b: number) =>
    patternOf(kind as FindingKind, [deviceNames[devices[a]!]!, deviceNames[devices[b]!]!]);
  for (const entry of entries) {
    const [kind = '', ...ids] = entry.split('/');
    kinds.add(kind);
    const [a, b] = ids.map((id) => numbers.get(id));
    if (ids.length !== 2 || a === undefined || b === undefined) continue;
    if (kind === 'households')
      between.add(unordered(groupList[groups[a]!]!.household, groupList[groups[b]!]!.household));
    pairs.add(`${kind} ${unordered(a, b)}`);
    const key = pattern(kind, a, b);
    repeats.set(key, (repeats.get(key) ?? 0) + 1);
  }
  return {
    share: (kind, one, other) => {
      if (!kinds.has(kind)) return 1;
      const key = pattern(kind, one, other);
      if (entries.has(key) || pairs.has(`${kind} ${unordered(one, other)}`)) return 0;
      return REPEATED ** (repeats.get(key) ?? 0);
    },
    isDismissed: (kind) => kinds.has(kind),
    isDismissedBetween: (one, other, of) => entries.has(of) || between.has(unordered(one, other)),
  };
}

function unordered(a: number, b: number): string {
  return `${Math.min(a, b)} ${Math.max(a, b)}`;
}
