/**
 * What the classic judgement of a large history costs: a million plays of two thousand users, one of whom has fifty
 * thousand. *Full analysis*: the places of all addresses from the bundled tables, devices, overlaps, jumps and scores, on
 * one thread; the plays are in memory. *Overlaps* are those of the largest user alone, beside two peers that compare every
 * play with every other one: `objects` as the detector does it that this replaces, on the rows as they come, and `numbers`,
 * which has the very arrays that the sweep has and is as fast as comparing all can be. All must find the same.
 */

import { openOwnPlaces } from '../src/cli/sharing/own-places.ts';
import { effectiveEnd, findConcurrent } from '../src/insights/sharing/classic/concurrent.ts';
import { judgeClassic } from '../src/insights/sharing/classic/judgement.ts';
import { isLan, isSameNetwork } from '../src/insights/sharing/classic/network.ts';
import { type Intervals, sweepOverlaps } from '../src/insights/sharing/overlaps.ts';
import type { Places, Play, Whereabouts } from '../src/insights/sharing/play.ts';
import { digits, milliseconds, whole } from './format.ts';
import { type Bench, inTurns, ratioOf, type Samples, samplesOf, timed } from './harness.ts';
import type { Report } from './report.ts';
import { HEAVY_PLAYS, madePlays, PLAYS, USERS } from './sharing-plays.ts';

const TURNS = { rounds: 3, warmUps: 1 };
const MOST_MS = 3000;
const LEAST_RATIO = 100;

export const sharing: Bench = {
  name: 'sharing',
  question: 'what does it cost to look for shared accounts in a million plays?',
  run: async (report) => {
    const users = madePlays();
    await analyze(users, report);
    await compareOverlaps(users[0]!, report);
  },
};

async function analyze(users: readonly Play[][], report: Report): Promise<void> {
  report.note(`judging ${whole(PLAYS)} plays of ${whole(USERS)} users`);
  let found = { overlaps: 0, jumps: 0, addresses: 0 };
  const processor: number[] = [];
  const { all } = await inTurns(TURNS, {
    all: async () => {
      const places = await openOwnPlaces();
      found = { overlaps: 0, jumps: 0, addresses: 0 };
      const before = process.cpuUsage();
      const ms = await timed(() => {
        for (const plays of users) {
          const where = placesOf(plays, places.find);
          const { concurrency, jumps } = judgeClassic(plays, where)!;
          found.overlaps += concurrency.overlaps;
          found.jumps += jumps.length;
          found.addresses += where.size;
          if (concurrency.notCompared > 0) throw new Error('not all plays were compared');
        }
      });
      const { user, system } = process.cpuUsage(before);
      processor.push((user + system) / 1000);
      await places.close();
      return ms;
    },
  });
  if (found.overlaps === 0 || found.jumps === 0) throw new Error('nobody shares anything');
  report.figure({
    what: `full analysis of ${whole(PLAYS)} plays, ${whole(USERS)} users`,
    ours: milliseconds(all),
    bar: { text: '≤ 3 s', isMet: all.median <= MOST_MS },
  });
  report.figure({ what: '  processor time of it', ours: milliseconds(samplesOf(processor)) });
  const { overlaps, jumps, addresses } = found;
  report.remark(`${whole(overlaps)} overlaps, ${whole(jumps)} jumps, ${whole(addresses)} places of addresses.`);
}

function placesOf(plays: readonly Play[], find: (address: string) => Whereabouts | null): Places {
  const places = new Map<string, Whereabouts>();
  for (const address of new Set(plays.map((play) => play.address!))) {
    const place = isLan(address) ? null : find(address);
    if (place !== null) places.set(address, place);
  }
  return places;
}

async function compareOverlaps(plays: readonly Play[], report: Report): Promise<void> {
  report.note(`overlaps of ${whole(HEAVY_PLAYS)} plays of one user, three ways`);
  const numbers = numbered(plays);
  const counts = { sweep: -1, bare: -1, objects: -1, numbers: -1 };
  const times = await inTurns(TURNS, {
    sweep: () => timed(() => (counts.sweep = findConcurrent(plays).overlaps)),
    bare: () => timed(() => (counts.bare = sweepNumbers(numbers))),
    numbers: () => timed(() => (counts.numbers = compareNumbers(numbers))),
  });
  // Once: it takes as long as all others together.
  const objects = samplesOf([await timed(() => (counts.objects = compareObjects(plays)))]);
  if (new Set(Object.values(counts)).size !== 1) throw new Error(`they disagree: ${JSON.stringify(counts)}`);
  const against = (what: string, ours: Samples, peer: string, theirs: Samples) =>
    report.figure({
      ...{ what, ours: milliseconds(ours), peer: { name: peer, figure: milliseconds(theirs) } },
      ratio: ratioOf(ours, theirs),
      bar: { text: `≥ ${LEAST_RATIO} times`, isMet: ratioOf(ours, theirs) >= LEAST_RATIO },
    });
  against(`overlaps of ${whole(HEAVY_PLAYS)} plays, from rows`, times.sweep, 'objects', objects);
  against('  from arrays', times.bare, 'numbers', times.numbers);
  report.remark(`${whole(counts.sweep)} overlaps of one user, ${digits(counts.sweep / HEAVY_PLAYS)} a play.`);
}

function compareObjects(plays: readonly Play[]): number {
  let overlaps = 0;
  for (let i = 0; i < plays.length; i++) {
    const a = plays[i]!;
    const end = effectiveEnd(a, a.startedAt!);
    for (let j = i + 1; j < plays.length; j++) {
      const b = plays[j]!;
      // Time first: it rules out most, and the networks cost most.
      if (a.startedAt! >= effectiveEnd(b, b.startedAt!) || b.startedAt! >= end) continue;
      if (a.device !== b.device && !isSameNetwork(a.address, b.address)) overlaps++;
    }
  }
  return overlaps;
}

interface Numbers extends Intervals {
  readonly devices: Uint32Array;
  readonly networks: Uint32Array;
}

function numbered(plays: readonly Play[]): Numbers {
  const numbers = new Map<string, number>();
  const numberOf = (text: string) => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  return {
    starts: Float64Array.from(plays, ({ startedAt }) => startedAt!),
    ends: Float64Array.from(plays, (play) => effectiveEnd(play, play.startedAt!)),
    devices: Uint32Array.from(plays, ({ device }) => numberOf(device!)),
    networks: Uint32Array.from(plays, ({ address }) => numberOf(isLan(address!) ? 'LAN' : address!)),
  };
}

function sweepNumbers({ devices, networks, ...intervals }: Numbers): number {
  let overlaps = 0;
  sweepOverlaps(intervals, (a, b) => {
    if (devices[a] !== devices[b] && networks[a] !== networks[b]) overlaps++;
  });
  return overlaps;
}

function compareNumbers({ starts, ends, devices, networks }: Numbers): number {
  let overlaps = 0;
  for (let i = 0; i < starts.length; i++) {
    const [start, end] = [starts[i]!, ends[i]!];
    for (let j = i + 1; j < starts.length; j++) {
      if (start >= ends[j]! || starts[j]! >= end) continue;
      if (devices[i] !== devices[j] && networks[i] !== networks[j]) overlaps++;
    }
  }
  return overlaps;
}
