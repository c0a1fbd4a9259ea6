/** What stands in a report beside its numbers: the titles of tables, and counters in words. */

import type { SummaryDimension } from '../../insights/summary/summary.ts';
import { printable } from '../../telemetry/log.ts';
import { number } from './figures.ts';

export const TITLES: Readonly<Record<SummaryDimension, string>> = {
  stream: 'Streams',
  country: 'Countries',
  city: 'Cities',
  player: 'Players',
  platform: 'Platforms',
  quality: 'Qualities',
  user: 'Users',
};

export type Counts = Readonly<Record<string, number>>;

export interface Reason {
  /** The counter, as the page of the source explains it. */
  readonly counter: string;
  readonly words: string;
  readonly count: number;
}

/** Why lines or packets could not be read, in words. A counter that is not here is said by its own name. */
const REASONS: Readonly<Record<string, string>> = {
  rejectedAddress: 'no client where it should be',
  rejectedTime: 'no time, or none that there is',
  rejectedRequest: 'no request where it should be',
  rejectedNumbers: 'no status or no number of bytes',
  rejectedAgent: 'no user agent where it should be',
  rejectedFormat: 'not in the format of this log, or in none',
  rejectedPackets: 'packets that are not what they say',
  rejectedStun: 'STUN messages with impossible lengths',
  rejectedChannelData: 'channel data with impossible lengths',
  unknownLinks: 'packets of an unknown kind of network',
  untimed: 'packets without a time',
  longLines: 'longer than 1 MiB',
  unfinishedLines: 'breaks off at the end of a file',
  truncatedFiles: 'files that break off',
  corruptFiles: 'files with damage in them',
};

/** Most frequent first. */
export function unreadableReasons(counters: Counts): Reason[] {
  return Object.entries(counters)
    .filter(([counter, count]) => count > 0 && (counter in REASONS || /^rejected[A-Z]/.test(counter)))
    .map(([counter, count]) => ({ counter, count, words: REASONS[counter] ?? plain(counter) }))
    .sort((a, b) => b.count - a.count || (a.counter < b.counter ? -1 : 1));
}

/** `rejectedClientPort` → `client port`. */
function plain(counter: string): string {
  return counter
    .replace(/^rejected/, '')
    .replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase();
}

/** What should be known about the numbers. */
const NOTES: Readonly<Record<string, string>> = {
  latePresences: 'requests too late for their session: counted apart',
  late: 'lines late by more than the lateness: moved up to it',
  future: 'lines ahead of their time: taken as of then',
  otherLines: 'lines about no request, such as comments',
  publishing: 'requests of those who publish: no listeners',
  unknownBehindProxy: 'chains of proxies that name nobody: the last counts',
  forgottenRows: 'equal rows too many: two may have become one',
  cutLines: 'lines that break off in their user agent: counted',
  crowded: 'playback ids too many from a network: taken as one',
  allocationsDropped: 'allocations too many to be kept in mind',
};

export function notesOf(counters: Counts): Reason[] {
  return Object.entries(NOTES).flatMap(([counter, words]) => {
    const count = counters[counter] ?? 0;
    return count === 0 ? [] : [{ counter, words, count }];
  });
}

/** `3 lines`, of whatever the source counts. */
export function unitOf(tally: { readonly lines: number | null }): 'lines' | 'packets' {
  return tally.lines === null ? 'packets' : 'lines';
}

/** Nested numbers and texts as pairs of a path and a value, as people read them; zeros are left out. */
export function factsOf(more: Readonly<Record<string, unknown>>): [name: string, value: string][] {
  return valuesOf(more).map(([name, value]) => [name, typeof value === 'number' ? number(value) : printable(value)]);
}

/** The same as they are. */
export function valuesOf(more: Readonly<Record<string, unknown>>, path = ''): [name: string, value: string | number][] {
  return Object.entries(more)
    .filter(([, value]) => value !== 0 && value !== null)
    .flatMap(([name, value]): [string, string | number][] => {
      const place = path === '' ? name : `${path} ${name}`;
      if (typeof value === 'object') return valuesOf(value as Record<string, unknown>, place);
      return [[printable(place), typeof value === 'number' ? value : String(value)]];
    });
}
