/** What is to be thought of a source, from what the API says of it: how urgent it is, and how far behind it may be. */

import type { SourceWire } from '../../../src/http/contract.ts';

/** Most urgent first. */
export const STATES = ['failing', 'lagging', 'starting', 'well', 'over', 'stopped'] as const;
export type SourceState = (typeof STATES)[number];

/** The shapes of StatusMark.svelte. */
export const MARKS = {
  failing: 'unreachable',
  lagging: 'unreachable',
  starting: 'unknown',
  well: 'up',
  over: 'unknown',
  stopped: 'down',
} as const;

/** Nobody is behind who is by less. */
const LEAST_SECONDS = 20;

/** Seconds. So far it may be behind: by its lateness, its gap, and what is between two polls. */
export function usualLag({ gapSeconds, latenessSeconds, rates }: SourceWire): number {
  const polls = rates.find(({ counter }) => counter === 'polls')?.perSecond ?? 0;
  return latenessSeconds + Math.max(gapSeconds, LEAST_SECONDS) + (polls > 0 ? 1 / polls : 0);
}

export function stateOf(source: SourceWire): SourceState {
  const { status, lagSeconds, lastError } = source;
  if (status === 'waiting' || (status === 'starting' && lastError !== null)) return 'failing';
  if (status === 'finished') return 'over';
  if (status !== 'running') return status;
  return (lagSeconds ?? 0) > usualLag(source) ? 'lagging' : 'well';
}

/** By urgency, then by name. */
export function byUrgency(sources: readonly SourceWire[]): SourceWire[] {
  const rank = (source: SourceWire) => STATES.indexOf(stateOf(source));
  return sources.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** `unreadableListeners` as `unreadable listeners`: for a counter of which there are no better words. */
export function wordsOf(counter: string): string {
  return counter.replace(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase();
}

/** The points of a line through values, oldest first, in a box of this size; a single value is a level. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const most = Math.max(...values, 0);
  const step = width / Math.max(values.length - 1, 1);
  const y = (value: number) => (most === 0 ? height : height - (value / most) * height);
  const drawn = values.length === 1 ? [values[0]!, values[0]!] : values;
  return drawn.map((value, i) => `${(i * step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
}
