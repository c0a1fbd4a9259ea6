/**
 * Who plays: the name of the player and whether it is a bot, for each user agent. What is cheap is said at once (the bot by
 * name, a plain player by rule); what is not comes later from a thread (detection.ts). Answers are kept by user agent.
 */

import type { Player } from '../../core/identity.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { Log } from '../../telemetry/log.ts';
import { Lru } from '../lru.ts';
import { isNamedBot } from './bots.ts';
import { Detection } from './detection.ts';
import { findByRule } from './rules.ts';

/** What is known of a user agent, shared by all who have it. `W` is whatever waits for it to be known. */
export interface Agent<W> {
  readonly player: Player | null;
  readonly bot: boolean;
  /** Who must be told when `player` and `bot` are found; null if they are final. */
  readonly waiting: W[] | null;
}

export interface PlayersOptions<W> {
  /** How many user agents are kept. */
  readonly keep: number;
  /** How many may wait for the thread: see `Detection`. */
  readonly queue: number;
  /** Called when an agent that was not is final, whatever has been found; `waiting` is who waited. */
  readonly settle: (agent: Agent<W>, waiting: readonly W[]) => void;
  readonly log: Log;
  /** Counts `agentsEvicted`, and what `Detection` counts. */
  readonly counters: ScopedCounters;
  /** For tests: another module for the thread, and another patience in milliseconds. */
  readonly worker?: URL;
  readonly patience?: number;
}

export interface Players<W> {
  /** What is known of the user agent now; the same object as long as it is kept. Some microseconds at first sight. */
  agentOf(userAgent: string | null): Agent<W>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Longer user agents are cut before anything is asked of them: expressions take their time with them. */
const LONGEST_AGENT = 1024;
const PATIENCE = 10_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function createPlayers<W>(options: PlayersOptions<W>): Players<W> {
  const { settle, log, counters } = options;
  const detection = new Detection({
    worker: options.worker ?? workerModule(),
    most: options.queue,
    patience: options.patience ?? PATIENCE,
    log,
    counters,
  });
  const kept = new Lru<string, Agent<W>>(options.keep);
  const nobody: Agent<W> = { player: null, bot: false, waiting: null };

  const meet = (userAgent: string): Agent<W> => {
    const plain = findByRule(userAgent);
    if (plain !== null) return { player: plain.player, bot: plain.bot, waiting: null };
    const agent: Mutable<Agent<W>> = { player: null, bot: isNamedBot(userAgent), waiting: [] };
    const isAsked = detection.ask(userAgent, (finding) => {
      const waiting = agent.waiting ?? [];
      agent.waiting = null;
      agent.player = finding?.player ?? null;
      agent.bot = finding?.bot ?? agent.bot;
      settle(agent, waiting);
    });
    if (!isAsked) agent.waiting = null;
    return agent;
  };

  return {
    agentOf: (userAgent) => {
      if (userAgent === null || userAgent === '') return nobody;
      const asked = userAgent.length > LONGEST_AGENT ? userAgent.slice(0, LONGEST_AGENT) : userAgent;
      const known = kept.get(asked);
      if (known !== undefined) return known;
      const agent = meet(asked);
      // One that was refused for want of room is asked again when it is met again.
      const isRefused = agent.player === null && agent.waiting === null;
      if (isRefused) return agent;
      kept.set(asked, agent);
      if (kept.evicted > 0) counters.set('agentsEvicted', kept.evicted);
      return agent;
    },
    settled: () => detection.settled(),
    close: () => detection.close(),
  };
}

/** TypeScript as it stands, or what has been made of it. */
function workerModule(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
}
