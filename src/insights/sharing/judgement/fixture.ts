/** Plays at households for tests of the judgement. */

import { wallClockOf } from '../../summary/wall-clock.ts';
import { DEFAULT_THRESHOLDS, type JudgedPlay, type JudgeOptions, judge } from './judgement.ts';

const HOUR = 3_600_000;
/** 2026-09-07 00:00 UTC, a Monday. */
export const MONDAY = Date.UTC(2026, 8, 7);

export const OPTIONS: JudgeOptions = {
  user: null,
  allowed: { devices: [], networks: [], users: [] },
  dismissed: [],
  clock: wallClockOf('UTC')!,
  thresholds: DEFAULT_THRESHOLDS,
};

export type Where = Pick<JudgedPlay, 'address' | 'place' | 'asn' | 'organization'>;

export function at(
  address: string,
  city: string,
  latitude: number,
  longitude: number,
  more: Partial<Where> = {},
): Where {
  const place = { city, region: null, country: 'Germany', latitude, longitude, accuracyKm: 20 };
  return { address, place, asn: 64500, organization: 'Example Cable', ...more };
}

export const BERLIN = at('192.0.2.1', 'Berlin', 52.5, 13.4);
export const MUNICH = at('198.51.100.2', 'Munich', 48.1, 11.6, { asn: 64501, organization: 'Fibre Broadband' });

/** On so manieth day from `MONDAY`, at an hour, for some hours. */
export function watched(
  device: string,
  where: Where,
  day: number,
  hour: number,
  hours = 1,
  more: Partial<JudgedPlay> = {},
): JudgedPlay {
  const startedAt = MONDAY + (day * 24 + hour) * HOUR;
  return {
    id: `${device}-${day}-${hour}`,
    startedAt,
    stoppedAt: startedAt + hours * HOUR,
    playSeconds: hours * 3600,
    ...{ device, platform: device.startsWith('phone') ? 'iOS' : 'webOS', player: `Player ${device}` },
    title: `Film of ${device} on day ${day} at ${hour}`,
    networkKind: null,
    ...where,
    ...more,
  };
}

/** The same each day. */
export function daily(days: number, each: (day: number) => readonly JudgedPlay[]): JudgedPlay[] {
  return Array.from({ length: days }, (_, day) => each(day)).flat();
}

/** Four weeks of a television at home, and another one at once somewhere else. */
export function twoTelevisions(there: Where, more: Partial<JudgedPlay> = {}, home: Where = BERLIN): JudgedPlay[] {
  return daily(28, (day) => [watched('tv', home, day, 19, 2), watched('other-tv', there, day, 20, 2, more)]);
}

export function judged(plays: readonly JudgedPlay[], options: Partial<JudgeOptions> = {}) {
  return judge(plays, { ...OPTIONS, ...options });
}
