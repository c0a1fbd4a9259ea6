/**
 * Who plays: the name of the player and whether it is a bot, for each user agent (detector.ts). Known at once, some
 * microseconds after it is first seen; answers are kept by user agent. The rules are read when the first one comes.
 */

import type { Player } from '../../core/identity.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Log } from '../../telemetry/log.ts';
import { Lru } from '../lru.ts';
import { createDetector, type Detector } from './detector.ts';

/** What is known of a user agent, shared by all who have it. `W` is whatever would wait for it to be known. */
export interface Agent<W> {
  readonly player: Player | null;
  readonly bot: boolean;
  /** Who must be told when `player` and `bot` are found: null, for they are final. */
  readonly waiting: W[] | null;
}

export interface PlayersOptions<W> {
  /** How many user agents are kept. */
  readonly keep: number;
  /** Counts `agentsEvicted`. */
  readonly counters: ScopedCounters;
  /** Not used: nobody waits for what is known at once. */
  readonly settle?: (agent: Agent<W>, waiting: readonly W[]) => void;
  readonly queue?: number;
  readonly log?: Log;
}

export interface Players<W> {
  /**
   * What is known of the user agent; the same object as long as it is kept. The first call takes some 50 ms, and throws code
   * `BUNDLED_MISSING` if the rules are not installed.
   */
  agentOf(userAgent: string | null): Agent<W>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** What differs only behind this is one agent. */
const LONGEST_AGENT = 1024;

export function createPlayers<W>({ keep, counters }: PlayersOptions<W>): Players<W> {
  const kept = new Lru<string, Agent<W>>(keep);
  const nobody: Agent<W> = { player: null, bot: false, waiting: null };
  let detect: Detector | null = null;

  const meet = (userAgent: string): Agent<W> => {
    detect ??= createDetector();
    const { player, bot } = detect(userAgent);
    return { player, bot, waiting: null };
  };

  return {
    agentOf: (userAgent) => {
      if (userAgent === null || userAgent === '') return nobody;
      const asked = userAgent.length > LONGEST_AGENT ? userAgent.slice(0, LONGEST_AGENT) : userAgent;
      const known = kept.get(asked);
      if (known !== undefined) return known;
      const agent = meet(asked);
      kept.set(asked, agent);
      if (kept.evicted > 0) counters.set('agentsEvicted', kept.evicted);
      return agent;
    },
    settled: () => Promise.resolve(),
    close: () => {
      kept.clear();
      return Promise.resolve();
    },
  };
}
