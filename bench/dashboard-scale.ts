/**
 * For bench/dashboard.ts: how much of everything. `HEADCOUNT_BENCH=small` tries it out in seconds; its figures mean
 * nothing. `HEADCOUNT_MINUTES` is how long the page is watched.
 */

import type { Load } from './log-writer.ts';

export interface DashboardScale {
  /** Once it is steady: those who are present, and those who have gone but are within their gap. */
  readonly open: number;
  readonly load: Omit<Load, 'path' | 'stepMs' | 'seed'>;
  readonly readers: number;
  readonly eventSeconds: number;
  readonly pageMinutes: number;
  readonly lookMinutes: number;
  readonly traceSeconds: number;
}

/** A thousand come and a thousand go every second; who has gone is open for 40 s more. */
const FULL: DashboardScale = {
  open: 100_000,
  load: { linesPerSecond: 12_000, players: 60_000, arriveSeconds: 60, staySeconds: 60, seconds: 3600 },
  readers: 500,
  eventSeconds: 30,
  pageMinutes: Number(process.env['HEADCOUNT_MINUTES'] ?? 30),
  lookMinutes: 1,
  traceSeconds: 20,
};

const SMALL: DashboardScale = {
  open: 5000,
  load: { linesPerSecond: 1000, players: 3000, arriveSeconds: 5, staySeconds: 60, seconds: 600 },
  readers: 50,
  eventSeconds: 5,
  pageMinutes: 0.6,
  lookMinutes: 0.2,
  traceSeconds: 5,
};

export const SCALE = process.env['HEADCOUNT_BENCH'] === 'small' ? SMALL : FULL;
