/** Plays for tests of the judgements. */

import type { Play, Whereabouts } from './play.ts';

/** 2026-09-21 14:13:20 UTC. */
export const START = 1_790_000_000_000;

/** Begins so many seconds after `START`, and lasts so long. */
export function playAt(from: number, lasts: number, more: Partial<Play> = {}): Play {
  return {
    startedAt: START + from * 1000,
    stoppedAt: START + (from + lasts) * 1000,
    playSeconds: lasts,
    device: 'a',
    platform: 'iOS',
    player: 'Phone',
    address: '192.0.2.1',
    title: 'A Film',
    ...more,
  };
}

export function spot(latitude: number | null, longitude: number | null, city = 'City'): Whereabouts {
  return { city, region: null, country: null, latitude, longitude };
}
