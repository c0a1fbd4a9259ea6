/** Figures and texts of the sharing reports, as the detector that they replace writes them (Python's number formats). */

import type { Instant } from '../../core/observation.ts';
import { isLan } from '../../insights/sharing/classic/network.ts';
import type { Places, Whereabouts } from '../../insights/sharing/play.ts';
import type { WallClock } from '../../insights/summary/wall-clock.ts';
import { printable } from '../../telemetry/log.ts';

/** Whole minutes: `3h 7m`, `12m`. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours > 0 ? `${hours}h ${minutes % 60}m` : `${minutes}m`;
}

/** Where a clock of the zone stood: `2026-11-21`, `19:20`. */
export function day(at: Instant, clock: WallClock): string {
  return new Date(at + clock.offsetAt(at)).toISOString().slice(0, 10);
}

export function minute(at: Instant, clock: WallClock): string {
  return new Date(at + clock.offsetAt(at)).toISOString().slice(11, 16);
}

/** A number of which exactly half is left over goes to the even one. */
export function whole(value: number): string {
  const isTie = Number.isInteger(value * 2) && !Number.isInteger(value);
  return String(isTie ? 2 * Math.round(value / 2) : Math.round(value));
}

/** The same with one digit behind the point. */
export function tenths(value: number): string {
  // Only odd quarters lie exactly between two tenths.
  const isTie = Number.isInteger(value * 4) && !Number.isInteger(value * 2);
  return isTie ? ((2 * Math.round((value * 10) / 2)) / 10).toFixed(1) : value.toFixed(1);
}

/** `city, region, country` without what is not known; `LAN` for a local address, `Unknown` for one without a place. */
export function locationOf(address: string, places: Places): string {
  return isLan(address) ? 'LAN' : locationText(places.get(address) ?? null);
}

function locationText(place: Whereabouts | null): string {
  const parts = [place?.city, place?.region, place?.country].filter((part) => part != null && part !== '');
  return parts.length === 0 ? 'Unknown' : parts.join(', ');
}

/** What strangers typed, on one line of a terminal; null is `?`. */
export function shown(text: string | null): string {
  return printable(text ?? '?').replace(/[\t\n]/g, ' ');
}

/** Filled up to so many characters, never cut. */
export function left(text: string, width: number): string {
  return text + ' '.repeat(Math.max(width - [...text].length, 0));
}

export function right(text: string | number, width: number): string {
  return ' '.repeat(Math.max(width - String(text).length, 0)) + text;
}
