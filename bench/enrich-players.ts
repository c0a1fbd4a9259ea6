/**
 * For bench/enrich.ts: what plays, by user agents of the apps and bots that others have collected and of browsers. The peer is
 * `node-device-detector` called directly, as its page says; Matomo's rules, which it brings, are ours too.
 */

import DeviceDetector from 'node-device-detector';
import { noCases, randomFrom } from '../src/enrich/fixture.ts';
import { createDetector } from '../src/enrich/player/detector.ts';
import { type Collected, collected, isSameName } from '../src/enrich/player/fixture.ts';
import { digits, perSecond, whole } from './format.ts';
import { inTurns, ratioOf, type Samples, samplesOf, scriptResult, timed } from './harness.ts';
import { userAgents } from './people.ts';
import type { Report } from './report.ts';

const TURNS = { rounds: 3, warmUps: 1 };
const DISTINCT = 20_000;
/** The peer is asked fewer: it takes milliseconds for each. */
const PEER_EVERY = 80;
const STARTS = 5;
const PEER = 'node-device-detector';

const Matomo = DeviceDetector as unknown as typeof DeviceDetector.default;

export async function measurePlayers(report: Report): Promise<void> {
  await measureStart(report);
  if (noCases !== false) {
    report.remark(`Players: ${noCases}.`);
    return;
  }
  const apps = collected('apps');
  const bots = collected('bots');
  measureNames(apps, bots, report);
  await measureSpeed([...apps, ...bots], report);
}

interface Start {
  readonly importing: number;
  readonly answering: number;
  readonly busy: number;
}

async function measureStart(report: Report): Promise<void> {
  report.note('starting to name players');
  const times: Record<'ours' | 'theirs', Start[]> = { ours: [], theirs: [] };
  for (let i = 0; i < STARTS; i++) {
    for (const side of ['ours', 'theirs'] as const)
      times[side].push(await scriptResult<Start>('./enrich-players-child.ts', side));
  }
  const of = (side: 'ours' | 'theirs', part: keyof Start) => samplesOf(times[side].map((each) => each[part]));
  const show = ({ median, least, most }: Samples) => `${digits(median)} ms (${digits(least)}–${digits(most)})`;
  const [ours, theirs] = [of('ours', 'busy'), of('theirs', 'busy')];
  report.figure({
    what: 'players: to read the rules and to name the first, at work',
    ours: show(ours),
    peer: { name: PEER, figure: show(theirs) },
    ratio: ratioOf(ours, theirs),
    bar: { text: '≤ 60 ms', isMet: ours.median <= 60 },
  });
  report.figure({
    what: '  by the clock',
    ours: show(of('ours', 'answering')),
    peer: { name: PEER, figure: show(of('theirs', 'answering')) },
  });
  report.figure({
    what: '  to load the code before',
    ours: show(of('ours', 'importing')),
    peer: { name: PEER, figure: show(of('theirs', 'importing')) },
  });
}

function measureNames(apps: readonly Collected[], bots: readonly Collected[], report: Report): void {
  const detect = createDetector();
  const direct = new Matomo();
  const shares = (nameOf: (userAgent: string) => string | null) => {
    const names = apps.map(({ name, userAgent }) => ({ name, found: nameOf(userAgent) }));
    const named = names.filter(({ found }) => found !== null);
    const right = named.filter(({ name, found }) => isSameName(name, found!));
    return { right: right.length / apps.length, named: named.length / apps.length };
  };
  const ours = shares((userAgent) => detect(userAgent).player?.name ?? null);
  const theirs = shares((userAgent) => {
    const name = direct.parseBot(userAgent).name || direct.parseClient(userAgent).name;
    return name === undefined || name === '' ? null : name;
  });
  report.figure({
    what: `names of ${whole(apps.length)} apps: right`,
    ours: percent(ours.right),
    peer: { name: PEER, figure: percent(theirs.right) },
    ratio: ours.right / theirs.right,
    bar: { text: '≥ 75 %', isMet: ours.right >= 0.75 },
  });
  report.figure({
    what: '  any',
    ours: percent(ours.named),
    peer: { name: PEER, figure: percent(theirs.named) },
    ratio: ours.named / theirs.named,
    bar: { text: '≥ 95 %', isMet: ours.named >= 0.95 },
  });
  const botsIn = (agents: readonly Collected[]) =>
    agents.filter(({ userAgent }) => detect(userAgent).bot).length / agents.length;
  const peerBots = (agents: readonly Collected[]) =>
    agents.filter(({ userAgent }) => (direct.parseBot(userAgent).name ?? '') !== '').length / agents.length;
  report.figure({
    what: `  taken for bots, of ${whole(bots.length)} bots; of the apps`,
    ours: `${percent(botsIn(bots))}; ${percent(botsIn(apps))}`,
    peer: { name: PEER, figure: `${percent(peerBots(bots))}; ${percent(peerBots(apps))}` },
  });
}

async function measureSpeed(agents: readonly Collected[], report: Report): Promise<void> {
  const distinct = distinctAgents(agents);
  const sample = distinct.filter((_, i) => i % PEER_EVERY === 0);
  report.note(`naming the players of ${whole(distinct.length)} distinct user agents`);
  const detect = createDetector();
  const direct = new Matomo();
  const { ours, theirs } = await inTurns(TURNS, {
    ours: () =>
      timed(() => {
        for (const agent of distinct) detect(agent);
      }),
    theirs: async () => {
      const ms = await timed(() => {
        for (const agent of sample) {
          direct.parseBot(agent);
          direct.detect(agent);
        }
      });
      return (ms * distinct.length) / sample.length;
    },
  });
  report.figure({
    what: 'players of distinct user agents, each seen first, on this thread',
    ours: perSecond(distinct.length, ours),
    peer: { name: PEER, figure: perSecond(distinct.length, theirs) },
    ratio: ratioOf(ours, theirs),
    bar: { text: '≥ 20,000/s', isMet: distinct.length / (ours.median / 1000) >= 20_000 },
  });
  const times = distinct.map((agent) => {
    const start = performance.now();
    detect(agent);
    return performance.now() - start;
  });
  const sorted = times.toSorted((a, b) => a - b);
  report.figure({
    what: '  one of them: 99 % within; the slowest',
    ours: `${digits(sorted[Math.floor(sorted.length * 0.99)]! * 1000)} µs; ${digits(sorted.at(-1)! * 1000)} µs`,
  });
}

/** The collected ones and as many of browsers and players, with other figures in them each time round. */
function distinctAgents(agents: readonly Collected[]): string[] {
  const random = randomFrom(6);
  const templates = [...agents.map(({ userAgent }) => userAgent), ...userAgents(agents.length)];
  const distinct = new Set<string>(templates);
  for (let i = 0; distinct.size < DISTINCT; i++)
    distinct.add(templates[i % templates.length]!.replace(/\d/g, () => String(Math.floor(random() * 10))));
  return [...distinct].slice(0, DISTINCT);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
