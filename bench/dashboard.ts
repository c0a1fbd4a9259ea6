/**
 * What does the dashboard cost those who leave it open, and the server that they ask? A real Chromium shows the first page
 * while 100,000 sessions are open and 2,000 join or leave every second (log-writer.ts, through a log that Headcount follows).
 * The peer of the events is nothing but the same server without anybody who listens.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { freePort, startChild, until } from '../lab/child.ts';
import type { AudienceWire } from '../src/http/contract.ts';
import { openBrowser } from '../test/e2e/browser.ts';
import { SCALE } from './dashboard-scale.ts';
import { digits, kilobytes, megabytes, milliseconds, whole } from './format.ts';
import { type Bench, processorSecondsOf, samplesOf, temporaryFolder } from './harness.ts';
import type { ReadersNews } from './live-readers-child.ts';
import { type LogWriter, startLogWriter } from './log-writer.ts';
import { type MainThread, watchMainThread } from './main-thread.ts';
import type { Report } from './report.ts';

const HEADCOUNT = fileURLToPath(new URL('../bin/headcount.js', import.meta.url));

const LOADS = 5;

const MOST_TASK_MS = 50;
const MOST_BYTES_A_SECOND = 50_000;
const MOST_FIRST_LOAD = 250_000;
const MOST_INTERACTIVE_MS = 1000;
const MOST_CORES = 1;
/** Of the last third of the time against the first. */
const MOST_GROWTH = 1.1;

export const dashboard: Bench = {
  name: 'dashboard',
  question: 'what does the dashboard cost those who leave it open, and their server?',
  run: async (report) => {
    const folder = temporaryFolder();
    const path = join(folder, 'access.log');
    const config = join(folder, 'headcount.yaml');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    writeFileSync(path, '');
    const source = { url: `log:${path}`, name: 'edge' };
    // JSON is YAML.
    writeFileSync(
      config,
      JSON.stringify({ listen: `127.0.0.1:${port}`, data: join(folder, 'data'), sources: [source] }),
    );
    const headcount = startChild(process.execPath, [HEADCOUNT, '--config', config], { cwd: folder });
    const browser = await openBrowser();
    let writer: LogWriter | null = null;
    try {
      await headcount.printed(/serving on/, 30_000);
      await measureFirstLoad(browser, url, report);
      writer = startLogWriter({ ...SCALE.load, path, stepMs: 50, seed: 5 });
      report.note(`waiting until ${whole(SCALE.open)} sessions are open`);
      const open = async () => ((await (await fetch(`${url}/api/v1/audience`)).json()) as AudienceWire).total.sessions;
      await until('they have come', async () => (await open()) >= SCALE.open * 0.9, 240_000);
      await measureEvents(url, headcount.pid, report);
      await measurePage(browser, url, report);
      report.remark(`At the end ${whole(await open())} sessions were open.`);
    } finally {
      writer?.stop();
      await browser.close();
      await headcount.stop();
    }
  },
};

/** What a browser transfers until the page shows a number, without the map, which comes later; and how long that takes. */
async function measureFirstLoad(browser: Browser, url: string, report: Report): Promise<void> {
  const loads: FirstLoad[] = [];
  for (let i = 0; i < LOADS; i++) loads.push(await loadOnce(browser, url));
  const { first, map, hosts } = loads[0]!;
  const interactive = samplesOf(loads.map(({ milliseconds: each }) => each));
  report.figure({
    what: 'first load, compressed, without the map',
    ours: kilobytes(first),
    bar: { text: '< 250 kB', isMet: first < MOST_FIRST_LOAD },
  });
  report.figure({ what: '  the map, when it is shown', ours: kilobytes(map) });
  report.figure({
    what: '  until it shows the number',
    ours: milliseconds(interactive),
    bar: { text: '< 1 s', isMet: interactive.median < MOST_INTERACTIVE_MS },
  });
  report.figure({ what: '  other hosts asked', ours: String(hosts - 1), bar: { text: 'none', isMet: hosts === 1 } });
}

interface FirstLoad {
  /** Bytes. */
  readonly first: number;
  readonly map: number;
  readonly hosts: number;
  readonly milliseconds: number;
}

/** In a context of its own: nothing is kept from the one before. */
async function loadOnce(browser: Browser, url: string): Promise<FirstLoad> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  const names = new Map<string, string>();
  const sizes = new Map<string, number>();
  const hosts = new Set<string>();
  await cdp.send('Network.enable');
  cdp.on('Network.requestWillBeSent', ({ requestId, request }) => {
    names.set(requestId, request.url);
    if (request.url.startsWith('http')) hosts.add(new URL(request.url).host);
  });
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    sizes.set(names.get(requestId) ?? requestId, encodedDataLength);
  });
  const start = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByTestId('now').waitFor();
  const taken = performance.now() - start;
  await page.getByTestId('map').locator('canvas').waitFor({ timeout: 60_000 });
  await sleep(2000);
  await context.close();
  const isMap = (name: string) => /world-map|maplibre|countries/.test(name);
  const weigh = (wanted: boolean) =>
    [...sizes].reduce((sum, [name, size]) => sum + (isMap(name) === wanted ? size : 0), 0);
  return { first: weigh(false), map: weigh(true), hosts: hosts.size, milliseconds: taken };
}

/** Bytes of the default stream, and what many who read it cost. */
async function measureEvents(url: string, pid: number, report: Report): Promise<void> {
  const coresOf = async (seconds: number) => {
    const before = processorSecondsOf(pid);
    await sleep(seconds * 1000);
    return (processorSecondsOf(pid) - before) / seconds;
  };
  const alone = await coresOf(SCALE.eventSeconds);
  const script = fileURLToPath(new URL('live-readers-child.ts', import.meta.url));
  const child = fork(script, [`${url}/api/v1/live`, String(SCALE.readers)], { execArgv: [] });
  let news: ReadersNews = { bytes: 0, open: 0 };
  child.on('message', (message: ReadersNews) => {
    news = message;
  });
  try {
    await until('all of them read', () => news.open === SCALE.readers, 60_000);
    const from = news.bytes;
    const start = performance.now();
    const together = await coresOf(SCALE.eventSeconds);
    const each = (news.bytes - from) / ((performance.now() - start) / 1000) / SCALE.readers;
    if (news.open !== SCALE.readers) throw new Error(`${SCALE.readers - news.open} were let go`);
    report.figure({
      what: 'live events, a second, for each who listens',
      ours: kilobytes(each),
      bar: { text: '< 50 kB', isMet: each < MOST_BYTES_A_SECOND },
    });
    report.figure({
      what: `processor time with ${whole(SCALE.readers)} who listen`,
      ours: `${digits(together)} cores`,
      peer: { name: 'nobody', figure: `${digits(alone)} cores` },
      bar: { text: '< 1 core', isMet: together < MOST_CORES },
    });
  } finally {
    child.disconnect();
    await once(child, 'exit');
  }
}

/** What the page does to the main thread of its browser, and whether it grows. */
async function measurePage(browser: Browser, url: string, report: Report): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await page.goto(url);
  await page.getByTestId('map').locator('canvas').waitFor({ timeout: 60_000 });
  await sleep(5000);
  report.note(`watching the page for ${digits(SCALE.pageMinutes)} minutes`);
  const heaps: number[] = [];
  let busy: MainThread | null = null;
  for (let minute = 0; minute < SCALE.pageMinutes; minute += SCALE.lookMinutes) {
    const start = performance.now();
    // A trace of half an hour would be a gigabyte: the first and the last minute are looked at closely.
    const isEdge = minute === 0 || minute + SCALE.lookMinutes >= SCALE.pageMinutes;
    if (isEdge) busy = merge(busy, await watchMainThread(cdp, SCALE.traceSeconds * 1000));
    heaps.push(await heapOf(cdp));
    await sleep(Math.max(SCALE.lookMinutes * 60_000 - (performance.now() - start), 0));
  }
  showTasks(busy!, report);
  showMemory(heaps, report);
  await readsWell(page);
  await context.close();
}

function merge(one: MainThread | null, other: MainThread): MainThread {
  if (one === null) return other;
  return { tasks: [...one.tasks, ...other.tasks], seconds: one.seconds + other.seconds };
}

function showTasks({ tasks, seconds }: MainThread, report: Report): void {
  const sorted = [...tasks].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
  report.figure({
    what: 'tasks of the main thread, of those from 1 ms on: 95 of 100 within',
    ours: `${digits(at(0.95))} ms of ${whole(sorted.length)}`,
    bar: { text: '< 50 ms', isMet: at(0.95) < MOST_TASK_MS },
  });
  report.figure({ what: '  the longest', ours: `${digits(at(1))} ms` });
  const busy = sorted.reduce((sum, each) => sum + each, 0) / 1000 / seconds;
  report.figure({ what: '  at work', ours: `${digits(busy * 100)} % of the time` });
}

function showMemory(heaps: readonly number[], report: Report): void {
  const third = Math.max(Math.floor(heaps.length / 3), 1);
  const meanOf = (part: readonly number[]) => part.reduce((sum, each) => sum + each, 0) / part.length;
  const [first, last] = [meanOf(heaps.slice(0, third)), meanOf(heaps.slice(-third))];
  report.figure({
    what: `memory of the page, its first and its last third of ${digits(SCALE.pageMinutes)} minutes`,
    ours: `${megabytes(first)}, ${megabytes(last)}`,
    bar: { text: 'flat (10 %)', isMet: last < first * MOST_GROWTH },
  });
}

/** Bytes of JavaScript that are in use, after all that is not has been collected. */
async function heapOf(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return usedSize;
}

/** A page that has broken would be fast. */
async function readsWell(page: Page): Promise<void> {
  const shown = Number((await page.getByTestId('now').innerText()).replaceAll(/\D/g, ''));
  if (shown < SCALE.open / 2) throw new Error(`the page shows ${shown} instead of ${SCALE.open}`);
}
