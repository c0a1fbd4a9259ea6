/** What is said of an account: both judgements, and what it was seen with. Pure; it runs in a thread of its own. */

import type { Instant } from '../../../core/observation.ts';
import { wallClockOf } from '../../summary/wall-clock.ts';
import { judgeClassic } from '../classic/judgement.ts';
import type { JudgedPlay, Judgement, JudgeOptions } from '../judgement/judgement.ts';
import { judge } from '../judgement/judgement.ts';
import type { Whereabouts } from '../play.ts';

/** The options of the judgement, as a thread can be told them. */
export interface Terms extends Omit<JudgeOptions, 'clock'> {
  /** As IANA spells it. */
  readonly timeZone: string;
}

export interface UsedDevice {
  /** As `Play.device` has it; null is not known. */
  readonly device: string | null;
  /** Of its newest play. */
  readonly platform: string | null;
  readonly player: string | null;
  readonly plays: number;
  readonly playSeconds: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
}

export interface Verdict {
  readonly judgement: Judgement;
  /** By the classic rules, which have no upper end. */
  readonly classicScore: number;
  readonly plays: number;
  /** Most time first: the `MOST_DEVICES` first ones. */
  readonly devices: readonly UsedDevice[];
  readonly deviceCount: number;
  /** When it was there last; null if there is no play. */
  readonly lastAt: Instant | null;
}

export const MOST_DEVICES = 100;

/** `plays` in any order. */
export function verdictOf(plays: readonly JudgedPlay[], { timeZone, ...terms }: Terms): Verdict {
  const devices = devicesOf(plays);
  const clock = wallClockOf(timeZone) ?? wallClockOf('UTC')!;
  return {
    judgement: judge(plays, { ...terms, clock }),
    classicScore: judgeClassic(plays, placesOf(plays))?.score ?? 0,
    plays: plays.length,
    devices: devices.slice(0, MOST_DEVICES),
    deviceCount: devices.length,
    lastAt: plays.reduce<Instant | null>((last, play) => Math.max(last ?? 0, endOf(play)), null),
  };
}

/** So many plays, the newest first, and of older ones those that a finding is about. */
export function timelineOf(plays: readonly JudgedPlay[], { findings }: Judgement, most: number): JudgedPlay[] {
  const named = new Set(findings.flatMap((finding) => finding.plays));
  const newestFirst = plays.toSorted((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0));
  return newestFirst.filter(({ id }, i) => i < most || named.has(id));
}

function placesOf(plays: readonly JudgedPlay[]): Map<string, Whereabouts> {
  const places = new Map<string, Whereabouts>();
  for (const { address, place } of plays) {
    if (address !== null && place !== null && !places.has(address)) places.set(address, place);
  }
  return places;
}

function endOf({ startedAt, stoppedAt }: JudgedPlay): Instant {
  return Math.max(startedAt ?? 0, stoppedAt ?? 0);
}

function devicesOf(plays: readonly JudgedPlay[]): UsedDevice[] {
  const devices = new Map<string | null, { -readonly [K in keyof UsedDevice]: UsedDevice[K] }>();
  for (const play of plays) {
    const { device, platform, player } = play;
    const startedAt = play.startedAt ?? endOf(play);
    let use = devices.get(device);
    if (use === undefined) {
      use = { device, platform, player, plays: 0, playSeconds: 0, firstAt: startedAt, lastAt: startedAt };
      devices.set(device, use);
    }
    if (startedAt >= use.lastAt) Object.assign(use, { platform, player });
    use.plays++;
    use.playSeconds += play.playSeconds;
    use.firstAt = Math.min(use.firstAt, startedAt);
    use.lastAt = Math.max(use.lastAt, endOf(play));
  }
  return [...devices.values()].sort((a, b) => b.playSeconds - a.playSeconds);
}
