/**
 * Who plays: the name of the player and whether it is a bot, for each user agent (detector.ts). Known at once, some
 * microseconds after it is first seen; answers are kept by user agent. The rules are read when the first one comes.
 */

import type { Player } from '../../core/identity.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { Lru } from '../lru.ts';
import { createDetector, type Detector } from './detector.ts';

/** What is known of a user agent, shared by all who have it. */
export interface Agent {
  readonly player: Player | null;
  readonly bot: boolean;
}

export interface PlayersOptions {
  /** How many user agents are kept. */
  readonly keep: number;
  /** Counts `agentsEvicted`. */
  readonly counters: ScopedCounters;
  /** The rules are read now, and not when the first user agent comes. */
  readonly atOnce?: boolean;
}

/**
 * What is known of a user agent; the same object as long as it is kept. The first call takes some 50 ms, and throws code
 * `BUNDLED_MISSING` if the rules are not installed.
 */
export type Players = (userAgent: string | null) => Agent;

/** What differs only behind this is one agent. */
const LONGEST_AGENT = 1024;

const NOBODY: Agent = { player: null, bot: false };

/** With `atOnce` it takes the time of the first call, and throws what that throws. */
export function createPlayers({ keep, counters, atOnce = false }: PlayersOptions): Players {
  const kept = new Lru<string, Agent>(keep);
  let detect: Detector | null = atOnce ? createDetector() : null;
  return (userAgent) => {
    if (userAgent === null || userAgent === '') return NOBODY;
    const asked = userAgent.length > LONGEST_AGENT ? userAgent.slice(0, LONGEST_AGENT) : userAgent;
    const known = kept.get(asked);
    if (known !== undefined) return known;
    detect ??= createDetector();
    const { player, bot } = detect(asked);
    const agent: Agent = { player, bot };
    kept.set(asked, agent);
    if (kept.evicted > 0) counters.set('agentsEvicted', kept.evicted);
    return agent;
  };
}
