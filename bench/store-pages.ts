/**
 * For bench/store.ts: pages anywhere among all sessions, in every order, in processor time of all threads: whoever else uses
 * the machine is not in it.
 */

import { SESSION_SORTS, type SessionQuery } from '../src/core/query.ts';
import type { Store } from '../src/store/store.ts';
import { milliseconds } from './format.ts';
import { type Samples, samplesOf } from './harness.ts';
import type { Report } from './report.ts';
import { END, SESSIONS } from './store-sessions.ts';

const TURNS = 5;
const DAY = 86_400_000;

export async function measurePages(history: Store, report: Report): Promise<void> {
  const moment = END - 60 * DAY;
  const asked = {
    state: 'all',
    filter: {},
    from: null,
    to: null,
    descending: false,
    limit: 100,
    cursor: null,
  } as const;
  const dearest = async (what: string, questions: readonly SessionQuery[]) => {
    report.note(what.trim());
    let most: Samples | null = null;
    for (const question of questions) {
      const times: number[] = [];
      for (let turn = 0; turn < TURNS; turn++) times.push(await processorTime(() => history.sessions(question)));
      const samples = samplesOf(times);
      if (most === null || samples.median > most.median) most = samples;
    }
    report.figure({ what, ours: milliseconds(most!) });
  };
  for (const [where, offset] of [
    ['the beginning', 0],
    ['the middle', SESSIONS / 2],
    ['the end', SESSIONS - 100],
  ] as const) {
    const questions = SESSION_SORTS.map((sort) => ({ ...asked, sort, offset }));
    await dearest(`  page of 100 at ${where}, by the dearest order`, questions);
  }
  const there = SESSION_SORTS.map((sort) => ({ ...asked, sort, from: moment, to: moment + 1 }));
  await dearest('  page of 100 of a moment, by the dearest order', there);
}

async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
