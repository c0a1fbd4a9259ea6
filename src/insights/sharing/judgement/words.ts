/** A judgement in words: plain text, in which names of devices, places and providers are as strangers wrote them. */

import type { WallClock } from '../../summary/wall-clock.ts';
import type { Household, JudgedPlay } from './judged.ts';

const MINUTE = 60_000;

/** `2026-03-02 20:10` of that clock. */
export function timeText(at: number, clock: WallClock): string {
  return new Date(at + clock.offsetAt(at)).toISOString().slice(0, 16).replace('T', ' ');
}

/** Who, where, from when until when. */
export function sessionText(play: JudgedPlay, household: Household, ends: number, clock: WallClock): string {
  const start = play.startedAt!;
  const until = timeText(ends, clock);
  const begin = timeText(start, clock);
  const end = until.slice(0, 10) === begin.slice(0, 10) ? until.slice(11) : until;
  return `${deviceText(play)} at ${householdText(household)} (${begin}–${end})`;
}

export function deviceText({ player, platform, device }: JudgedPlay): string {
  const name = player ?? device ?? 'an unknown device';
  return platform === null || platform === name ? name : `${name}, ${platform}`;
}

export function householdText({ place, organization, id }: Household): string {
  const where = [place?.city ?? place?.region, place?.country].filter((part) => part != null && part !== '');
  const provider = organization === null ? [] : [organization];
  const parts = [...where, ...provider];
  return parts.length === 0 ? id : `${parts.join(', ')} [${id}]`;
}

export function lengthText(milliseconds: number): string {
  const minutes = Math.round(milliseconds / MINUTE);
  if (minutes < 1) return `${Math.round(milliseconds / 1000)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function distanceText(km: number | null): string {
  return km === null ? '' : `, ${Math.round(km)} km apart`;
}
