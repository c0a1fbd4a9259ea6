/**
 * How often the judgement of sharing is right, on the labelled corpus: of those it holds to share how many do (precision),
 * of those who share how many it finds (recall). The classic score is beside it, on the same plays, at its own least score
 * of 20 points and at the one that would be best for it on the half that thresholds were fixed on.
 */

import { judgeClassic } from '../src/insights/sharing/classic/judgement.ts';
import {
  DEFAULT_THRESHOLDS,
  type JudgedPlay,
  judge,
  SHARED_FROM,
} from '../src/insights/sharing/judgement/judgement.ts';
import { wallClockOf } from '../src/insights/summary/wall-clock.ts';
import { digits, milliseconds, whole } from './format.ts';
import { type Bench, samplesOf, timed } from './harness.ts';
import type { Report } from './report.ts';
import { FIXING, half, REPORTING, SCENARIOS } from './sharing-corpus.ts';
import { HEAVY_PLAYS } from './sharing-plays.ts';
import { World } from './sharing-world.ts';

const LEAST_PRECISION = 0.95;
const LEAST_RECALL = 0.9;
const CLASSIC_FROM = 20;
const MOST_MS = 1000;

const OPTIONS = {
  user: null,
  allowed: { devices: [], networks: [], users: [] },
  dismissed: [],
  clock: wallClockOf('UTC')!,
  thresholds: DEFAULT_THRESHOLDS,
};

interface Judged {
  readonly name: string;
  readonly isShared: boolean;
  readonly score: number;
  readonly classic: number;
}

export const sharingQuality: Bench = {
  name: 'sharing-quality',
  question: 'how often is the judgement of shared accounts right?',
  run: async (report) => {
    const [fixing, reporting] = [FIXING, REPORTING].map(judgedHalf) as [Judged[], Judged[]];
    const best = bestOf(fixing.map(({ isShared, classic }) => ({ isShared, score: classic })));
    qualityOf(report, 'the half that is reported', reporting, best);
    qualityOf(report, 'the half that thresholds were fixed on', fixing, best);
    for (const each of mistakesOf([...reporting, ...fixing])) report.remark(each);
    report.remark(`${SCENARIOS.length} scenarios, ${reporting.length} and ${fixing.length} accounts.`);
    await speedOf(report);
  },
};

function judgedHalf(of: typeof FIXING | typeof REPORTING): Judged[] {
  return half(of).flatMap(({ name, isShared, make }) =>
    of.seeds.map((seed) => {
      const world = new World(seed);
      make(world);
      const places = new Map(world.plays.flatMap(({ address, place }) => (place === null ? [] : [[address!, place]])));
      const classic = judgeClassic(world.plays, places)?.score ?? 0;
      return { name, isShared, score: judge(world.plays, OPTIONS).score, classic };
    }),
  );
}

type Scored = Pick<Judged, 'isShared' | 'score'>;

function counted(all: readonly Scored[], from: number) {
  const flagged = all.filter(({ score }) => score >= from);
  const right = flagged.filter(({ isShared }) => isShared).length;
  const shared = all.filter(({ isShared }) => isShared).length;
  return { precision: flagged.length === 0 ? 1 : right / flagged.length, recall: right / shared };
}

/** The score at which precision and recall together (F1) are best. */
function bestOf(all: readonly Scored[]): number {
  const f1 = (from: number) => {
    const { precision, recall } = counted(all, from);
    return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  };
  return [...new Set(all.map(({ score }) => score))].reduce((best, from) => (f1(from) > f1(best) ? from : best), 0);
}

function qualityOf(report: Report, which: string, all: readonly Judged[], best: number): void {
  const ours = counted(all, SHARED_FROM);
  const classic = all.map(({ isShared, classic: score }) => ({ isShared, score }));
  const [usual, tuned] = [counted(classic, CLASSIC_FROM), counted(classic, best)];
  const figure = (what: 'precision' | 'recall', least: number) =>
    report.figure({
      what: `${what}, ${which}`,
      ours: ours[what].toFixed(3),
      peer: { name: 'classic', figure: `${usual[what].toFixed(3)} at 20; ${tuned[what].toFixed(3)} at ${whole(best)}` },
      bar: { text: `≥ ${least}`, isMet: ours[what] >= least },
    });
  figure('precision', LEAST_PRECISION);
  figure('recall', LEAST_RECALL);
}

/** Each scenario that was judged wrongly, with its scores. */
function mistakesOf(all: readonly Judged[]): string[] {
  const wrong = all.filter(({ isShared, score }) => isShared !== score >= SHARED_FROM);
  return [...Map.groupBy(wrong, ({ name }) => name)].map(([name, each]) => {
    const of = all.filter((other) => other.name === name).length;
    const scores = each.map(({ score }) => score).sort((a, b) => a - b);
    return `${each[0]!.isShared ? 'not found' : 'flagged wrongly'}, ${each.length} of ${of}: ${name} (${scores.join(', ')})`;
  });
}

async function speedOf(report: Report): Promise<void> {
  report.note(`judging ${whole(HEAVY_PLAYS)} plays of one user`);
  const plays = heavyPlays();
  const times: number[] = [];
  let findings = 0;
  for (let round = 0; round < 4; round++) {
    const ms = await timed(() => {
      findings = judge(plays, OPTIONS).findingCount;
    });
    if (round > 0) times.push(ms);
  }
  if (findings === 0) throw new Error('nothing was found');
  const all = samplesOf(times);
  report.figure({
    what: `${whole(HEAVY_PLAYS)} plays of one user`,
    ours: milliseconds(all),
    bar: { text: '≤ 1 s', isMet: all.median <= MOST_MS },
  });
  report.remark(`${whole(findings)} findings in them, ${digits(findings / HEAVY_PLAYS)} a play.`);
}

/** Twenty households that share all year, three devices each. */
function heavyPlays(): JudgedPlay[] {
  const world = new World(1);
  const lines = Array.from({ length: 20 }, (_, i) => world.fixed(world.city(i), world.provider(i)));
  const devices = lines.flatMap((line) =>
    [world.tv(), world.phone(), world.computer()].map((device) => ({ line, device })),
  );
  for (let i = 0; i < HEAVY_PLAYS; i++) {
    const { line, device } = devices[world.whole(devices.length)]!;
    world.watch(device, line, world.whole(365), world.random() * 24, 5 + world.random() * 120);
  }
  return [...world.plays];
}
