/**
 * How fast is an access log read? Three million combined lines, by whole processes in turns: the access-log source with
 * the tracker, on one thread (access-log-child.ts), whose sessions must be those of a slow and obvious count
 * (access-log-truth.ts); `headcount analyze`, which also finds places, networks and players and tells them; goaccess, which
 * parses the same file for its report, without places; and `wc -l`, which only counts line ends. The file is in memory before each.
 * Then a log twice as long, for its memory.
 *
 * `HEADCOUNT_BENCH=small` tries it out in seconds; its figures mean nothing.
 */

import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessLogFile } from './access-log-file.ts';
import { type Count, obviousCount } from './access-log-truth.ts';
import { megabytes, perSecond, whole } from './format.ts';
import {
  type Bench,
  type ChildRun,
  inTurns,
  ratioOf,
  runProgram,
  runScript,
  samplesOf,
  temporaryFolder,
} from './harness.ts';
import type { Bar, Report } from './report.ts';

const IS_SMALL = process.env['HEADCOUNT_BENCH'] === 'small';
const LINES = IS_SMALL ? 100_000 : 3_000_000;
const TURNS = { rounds: IS_SMALL ? 1 : 3, warmUps: 0 };

const LEAST_RATIO = 30;
const MOST_MEMORY = 400e6;
/** Twice the log takes no more than this much more memory, or less. */
const MEMORY_CHANGE = 0.2;
const HEADCOUNT = fileURLToPath(new URL('../bin/headcount.js', import.meta.url));

export const accessLog: Bench = {
  name: 'access-log',
  question: 'how fast is an access log read? Against goaccess, on the same file.',
  run: async (report) => {
    report.note(`making a log of ${whole(LINES)} lines, and counting its sessions slowly: kept for the next time`);
    const path = await accessLogFile(LINES);
    const truth = await obviousCount(path);
    const folder = temporaryFolder();
    report.note(`reading it, four ways, ${TURNS.rounds} times each`);
    const runs: Runs = { read: [], analyze: [], goaccess: [], wc: [] };
    const keep = (into: ChildRun[], run: ChildRun) => {
      into.push(run);
      return run.seconds * 1000;
    };
    const warm = async (run: () => Promise<ChildRun>) => {
      await readThrough(path);
      return run();
    };
    const times = await inTurns(TURNS, {
      read: async () => keep(runs.read, await warm(() => read(path, truth))),
      analyze: async () => keep(runs.analyze, await warm(() => analyze(path, truth))),
      goaccess: async () => keep(runs.goaccess, await warm(() => goaccess(path, folder))),
      wc: async () => keep(runs.wc, await warm(() => runProgram('wc', ['-l', path]))),
    });
    const peer = { name: 'goaccess', figure: perSecond(LINES, times.goaccess) };
    const show = (what: string, ours: 'read' | 'analyze') => {
      const ratio = ratioOf(times[ours], times.goaccess);
      const bar = { text: `≥ ${LEAST_RATIO} times`, isMet: ratio >= LEAST_RATIO };
      const figure = { what, ours: perSecond(LINES, times[ours]), peer, ratio };
      report.figure(ours === 'analyze' ? { ...figure, bar } : figure);
    };
    show('lines to sessions, one thread', 'read');
    show('headcount analyze, with places and players', 'analyze');
    report.figure({
      what: '  the same',
      ours: perSecond(LINES, times.analyze),
      peer: { name: 'wc -l', figure: perSecond(LINES, times.wc) },
      ratio: ratioOf(times.analyze, times.wc),
    });
    report.note('reading a log twice as long');
    const long = await accessLogFile(2 * LINES);
    const twice = await runProgram(process.execPath, [HEADCOUNT, 'analyze', '--format', 'json', long]);
    showMemory(report, runs, twice.peakBytes);
    report.remark(
      `All ${TURNS.rounds} runs found the ${whole(truth.sessions)} sessions that the slow count had found.`,
    );
  },
};

type Runs = Record<'read' | 'analyze' | 'goaccess' | 'wc', ChildRun[]>;

function showMemory(report: Report, runs: Runs, twice: number): void {
  const peak = (all: readonly ChildRun[]) => samplesOf(all.map(({ peakBytes }) => peakBytes)).median;
  const theirs = peak(runs.goaccess);
  const peer = { name: 'goaccess', figure: megabytes(theirs) };
  const once = peak(runs.analyze);
  const show = (what: string, ours: number, bar: Bar | null) =>
    report.figure({ what, ours: megabytes(ours), peer, ratio: theirs / ours, ...(bar === null ? {} : { bar }) });
  show('memory at most: lines to sessions, one thread', peak(runs.read), null);
  show('memory at most: headcount analyze', once, {
    text: `≤ ${megabytes(MOST_MEMORY)}`,
    isMet: once <= MOST_MEMORY,
  });
  report.figure({
    what: '  of a log twice as long',
    ours: megabytes(twice),
    bar: { text: '± 20 %', isMet: Math.abs(twice / once - 1) <= MEMORY_CHANGE },
  });
}

/** Into the memory of the system, for all alike: how long a disk takes is not asked here. */
async function readThrough(path: string): Promise<void> {
  for await (const _ of createReadStream(path, { highWaterMark: 1024 * 1024 }));
}

async function read(path: string, truth: Count): Promise<ChildRun> {
  const run = await runScript('access-log-child.ts', path);
  const { lines, ...count } = JSON.parse(run.output) as Count & { lines: number };
  check('the source and the tracker', { lines, ...count }, { lines: LINES, ...truth });
  return run;
}

async function analyze(path: string, truth: Count): Promise<ChildRun> {
  const run = await runProgram(process.execPath, [HEADCOUNT, 'analyze', '--format', 'json', path]);
  const { input, sessions, bytes } = JSON.parse(run.output) as {
    input: { lines: number };
    sessions: number;
    bytes: number;
  };
  const { requests: _, ...expected } = truth;
  check('headcount analyze', { lines: input.lines, sessions, bytes }, { lines: LINES, ...expected });
  return run;
}

/** A full parse with its report as JSON, without looking up names and without a terminal. */
async function goaccess(path: string, folder: string): Promise<ChildRun> {
  const report = join(folder, 'report.json');
  const quiet = ['--no-global-config', '--no-progress', '--no-term-resolver'];
  const run = await runProgram('goaccess', [path, '--log-format=COMBINED', ...quiet, `--output=${report}`]);
  const { general } = JSON.parse(readFileSync(report, 'utf8')) as { general: { total_requests: number } };
  check('goaccess', { lines: general.total_requests }, { lines: LINES });
  return run;
}

function check(who: string, found: Readonly<Record<string, number>>, expected: Readonly<Record<string, number>>): void {
  for (const [what, count] of Object.entries(expected)) {
    if (found[what] !== count) throw new Error(`${who} found ${found[what]} ${what} instead of ${count}`);
  }
}
