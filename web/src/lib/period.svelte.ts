/**
 * The period that a page is about, kept in its address: `last=1d`, or `from` and `to`; and `zone=viewer|station`, whose
 * clocks and days it goes by. One that ends now moves on with every minute. What periods are is in period.ts.
 */

import { ask } from './api.ts';
import { clock } from './clock.svelte.ts';
import { type Last, type Span, spanBetween, spanOf, stepBack, stepForward } from './period.ts';
import { route } from './route.svelte.ts';
import { type Zone, zoneOf } from './zone.ts';

const MINUTE = 60_000;
const STANDARD: Last = '1d';

const viewer = zoneOf(Intl.DateTimeFormat().resolvedOptions().timeZone) ?? zoneOf('UTC')!;
let station = $state.raw<Zone | null>(null);
/** Of all there is. */
let begin = $state<number | null>(null);

const minute = $derived(Math.floor(clock.now / MINUTE) * MINUTE);
const zone = $derived(route.query.get('zone') === 'station' && station !== null ? station : viewer);
const between = $derived(spanBetween(route.query.get('from'), route.query.get('to')));
const last = $derived(between === null ? lastOf(route.query.get('last')) : null);
const span = $derived<Span>(between ?? spanOf(last ?? STANDARD, minute, zone, begin)!);
const earlier = $derived(stepBack(span, last, zone));
const later = $derived(stepForward(span, last, minute, zone));

/** A word that means nothing is as good as none. */
function lastOf(asked: string | null): string {
  return asked !== null && spanOf(asked, minute, viewer, null) !== null ? asked : STANDARD;
}

export const period = {
  /** Milliseconds since 1970. */
  get from(): number {
    return span.from;
  },
  /** Not part of it; may lie in the future. */
  get to(): number {
    return span.to;
  },
  /** Null for one between two moments. */
  get last(): string | null {
    return last;
  },
  /** Does it go on as time does? */
  get endsNow(): boolean {
    return span.to >= minute;
  },
  /** Is one chosen, or is it the standard? */
  get isChosen(): boolean {
    return between !== null || route.query.has('last');
  },
  get zone(): Zone {
    return zone;
  },
  get isStationZone(): boolean {
    return zone === station;
  },
  /** Null until it is known, and where both clocks are the same. */
  get stationZone(): Zone | null {
    return station?.name === viewer.name ? null : station;
  },
  get viewerZone(): Zone {
    return viewer;
  },
  /** There is none after one that ends now. */
  get hasLater(): boolean {
    return later !== null;
  },
  show(next: Span | string): void {
    const isWord = typeof next === 'string';
    route.setQuery({
      last: isWord ? next : null,
      from: isWord ? null : new Date(next.from).toISOString(),
      to: isWord ? null : new Date(next.to).toISOString(),
      at: null,
    });
  },
  showEarlier(): void {
    period.show(earlier);
  },
  showLater(): void {
    if (later !== null) period.show(later);
  },
  useZone(whose: 'viewer' | 'station'): void {
    route.setQuery({ zone: whose === 'station' ? whose : null });
  },
};

/** Takes over what the server says its time zone is. One that the browser does not know is none. */
export function knowStation(name: string): void {
  if (station?.name !== name) station = zoneOf(name);
}

/** Asks when the first session of all began. Failing that, all there is stays the last day. */
export async function learnBegin(signal: AbortSignal): Promise<void> {
  const query = { state: 'all', bot: 'all', sort: 'startedAt', limit: 1 };
  const answer = await ask('sessions', query, signal).catch(() => null);
  const first = answer?.items[0]?.startedAt;
  if (first !== undefined) begin = Math.floor(Date.parse(first) / MINUTE) * MINUTE;
}
