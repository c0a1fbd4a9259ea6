/**
 * Does it keep up with a busy server, and does it answer meanwhile? Fifty thousand lines a second are appended to a log
 * (log-writer.ts) that Headcount follows, as a process of its own with its store, places, networks and players. How far
 * it is behind is measured from end to end: from when a line stood in the file until its session told of it over HTTP.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startChild, until } from '../lab/child.ts';
import type { AudienceWire, HistoryWire, SessionPageWire, SessionWire, SourcesWire } from '../src/http/contract.ts';
import { systemClock } from '../src/lib/clock.ts';
import { digits, megabytes, milliseconds, whole } from './format.ts';
import { type Bench, peakOf, processorSecondsOf, type Samples, samplesOf, temporaryFolder } from './harness.ts';
import { SCALE } from './live-scale.ts';
import { type LogWriter, MARKER, startLogWriter, type Written } from './log-writer.ts';
import type { Report } from './report.ts';

const HEADCOUNT = fileURLToPath(new URL('../bin/headcount.js', import.meta.url));
const STEP_MS = 20;
/** How often it is asked how far it has come, and how often something else. */
const LAG_EVERY_MS = 50;
const ASK_EVERY_MS = 50;
/** More questions are not put while so many wait for their answer; they count as not answered. */
const MOST_WAITING = 100;
const QUESTIONS = 30;

const MOST_LAG_MS = 1000;
const MOST_API_MS = 100;
const MOST_AUDIENCE_MS = 20;
const MOST_PAGE_MS = 50;

/** What a dashboard asks of the audience as it is now. */
const NOW = [
  '/audience?by=country',
  '/audience?by=stream',
  '/sessions?limit=100',
  '/sessions?limit=100&sort=-bytes&stream=stream1',
  '/streams',
  '/places',
  '/sources',
];

/** Where Headcount is asked. */
interface Api {
  text(path: string): Promise<string>;
  json<T>(path: string): Promise<T>;
}

export const live: Bench = {
  name: 'live',
  question: 'does it keep up with a log of 50,000 lines a second, and does it answer meanwhile?',
  run: async (report) => {
    const folder = temporaryFolder();
    const path = join(folder, 'access.log');
    const config = join(folder, 'headcount.yaml');
    const port = await freePort();
    writeFileSync(path, '');
    const source = { url: `log:${path}`, name: 'live' };
    // JSON is YAML.
    writeFileSync(
      config,
      JSON.stringify({ listen: `127.0.0.1:${port}`, data: join(folder, 'data'), sources: [source] }),
    );
    const headcount = startChild(process.execPath, [HEADCOUNT, '--config', config], { cwd: folder });
    const api = apiAt(`http://127.0.0.1:${port}/api/v1`);
    let writer: LogWriter | null = null;
    try {
      await headcount.printed(/serving on/, 30_000);
      const { linesPerSecond, players, arriveSeconds, seconds } = SCALE;
      report.note(
        `writing ${whole(linesPerSecond)} lines a second; ${whole(players)} players come within ${arriveSeconds} s`,
      );
      const load = { path, linesPerSecond, players, arriveSeconds, seconds: arriveSeconds + seconds };
      writer = startLogWriter({ ...load, stepMs: STEP_MS, seed: 11 });
      const before = () => processorSecondsOf(headcount.pid);
      const written = await measureFlow(api, writer, before, report);
      await nothingIsLost(api, written, report);
      await measureStillness(api, written, report);
      report.figure({ what: 'memory at most', ours: megabytes(peakOf(headcount.pid)) });
      report.remark(`${whole(written.lines)} lines, ${whole(written.sessions)} sessions: all of them were found.`);
    } finally {
      writer?.stop();
      await headcount.stop();
    }
  },
};

function apiAt(url: string): Api {
  const text = async (path: string) => {
    const answer = await fetch(`${url}${path}`);
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status} ${body}`);
    return body;
  };
  return { text, json: async <T>(path: string) => JSON.parse(await text(path)) as T };
}

/** While the log grows: how far behind it is, and how long answers take. */
async function measureFlow(
  api: Api,
  writer: LogWriter,
  processorSeconds: () => number,
  report: Report,
): Promise<Written> {
  const marker = await until('the first lines are read', async () => {
    const { items } = await api.json<SessionPageWire>(`/sessions?user=${MARKER}`);
    return items[0]?.id;
  });
  const lag = new Lag(api, writer, marker);
  const asking = new Asking(api);
  const isOver = new AbortController();
  const measuring = [lag.measure(isOver.signal)];
  try {
    const haveCome = () => writer.steps.at(-1)!.at - writer.steps[0]!.at > SCALE.arriveSeconds * 1000;
    const coming = until('all have come', haveCome, (SCALE.arriveSeconds + 30) * 1000);
    await Promise.race([coming, writer.ended, ...measuring]);
    report.note(`all have come: measuring for ${SCALE.seconds} s`);
    const whileArriving = lag.take();
    const usedBefore = processorSeconds();
    measuring.push(asking.ask(isOver.signal));
    await Promise.race([writer.ended, ...measuring]);
    const used = processorSeconds() - usedBefore;
    isOver.abort();
    // The slowest answers come last.
    await Promise.all(measuring);
    showFlow(report, { lag: lag.take(), whileArriving, asking, processorSeconds: used });
    return await writer.ended;
  } finally {
    isOver.abort();
    await Promise.all(measuring);
  }
}

interface Flow {
  readonly lag: Samples;
  readonly whileArriving: Samples;
  readonly asking: Asking;
  readonly processorSeconds: number;
}

function showFlow(report: Report, { lag, whileArriving, asking, processorSeconds }: Flow): void {
  const bar = (limit: number, value: number, text: string) => ({ text, isMet: value < limit });
  report.figure({
    what: `${whole(SCALE.linesPerSecond)} lines/s: from the file to the answer`,
    ours: milliseconds(lag),
    bar: bar(MOST_LAG_MS, lag.most, '< 1 s at most'),
  });
  report.figure({ what: '  the same while all of them arrive', ours: milliseconds(whileArriving) });
  const { percentile99, unanswered } = asking;
  report.figure({
    what: '  answers meanwhile, 99 of 100 within',
    ours: `${digits(percentile99)} ms of ${whole(asking.times.length)}`,
    bar: bar(MOST_API_MS, unanswered > 0 ? Number.POSITIVE_INFINITY : percentile99, '< 100 ms'),
  });
  for (const [path, times] of asking.byPath)
    report.figure({ what: `    ${path}`, ours: milliseconds(samplesOf(times)) });
  report.figure({ what: '  processor time', ours: `${digits(processorSeconds / SCALE.seconds)} cores` });
  if (unanswered > 0) report.remark(`${unanswered} questions were not put: too many waited for their answer.`);
}

/**
 * How long ago the oldest line was written that the audience does not tell of yet: the marker's session has as many
 * requests as steps have been read.
 */
class Lag {
  readonly #api: Api;
  readonly #writer: LogWriter;
  readonly #marker: string;
  #values: number[] = [];

  constructor(api: Api, writer: LogWriter, marker: string) {
    this.#api = api;
    this.#writer = writer;
    this.#marker = marker;
  }

  async measure(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { requests } = await this.#api.json<SessionWire>(`/sessions/${this.#marker}`);
      const unread = this.#writer.steps[requests];
      this.#values.push(unread === undefined ? 0 : Math.max(Date.now() - unread.at, 0));
      await pause(LAG_EVERY_MS, signal);
    }
  }

  /** Since it was taken last. */
  take(): Samples {
    const values = this.#values;
    this.#values = [];
    return samplesOf(values);
  }
}

/** Asks at a steady pace, whether the answers come or not: a stall makes all that were asked meanwhile slow. */
class Asking {
  readonly #api: Api;
  readonly byPath = new Map<string, number[]>(NOW.map((path) => [path, []]));
  unanswered = 0;
  #failure: unknown = null;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Rejects with the first answer that is none. */
  async ask(signal: AbortSignal): Promise<void> {
    const waiting = new Set<Promise<void>>();
    const startedAt = performance.now();
    for (let i = 0; !signal.aborted; i++) {
      const due = startedAt + i * ASK_EVERY_MS;
      await pause(due - performance.now(), signal);
      if (waiting.size >= MOST_WAITING) {
        this.unanswered++;
        continue;
      }
      const path = NOW[i % NOW.length]!;
      const answer = this.#api.text(path).then(
        () => {
          this.byPath.get(path)!.push(performance.now() - due);
        },
        (error: unknown) => {
          this.#failure ??= error;
        },
      );
      waiting.add(answer);
      void answer.finally(() => waiting.delete(answer));
    }
    await Promise.all(waiting);
    if (this.#failure !== null) throw this.#failure;
  }

  get times(): number[] {
    return [...this.byPath.values()].flat();
  }

  get percentile99(): number {
    const sorted = this.times.sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  }
}

async function nothingIsLost(api: Api, written: Written, report: Report): Promise<void> {
  const found = async () => {
    const { items } = await api.json<SourcesWire>('/sources');
    const { lines = 0, requests = 0, rejected = 0, late = 0 } = items[0]!.counters;
    const { groups } = await api.json<HistoryWire>('/history?bot=all');
    const { sessions = 0, bytes = 0 } = groups[0] ?? {};
    return { lines, requests, rejected, late, sessions, bytes };
  };
  const expected = JSON.stringify({ ...written, rejected: 0, late: 0 }, ORDER);
  const start = performance.now();
  try {
    await until('all is found', async () => JSON.stringify(await found(), ORDER) === expected, 30_000);
  } catch (error) {
    throw new Error(`found ${JSON.stringify(await found(), ORDER)} instead of ${expected}`, { cause: error });
  }
  report.note(`all of it was in the history ${digits(performance.now() - start)} ms after the last line`);
}
const ORDER = ['lines', 'requests', 'rejected', 'late', 'sessions', 'bytes'];

/** With everybody still there, after the last line. */
async function measureStillness(api: Api, written: Written, report: Report): Promise<void> {
  const { total } = await api.json<AudienceWire>('/audience');
  if (total.sessions < SCALE.players || total.sessions > written.sessions) {
    throw new Error(`${total.sessions} are there instead of ${SCALE.players} and those who have just left`);
  }
  const show = async (what: string, path: string, limit: number) => {
    const times: number[] = [];
    for (let i = 0; i < QUESTIONS; i++) {
      const start = performance.now();
      await api.text(path);
      times.push(performance.now() - start);
    }
    const samples = samplesOf(times);
    const bar = { text: `< ${limit} ms`, isMet: samples.median < limit };
    report.figure({ what: `  ${what}`, ours: milliseconds(samples), bar });
  };
  report.figure({ what: 'when nothing more is written: open sessions', ours: whole(total.sessions) });
  await show('/audience', '/audience', MOST_AUDIENCE_MS);
  await show('/audience?by=country', '/audience?by=country', MOST_AUDIENCE_MS);
  await show('/audience?by=city', '/audience?by=city', MOST_AUDIENCE_MS);
  const first = '/sessions?limit=100';
  const { nextCursor } = await api.json<SessionPageWire>(first);
  await show(first, first, MOST_PAGE_MS);
  await show('  the page after it', `${first}&cursor=${encodeURIComponent(nextCursor!)}`, MOST_PAGE_MS);
  await show('  of one stream, by bytes', `${first}&sort=-bytes&stream=stream1`, MOST_PAGE_MS);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return systemClock.sleep(Math.max(ms, 0), signal);
}
