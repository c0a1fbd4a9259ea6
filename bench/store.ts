/**
 * What a history of a million closed sessions costs: to commit it, to ask it what the dashboard asks, and to keep up with
 * fifty thousand changed open sessions a second. `GET /history?by=country` is asked through the real HTTP interface: once
 * right after the file was opened, then twenty times; the same question, and others, are put to the store alone and to
 * node:sqlite (store-peer.ts) in turns, and their answers must agree. The event loop is what everything else in the
 * process waits for: how long a commit keeps it is measured as well.
 */

import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import { randomFrom } from '../src/enrich/fixture.ts';
import { audienceReport } from '../src/insights/metrics/metrics.ts';
import { timeZoneOf } from '../src/insights/metrics/time-zone.ts';
import { openDuckDbStore } from '../src/store/duckdb/index.ts';
import type { Store } from '../src/store/store.ts';
import { silentLog } from '../src/telemetry/log.ts';
import { digits, megabytes, milliseconds, perSecond, whole } from './format.ts';
import { type Bench, inTurns, ratioOf, type Samples, samplesOf, temporaryFolder, timed } from './harness.ts';
import type { Report } from './report.ts';
import { askHistory, serve } from './store-http.ts';
import { measurePages } from './store-pages.ts';
import { SqlitePeer } from './store-peer.ts';
import { BATCH, COUNTRIES, commitOf, END, openOf, SESSIONS, START, sessionOf } from './store-sessions.ts';
import { measureWaysIn } from './store-ways-in.ts';

const TURNS = { rounds: 7, warmUps: 1 };
const QUESTIONS = 20;
const MOST_MS = 100;
const HOUR = 3_600_000;
/** The last one, as dashboards ask: there an index by end finds what overlaps it, without reading much else. */
const MONTH = { from: END - 31 * 24 * HOUR, to: END };

export const store: Bench = {
  name: 'store',
  question: 'what does a history of a million sessions cost, to write and to ask?',
  run: async (report) => {
    const folder = temporaryFolder();
    const directory = join(folder, 'data');
    const sqlite = new SqlitePeer(join(folder, 'peer.sqlite'));
    let history = await openDuckDbStore({ directory, log: silentLog });
    try {
      await load(history, sqlite, report);
      await history.close();
      history = await openDuckDbStore({ directory, log: silentLog });
      await askOverHttp(history, sqlite, report);
      for (const question of [YEAR_BY_COUNTRY, MONTH_BY_COUNTRY, TIMELINE, LISTENING, PAGE]) {
        await compare(history, sqlite, question, report);
      }
      await measurePages(history, report);
      await reportAudience(history, report);
      await keepUp(history, SESSIONS / BATCH + 1, report);
      await measureWaysIn(folder, report);
    } finally {
      sqlite.close();
      await history.close();
    }
  },
};

/** Commits the million to both, batch by batch in turn. */
async function load(history: Store, sqlite: SqlitePeer, report: Report): Promise<void> {
  const batches = SESSIONS / BATCH;
  report.note(`committing ${whole(SESSIONS)} closed sessions, ${whole(BATCH)} at a time, to both`);
  const random = randomFrom(42);
  const ours: Commit[] = [];
  const theirs: number[] = [];
  for (let sequence = 1; sequence <= batches; sequence++) {
    const closed = Array.from({ length: BATCH }, (_, i) => sessionOf((sequence - 1) * BATCH + i, random));
    ours.push(await watched(() => history.commit(commitOf(sequence, { closed }))));
    theirs.push(await timed(() => sqlite.insert(closed)));
  }
  const { bytes, sessions } = await history.size();
  if (sessions !== SESSIONS) throw new Error(`${sessions} sessions were kept`);
  const own = samplesOf(ours.map(({ ms }) => ms));
  const other = samplesOf(theirs);
  report.figure({
    what: `closed sessions committed, ${whole(BATCH)} at a time`,
    ours: perSecond(BATCH, own),
    peer: { name: 'sqlite', figure: perSecond(BATCH, other) },
    ratio: ratioOf(own, other),
  });
  const blocks = samplesOf(ours.map(({ block }) => block));
  report.figure({
    what: '  event loop blocked by such a commit',
    ours: milliseconds(blocks),
    peer: { name: 'sqlite', figure: milliseconds(other) },
    ratio: ratioOf(blocks, other),
  });
  report.figure({ what: `  ${whole(SESSIONS)} sessions on disk`, ours: megabytes(bytes) });
}

async function askOverHttp(history: Store, sqlite: SqlitePeer, report: Report): Promise<void> {
  const http = await serve(history);
  try {
    const truth = sqlite.byCountry(START, END, 'by_country');
    const ask = async () => {
      let groups: Record<string, unknown>[] = [];
      const ms = await timed(async () => {
        groups = await askHistory(http.url, START, END);
      });
      mustAgree(
        'GET /history?by=country',
        groups.map(({ label: _, ...group }) => group),
        truth,
      );
      return ms;
    };
    const cold = await ask();
    const times: number[] = [];
    for (let i = 0; i < QUESTIONS; i++) times.push(await ask());
    const warm = samplesOf(times);
    const what = `GET /history?by=country of ${whole(SESSIONS)}`;
    const bar = (ms: number) => ({ text: `< ${MOST_MS} ms`, isMet: ms < MOST_MS });
    report.figure({ what: `${what}, median of ${QUESTIONS}`, ours: milliseconds(warm), bar: bar(warm.median) });
    report.figure({ what: '  the worst of them', ours: `${digits(warm.most)} ms`, bar: bar(warm.most) });
    report.figure({ what: '  the first one after opening the file', ours: `${digits(cold)} ms` });
  } finally {
    await http.close();
  }
}

interface Question {
  readonly name: string;
  /** Answers something that both sides must agree on. */
  readonly ours: (history: Store) => Promise<unknown>;
  readonly theirs: (sqlite: SqlitePeer) => unknown;
}

const YEAR_BY_COUNTRY = byCountry('the store alone: by country, the whole year', START, END, 'by_country');
const MONTH_BY_COUNTRY = byCountry('  by country, one month', MONTH.from, MONTH.to, 'by_time');

function byCountry(name: string, from: number, to: number, index: 'by_country' | 'by_time'): Question {
  return {
    name,
    ours: (history) => history.aggregate({ from, to, by: 'country', filter: {}, limit: 100 }),
    theirs: (sqlite) => sqlite.byCountry(from, to, index),
  };
}

const TIMELINE: Question = {
  name: '  timeline of 31 days, steps of 1 h',
  ours: async (history) => {
    const { series } = await history.timeline({ ...MONTH, step: HOUR, by: null, filter: {}, limit: 1 });
    return [...series[0]!.peak];
  },
  theirs: (sqlite) => sqlite.peaks(MONTH.from, MONTH.to, HOUR),
};

const LISTENING: Question = {
  name: '  listening metrics of 31 days',
  ours: async (history) => {
    const edges = [MONTH.from, MONTH.to];
    return (await history.listening({ edges, filter: {}, minSession: 60_000, cumeRule: 'session' })).whole;
  },
  theirs: (sqlite) => sqlite.listening(MONTH.from, MONTH.to),
};

const PAGE: Question = {
  name: '  newest 50 of a country, and its total',
  ours: async (history) => {
    const page = await history.sessions({
      ...{ state: 'all', ...MONTH, sort: 'startedAt', descending: true, limit: 50, cursor: null },
      filter: { country: [COUNTRIES[3]!] },
    });
    return [page.total, page.items.map(({ id }) => id)];
  },
  theirs: (sqlite) => sqlite.page(COUNTRIES[3]!, MONTH.from, MONTH.to),
};

async function compare(history: Store, sqlite: SqlitePeer, question: Question, report: Report): Promise<void> {
  report.note(question.name.trim());
  mustAgree(question.name, await question.ours(history), question.theirs(sqlite));
  const { ours, theirs } = await inTurns(TURNS, {
    ours: () => timed(() => question.ours(history)),
    theirs: () => timed(() => question.theirs(sqlite)),
  });
  report.figure({
    what: question.name,
    ours: milliseconds(ours),
    peer: { name: 'sqlite', figure: milliseconds(theirs) },
    ratio: ratioOf(ours, theirs),
  });
}

/** Reports of stations in a zone that sets its clocks; their sums must be those of the whole. */
async function reportAudience(history: Store, report: Report): Promise<void> {
  const zone = timeZoneOf('Europe/Berlin')!;
  for (const [what, from, step] of [
    ['  audience report of 31 days, by hour', MONTH.from, 'hour'],
    ['  audience report of the whole year, by day', START, 'day'],
  ] as const) {
    report.note(what.trim());
    const times: number[] = [];
    for (let round = 0; round < TURNS.rounds; round++) {
      const ms = await timed(async () => {
        const rules = { filter: { bot: false }, minSession: 60_000, cumeRule: 'session' } as const;
        const { whole, steps } = await audienceReport(history, { from, to: END, step, zone, ...rules });
        const seconds = steps.reduce((sum, { tlhSeconds }) => sum + tlhSeconds, 0);
        const starts = steps.reduce((sum, { ss }) => sum + ss, 0);
        mustAgree(what, [Math.round(seconds), starts], [Math.round(whole.tlhSeconds), whole.ss]);
      });
      times.push(ms);
    }
    report.figure({ what, ours: milliseconds(samplesOf(times)) });
  }
}

function mustAgree(what: string, ours: unknown, theirs: unknown): void {
  if (!isDeepStrictEqual(ours, theirs)) throw new Error(`${what}: the answers differ`);
}

/** Ten seconds of fifty thousand changed open sessions a second, beside the million. */
async function keepUp(history: Store, firstSequence: number, report: Report): Promise<void> {
  report.note(`${whole(BATCH)} changed open sessions a second, for 10 s`);
  const random = randomFrom(7);
  const records = Array.from({ length: BATCH }, (_, i) => sessionOf(i + 2 * SESSIONS, random));
  const commits: Commit[] = [];
  const start = performance.now();
  for (let second = 0; second < 10; second++) {
    const open = records.map((record) => openOf(record, second));
    await new Promise((resolve) => setTimeout(resolve, Math.max(start + second * 1000 - performance.now(), 0)));
    commits.push(await watched(() => history.commit(commitOf(firstSequence + second, { open }))));
  }
  const show = (what: string, samples: Samples) => report.figure({ what, ours: milliseconds(samples) });
  show(`${whole(BATCH)} changed open sessions a second: a commit`, samplesOf(commits.map(({ ms }) => ms)));
  show('  event loop blocked by it', samplesOf(commits.map(({ block }) => block)));
  show('  processor time of all threads', samplesOf(commits.map(({ cpu }) => cpu)));
}

interface Commit {
  readonly ms: number;
  /** The longest time in which the event loop had no turn. */
  readonly block: number;
  /** Processor time of all threads. */
  readonly cpu: number;
}

async function watched(work: () => Promise<unknown>): Promise<Commit> {
  // What was done before is no part of it.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = process.cpuUsage();
  delay.enable();
  const ms = await timed(work);
  delay.disable();
  const { user, system } = process.cpuUsage(before);
  return { ms, block: delay.max / 1e6, cpu: (user + system) / 1000 };
}
