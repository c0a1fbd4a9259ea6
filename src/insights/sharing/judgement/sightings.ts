/**
 * The plays of an account as a judgement reads them: in order, with numbers for devices and networks, in plain arrays, since
 * an account may have a hundred thousand. A play without a start or an address is nowhere, and left out.
 */

import type { Instant } from '../../../core/observation.ts';
import { isLocalIp, networkOf, parseIp } from '../../../lib/ip.ts';
import type { WallClock } from '../../summary/wall-clock.ts';
import type { JudgedPlace, JudgedPlay, NetworkKind, Thresholds } from './judged.ts';
import { networkKindOf } from './network-kind.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** One address, one IPv6 /64, or all local addresses. */
export interface Network {
  /** As it is shown: `192.0.2.1`, `2001:db8::/64`, `LAN`. */
  readonly name: string;
  readonly family: 4 | 6 | 'lan' | 'token';
  readonly kind: NetworkKind;
  readonly asn: number | null;
  readonly organization: string | null;
  /** As its newest play has it: an address that was located anew has not moved. */
  place: JudgedPlace | null;
  plays: number;
  firstAt: Instant;
  lastAt: Instant;
}

export interface Sightings {
  /** By start, then by id. Places in all arrays are the same. */
  readonly plays: readonly JudgedPlay[];
  readonly starts: Float64Array;
  /** When it was watched no longer. */
  readonly ends: Float64Array;
  readonly devices: Uint32Array;
  readonly networks: Uint32Array;
  /** Of the clock of the account, since 1970. */
  readonly days: Int32Array;
  /** 1 from Monday to Friday, between 6:00 and 18:30 of that clock. */
  readonly workingHours: Uint8Array;
  readonly deviceNames: readonly string[];
  readonly networkList: readonly Network[];
}

const WORK_FROM = 6 * HOUR;
const WORK_UNTIL = 18.5 * HOUR;
const LAN = 'LAN';
const UNKNOWN_DEVICE = 'unknown';

export function sightingsOf(all: readonly JudgedPlay[], clock: WallClock, thresholds: Thresholds): Sightings {
  const plays = all.filter(({ startedAt, address }) => startedAt !== null && address !== null).sort(byStart);
  const count = plays.length;
  const sightings = {
    plays,
    starts: new Float64Array(count),
    ends: new Float64Array(count),
    devices: new Uint32Array(count),
    networks: new Uint32Array(count),
    days: new Int32Array(count),
    workingHours: new Uint8Array(count),
    deviceNames: [] as string[],
    networkList: [] as Network[],
  };
  const deviceNumbers = new Map<string, number>();
  const numberOfNetwork = networkNumbering(sightings.networkList);
  for (let i = 0; i < count; i++) {
    const play = plays[i]!;
    const start = play.startedAt!;
    sightings.starts[i] = start;
    sightings.ends[i] = attendedEnd(play, start, thresholds);
    sightings.networks[i] = numberOfNetwork(play, start);
    const local = start + clock.offsetAt(start);
    sightings.days[i] = Math.floor(local / DAY);
    sightings.workingHours[i] = isWorkingHour(local) ? 1 : 0;
    const name = deviceOf(play);
    let device = deviceNumbers.get(name);
    if (device === undefined) {
      device = deviceNumbers.size;
      deviceNumbers.set(name, device);
      sightings.deviceNames.push(name);
    }
    sightings.devices[i] = device;
  }
  return sightings;
}

/** 1970 began with a Thursday. */
function isWorkingHour(local: number): boolean {
  const weekday = (Math.floor(local / DAY) + 3) % 7;
  const time = local % DAY;
  return weekday < 5 && time >= WORK_FROM && time < WORK_UNTIL;
}

/** Those that do not tell are one: nobody can say that they are two. */
export function deviceOf({ device }: JudgedPlay): string {
  return device ?? UNKNOWN_DEVICE;
}

function byStart(a: JudgedPlay, b: JudgedPlay): number {
  return a.startedAt! - b.startedAt! || compare(a.id, b.id) || compare(a.address!, b.address!);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What is left paused is often never stopped, and what goes on for long goes on for nobody. */
function attendedEnd(
  { stoppedAt, playSeconds }: JudgedPlay,
  start: Instant,
  { mostAttendedSeconds }: Thresholds,
): Instant {
  const played = playSeconds > 0 ? playSeconds * 1000 : Math.max((stoppedAt ?? start) - start, 0);
  return start + Math.min(played, mostAttendedSeconds * 1000);
}

/** Plays come in order: what the last one says of a network holds. */
function networkNumbering(list: Network[]): (play: JudgedPlay, start: Instant) => number {
  const byAddress = new Map<string, number>();
  const byName = new Map<string, number>();
  return (play, start) => {
    const address = play.address!;
    let number = byAddress.get(address);
    if (number === undefined) {
      const bytes = parseIp(address);
      const family = bytes === null ? 'token' : isLocalIp(bytes) ? 'lan' : (bytes.length as 4 | 16) === 4 ? 4 : 6;
      const name = family === 'lan' ? LAN : networkOf(address);
      number = byName.get(name) ?? list.length;
      byAddress.set(address, number);
      byName.set(name, number);
      if (number === list.length) list.push(networkFrom(play, name, family, start));
    }
    const network = list[number]!;
    network.plays++;
    network.lastAt = start;
    if (play.place !== null && network.family !== 'lan') network.place = play.place;
    return number;
  };
}

function networkFrom(play: JudgedPlay, name: string, family: Network['family'], start: Instant): Network {
  const { asn, organization } = family === 'lan' ? { asn: null, organization: null } : play;
  const kind = family === 'lan' ? 'fixed' : networkKindOf(play);
  return { name, family, kind, asn, organization, place: null, plays: 0, firstAt: start, lastAt: start };
}
