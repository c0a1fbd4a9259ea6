/** For bench/live.ts: how much of everything. `HEADCOUNT_BENCH=small` tries it out in seconds; its figures mean nothing. */

export interface LiveScale {
  readonly linesPerSecond: number;
  readonly players: number;
  /** Until all players have come. */
  readonly arriveSeconds: number;
  /** What is measured begins then and takes so long. */
  readonly seconds: number;
}

const FULL: LiveScale = { linesPerSecond: 50_000, players: 200_000, arriveSeconds: 20, seconds: 60 };
const SMALL: LiveScale = { linesPerSecond: 5000, players: 20_000, arriveSeconds: 4, seconds: 10 };

export const SCALE = process.env['HEADCOUNT_BENCH'] === 'small' ? SMALL : FULL;
