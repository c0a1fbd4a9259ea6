/**
 * A crowd of any size, for work by hand: an origin, one crowd after the other, and now and then what is true of the one
 * that is there, to hold against what Headcount says.
 */

import { type HlsOrigin, startHlsOrigin } from '../hls-origin.ts';
import { LOG_FORMATS } from '../log-formats.ts';
import { type Performance, perform } from './perform.ts';
import { type CrowdPlan, writeScripts } from './script.ts';
import { peakOf, type Told, trueSessions } from './truth.ts';

const MINUTE = 60_000;
/** Each crowd stays for so long. What is known of it is forgotten when it has gone: memory is bounded. */
const LENGTH = 10 * MINUTE;
/** That of an access log, where nothing else is said. */
const GAP = 40_000;
/** One process cannot play more: each asks twice a second. */
export const MOST_PLAYERS = 2000;

export interface Show {
  readonly source: string;
  /** Another source, and what it is good for. */
  readonly also: string;
  /** What is true of the crowd, as a line of text; null while nobody has come. */
  truth(): string | null;
  /** Rejects when the origin no longer answers. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export const TRUTH_HEADS = `${'time (UTC)'.padEnd(12)}${'requests'.padStart(10)}   by id: there, sessions, most at once   by address and user agent`;

export async function startShow(players: number, seed: number): Promise<Show> {
  const streams = ['rock', 'jazz', 'news'];
  const qualities = { '360p': 16_000, '720p': 32_000 };
  const origin = await startHlsOrigin({ streams, qualities, formats: [LOG_FORMATS.plain] });
  const plan = { players, streams, qualities: Object.keys(qualities), length: LENGTH, gap: GAP };
  const middle = { from: LENGTH / 2, to: LENGTH / 2 };
  const crowds = new Crowds(origin, (n) => ({ ...plan, quiet: middle, seed: seed + n }));
  const ended = crowds.run();
  return {
    source: `log:${origin.logPath}?playbackId=sid`,
    also: `or, by address and user agent alone: npm start -- 'log:${origin.logs['plain']}'`,
    truth: () => crowds.truth(),
    ended,
    stop: async () => {
      await crowds.stop();
      await ended.catch(() => {});
      await origin.stop();
    },
  };
}

class Crowds {
  readonly #origin: HlsOrigin;
  readonly #plan: (number: number) => CrowdPlan;
  #current: Performance | null = null;
  #isStopping = false;

  constructor(origin: HlsOrigin, plan: (number: number) => CrowdPlan) {
    this.#origin = origin;
    this.#plan = plan;
  }

  async run(): Promise<void> {
    for (let number = 0; !this.#isStopping; number++) {
      this.#current = perform(this.#origin.url, writeScripts(this.#plan(number)));
      await this.#current.ended;
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#current?.stop().catch(() => {});
  }

  truth(): string | null {
    const answers = this.#current?.answers ?? [];
    const newest = answers.reduce((last, { at }) => Math.max(last, at), 0);
    if (newest === 0) return null;
    const counts = (...told: Told[]) => {
      const sessions = trueSessions(answers, new Set(told), GAP);
      const there = sessions.filter(({ to }) => to >= newest - GAP).length;
      return [there, sessions.length, peakOf(sessions)].map((count) => String(count).padStart(8)).join('');
    };
    const time = new Date(newest).toISOString().slice(11, 19);
    return `${time.padEnd(12)}${String(answers.length).padStart(10)}   ${counts('urlId').padEnd(38)}${counts()}`;
  }
}
