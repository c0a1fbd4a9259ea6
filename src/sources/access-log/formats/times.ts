/** Times as logs write them, as milliseconds since 1970, UTC. The zone that is written is honoured, never our own. */

import { Buffer } from 'node:buffer';
import { zoneOffset } from '../../../lib/zone-offset.ts';
import { COLON, ZERO } from './bytes.ts';

/** `21/Nov/2026:01:19:26 +0000`. */
export const CLF_LENGTH = 26;

export const MONTHS: readonly string[] = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

/** `21/Nov/2026:01:19:26 +0000`. Lines come in the order of time: what is new is nearly always the seconds alone. */
export class ClfClock {
  /** The minute that was read last, `21/Nov/2026:01:19` and ` +0000`, as words. */
  readonly #words = new Int32Array(6);
  #minute = Number.NaN;

  /** Milliseconds since 1970, -1 if it is no time or one before 1970. A leap second is the second after it. */
  read(bytes: Uint8Array, view: DataView, at: number): number {
    const words = this.#words;
    const isSame =
      view.getInt32(at + 12, true) === words[3] &&
      view.getInt32(at, true) === words[0] &&
      view.getInt32(at + 4, true) === words[1] &&
      view.getInt32(at + 8, true) === words[2] &&
      view.getInt32(at + 22, true) === words[5] &&
      (view.getInt32(at + 19, true) & 0x00ffff00) === (words[4]! & 0x00ffff00) &&
      bytes[at + 16] === words[4]! >>> 24;
    if (!isSame && !this.#readMinute(bytes, view, at)) return -1;
    const tens = bytes[at + 18]! - ZERO;
    const ones = bytes[at + 19]! - ZERO;
    if (bytes[at + 17] !== COLON || tens < 0 || tens > 6 || ones < 0 || ones > 9 || (tens === 6 && ones > 0)) return -1;
    return this.#minute + (tens * 10 + ones) * 1000;
  }

  #readMinute(bytes: Uint8Array, view: DataView, at: number): boolean {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, CLF_LENGTH).toString('latin1');
    const minute = minuteOf(text);
    if (minute === null) return false;
    this.#minute = minute;
    for (const [i, offset] of [0, 4, 8, 12].entries()) this.#words[i] = view.getInt32(at + offset, true);
    // The last digit of the minute, and the sign of the zone with the space before it.
    this.#words[4] = (view.getInt32(at + 19, true) & 0x00ffff00) | (bytes[at + 16]! << 24);
    this.#words[5] = view.getInt32(at + 22, true);
    return true;
  }
}

const TIME = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):\d\d ([+-])(\d\d)(\d\d)$/;

/** The beginning of the minute, its zone honoured; null if it is none. */
function minuteOf(text: string): number | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, day, monthName, year, hour, minute, sign, zoneHours, zoneMinutes] = match;
  const month = MONTHS.indexOf(monthName!);
  const isPlausible = month !== -1 && Number(hour) < 24 && Number(minute) < 60;
  if (!isPlausible || Number(zoneHours) > 15 || Number(zoneMinutes) > 59) return null;
  const local = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute));
  const isRealDay = new Date(local).getUTCDate() === Number(day);
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  const instant = sign === '-' ? local + offset : local - offset;
  return isRealDay && Number(year) >= 1969 && instant >= 0 ? instant : null;
}

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\d*\s?(Z|[+-]\d\d:?\d\d)?$/;
const CLF_TEXT = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?: ([+-]\d\d:?\d\d))?$/;
const NUMBER = /^\d{1,19}(?:\.\d{1,9})?$/;

/** What a wall clock without a zone says, as the instant that it means. */
export type LocalTime = (wallClock: number) => number;

/**
 * A time in any of the usual ways: seconds, milliseconds, microseconds or nanoseconds since 1970 (told by their size), ISO
 * 8601, or as in the common log format. -1 if it is none. `local` says what a time without a zone means.
 */
export function timeOf(text: string, local: LocalTime): number {
  if (NUMBER.test(text)) return sinceEpoch(Number(text));
  const iso = ISO.exec(text);
  if (iso !== null) return instant(`${iso[1]}T${iso[2]}`, iso[3], iso[4], local);
  const clf = CLF_TEXT.exec(text);
  if (clf === null) return -1;
  const month = MONTHS.indexOf(clf[2]!) + 1;
  if (month === 0) return -1;
  return instant(`${clf[3]}-${String(month).padStart(2, '0')}-${clf[1]}T${clf[4]}`, clf[5], clf[6], local);
}

function instant(date: string, fraction: string | undefined, zone: string | undefined, local: LocalTime): number {
  const wallClock = Date.parse(`${date}Z`);
  if (Number.isNaN(wallClock)) return -1;
  const milliseconds = wallClock + Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
  const at = zone === undefined ? local(milliseconds) : milliseconds - offsetOf(zone);
  return at >= 0 ? at : -1;
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Whole seconds are less than 10^11 until the year 5138; milliseconds less than 10^14, and so on. */
function sinceEpoch(value: number): number {
  if (value < 1e11) return Math.round(value * 1000);
  if (value < 1e14) return Math.round(value);
  return Math.round(value < 1e17 ? value / 1e3 : value / 1e6);
}

/** For a time zone by its IANA name, or an offset such as `+02:00`. Throws a RangeError if there is none of that name. */
export function localTime(zone: string): LocalTime {
  if (zone === 'UTC') return (wallClock) => wallClock;
  const { offsetAt } = zoneOffset(zone);
  // Offsets change at full quarters of an hour, and lines come in the order of time.
  const QUARTER = 900_000;
  let quarter = Number.NaN;
  let offset = 0;
  return (wallClock) => {
    if (Math.floor(wallClock / QUARTER) === quarter) return wallClock - offset;
    quarter = Math.floor(wallClock / QUARTER);
    // The offset of the instant that is meant, not of the one that the same digits are in UTC.
    offset = offsetAt(wallClock - offsetAt(wallClock));
    return wallClock - offset;
  };
}
