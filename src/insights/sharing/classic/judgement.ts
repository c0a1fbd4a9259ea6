/**
 * The classic judgement of an account: so many points for devices, for devices that are used at once in different
 * networks, and for jumps that nobody can travel. The rules and numbers are those of the Plex account-sharing detector
 * for Tautulli; docs/sharing.md has them, and where they are weak.
 */

import type { Places, Play } from '../play.ts';
import { type Concurrency, findConcurrent } from './concurrent.ts';
import { findJumps, type Jump } from './jumps.ts';

export interface DeviceUse {
  /** `unknown` where the plays do not tell. */
  readonly device: string;
  /** Of its newest play. */
  readonly platform: string | null;
  readonly player: string | null;
  readonly plays: number;
  readonly playSeconds: number;
  readonly addresses: readonly string[];
}

export interface ClassicJudgement {
  readonly score: number;
  /** By playing time, longest first. */
  readonly devices: readonly DeviceUse[];
  readonly heavyDevices: number;
  readonly plays: number;
  readonly playSeconds: number;
  readonly concurrency: Concurrency;
  /** Empty without places. */
  readonly jumps: readonly Jump[];
}

const UNKNOWN_DEVICE = 'unknown';
/** Who plays more often with a device is at home with it. */
const MOST_LIGHT_PLAYS = 5;
const MOST_SCORED_OVERLAPS = 50;

/** Else there is nothing to share. */
export function usesSeveralDevices(plays: readonly Play[]): boolean {
  const first = plays[0] === undefined ? null : deviceOf(plays[0]);
  return plays.some((play) => deviceOf(play) !== first);
}

/** `places` null: nobody asked where. Null if there are fewer than two devices. */
export function judgeClassic(plays: readonly Play[], places: Places | null): ClassicJudgement | null {
  const newestFirst = plays.toSorted((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0));
  const devices = devicesOf(newestFirst);
  if (devices.length < 2) return null;
  const concurrency = findConcurrent(newestFirst);
  const jumps = places === null ? [] : findJumps(newestFirst, places);
  const heavyDevices = devices.filter((device) => device.plays > MOST_LIGHT_PLAYS).length;
  const { overlaps, devicePairs } = concurrency;
  return {
    score: scoreOf({ devices: devices.length, devicePairs, overlaps, heavyDevices, jumps: jumps.length }),
    devices: devices.sort((a, b) => b.playSeconds - a.playSeconds),
    heavyDevices,
    plays: plays.length,
    playSeconds: devices.reduce((sum, { playSeconds }) => sum + playSeconds, 0),
    concurrency,
    jumps,
  };
}

export interface Counts {
  readonly devices: number;
  readonly devicePairs: number;
  readonly overlaps: number;
  readonly heavyDevices: number;
  readonly jumps: number;
}

export function scoreOf({ devices, devicePairs, overlaps, heavyDevices, jumps }: Counts): number {
  const atOnce = 25 * devicePairs + 2 * Math.min(overlaps, MOST_SCORED_OVERLAPS);
  return 10 * (devices - 1) + atOnce + 15 * Math.max(heavyDevices - 1, 0) + 30 * jumps;
}

export interface Flags {
  readonly minScore: number;
  readonly concurrentOnly: boolean;
}

export function isFlagged({ score, concurrency }: ClassicJudgement, { minScore, concurrentOnly }: Flags): boolean {
  return score >= minScore && (!concurrentOnly || concurrency.overlaps > 0);
}

function deviceOf({ device }: Play): string {
  return device ?? UNKNOWN_DEVICE;
}

/** In the order in which they come. */
function devicesOf(plays: readonly Play[]): DeviceUse[] {
  const devices = new Map<string, { newest: Play; plays: number; playSeconds: number; addresses: Set<string> }>();
  for (const play of plays) {
    const name = deviceOf(play);
    let use = devices.get(name);
    if (use === undefined) {
      use = { newest: play, plays: 0, playSeconds: 0, addresses: new Set() };
      devices.set(name, use);
    }
    use.plays++;
    use.playSeconds += play.playSeconds;
    if (play.address !== null) use.addresses.add(play.address);
  }
  return [...devices].map(([device, { newest, addresses, ...counts }]) => ({
    device,
    platform: newest.platform,
    player: newest.player,
    ...counts,
    addresses: [...addresses].sort(),
  }));
}
