/** Numbers, lengths, sizes and times as people read them. */

import type { Instant } from '../../core/observation.ts';
import type { WallClock } from '../../insights/summary/wall-clock.ts';

export function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** With a decimal where that says something: `12.5`, `1,608`. */
export function decimal(value: number): string {
  const digits = Math.abs(value) < 99.95 ? 1 : 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function hours(seconds: number): string {
  return (seconds / 3600).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** `1,608.2 h`, `3.6 min`, `12 s`. */
export function length(seconds: number): string {
  if (seconds >= 3600) return `${hours(seconds)} h`;
  return seconds >= 60 ? `${decimal(seconds / 60)} min` : `${decimal(seconds)} s`;
}

/** Decimal units, as disks and networks have them. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let value = bytes;
  let i = 0;
  while (value >= 999.95 && i < units.length - 1) {
    value /= 1000;
    i++;
  }
  return `${i === 0 ? number(value) : value.toFixed(1)} ${units[i]}`;
}

export function percent(share: number): string {
  if (!Number.isFinite(share)) return '';
  const of100 = share * 100;
  if (of100 > 0 && of100 < 0.1) return '< 0.1 %';
  return `${of100 >= 99.95 || of100 === 0 ? of100.toFixed(0) : of100.toFixed(1)} %`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number) => String(value).padStart(2, '0');

/** What a person reads on the clock of a zone. */
export class Reading {
  readonly #wall: Date;

  constructor(at: Instant, clock: WallClock) {
    this.#wall = new Date(at + clock.offsetAt(at));
  }

  /** `Sat 17 May 2025`. */
  get day(): string {
    return `${DAYS[this.#wall.getUTCDay()]} ${this.shortDay} ${this.#wall.getUTCFullYear()}`;
  }

  /** `Saturday, 17 May 2025`. */
  get longDay(): string {
    return `${LONG_DAYS[this.#wall.getUTCDay()]}, ${this.shortDay} ${this.#wall.getUTCFullYear()}`;
  }

  /** `17 May`. */
  get shortDay(): string {
    return `${this.#wall.getUTCDate()} ${MONTHS[this.#wall.getUTCMonth()]}`;
  }

  /** `May 2025`. */
  get month(): string {
    return `${MONTHS[this.#wall.getUTCMonth()]} ${this.#wall.getUTCFullYear()}`;
  }

  /** `18:19`. */
  get minute(): string {
    return `${two(this.#wall.getUTCHours())}:${two(this.#wall.getUTCMinutes())}`;
  }

  /** `18:19:32`. */
  get second(): string {
    return `${this.minute}:${two(this.#wall.getUTCSeconds())}`;
  }
}

/** `Sat 17 May 2025, 18:00:01 – 18:21:33`, or with both days. */
export function period(from: Instant, to: Instant, clock: WallClock): string {
  const begin = new Reading(from, clock);
  const end = new Reading(to, clock);
  const last = begin.day === end.day ? end.second : `${end.day}, ${end.second}`;
  return `${begin.day}, ${begin.second} – ${last}`;
}

/** `15 minutes`. */
export function step(milliseconds: number): string {
  const units = [
    ['week', 7 * 86_400_000],
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  const [unit, length] = units.find(([, each]) => milliseconds % each === 0) ?? units[4];
  const count = milliseconds / length;
  return count === 1 ? unit : `${count} ${unit}s`;
}
