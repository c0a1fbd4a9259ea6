/**
 * How fast is an access log read? Three million combined lines, by whole processes in turns: the access-log source with
 * the tracker (access-log-child.ts), whose sessions must be those of a slow and obvious count (access-log-truth.ts);
 * `headcount analyze`, which also finds places, networks and players; and goaccess, which parses the same file for its
 * report, without places.
 */

import { readFileSync } from 'node:fs';
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
import type { Report } from './report.ts';

const LINES = 3_000_000;
const TURNS = { rounds: 3, warmUps: 0 };
const HEADCOUNT = fileURLToPath(new URL('../bin/headcount.js', import.meta.url));

export const accessLog: Bench = {
  name: 'access-log',
  question: 'how fast is an access log read? Against goaccess, on the same file.',
  run: async (report) => {
    report.note(`making a log of ${whole(LINES)} lines, and counting its sessions slowly: kept for the next time`);
    const path = await accessLogFile(LINES);
    const truth = await obviousCount(path);
    const folder = temporaryFolder();
    report.note(`reading it, three ways, ${TURNS.rounds} times each`);
    const runs: Record<'read' | 'analyze' | 'goaccess', ChildRun[]> = { read: [], analyze: [], goaccess: [] };
    const keep = (into: ChildRun[], run: ChildRun) => {
      into.push(run);
      return run.seconds * 1000;
    };
    const times = await inTurns(TURNS, {
      read: async () => keep(runs.read, await read(path, truth)),
      analyze: async () => keep(runs.analyze, await analyze(path, truth)),
      goaccess: async () => keep(runs.goaccess, await goaccess(path, folder)),
    });
    const peer = { name: 'goaccess', figure: perSecond(LINES, times.goaccess) };
    const show = (what: string, ours: 'read' | 'analyze') => {
      const ratio = ratioOf(times[ours], times.goaccess);
      report.figure({ what, ours: perSecond(LINES, times[ours]), peer, ratio });
    };
    show('lines to sessions', 'read');
    show('headcount analyze, with places and players', 'analyze');
    showMemory(report, runs);
    report.remark(
      `All ${TURNS.rounds} runs found the ${whole(truth.sessions)} sessions that the slow count had found.`,
    );
  },
};

function showMemory(report: Report, runs: Record<'read' | 'analyze' | 'goaccess', readonly ChildRun[]>): void {
  const peak = (all: readonly ChildRun[]) => samplesOf(all.map(({ peakBytes }) => peakBytes)).median;
  const theirs = peak(runs.goaccess);
  const peer = { name: 'goaccess', figure: megabytes(theirs) };
  const show = (what: string, ours: number) =>
    report.figure({ what, ours: megabytes(ours), peer, ratio: theirs / ours });
  show('  memory at most: lines to sessions', peak(runs.read));
  show('  memory at most: headcount analyze', peak(runs.analyze));
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
