/**
 * What the core carries on one core of the machine. Measured is what the collector does between enrichment and the store,
 * and no more: `tracker.observe` for each presence, `tracker.advance` after each batch, and `audience.apply` of what has
 * changed after every 10,000 observations. Clients come from the real enrichment, and everything that is to be folded is
 * made before the clock starts. Each run is a process of its own, warmed up by as many presences as are then measured.
 *
 * - *Folding*: two million presences of 200,000 open sessions on twenty streams, in batches of a second, everybody seen
 *   once in four seconds on average in random order, one in ten up to 5 s late: the memory of the machine is what that
 *   measures. `rounds` is the same in the order in which they came, as players ask that all joined one after the other.
 *   `audio` and `rounds` have no qualities; `video` tells one with each presence, as an access log with HLS variants does, and one in fifty switches. The peer is a bare Map that
 *   adds bytes up by key and stream: the least that could be done, without gaps, ends, lateness, clients or an audience.
 * - *Memory*: a million open sessions of distinct clients (addresses, one in eight IPv6; 2,000 user agents; places and
 *   players as found), each with one quality, after garbage collection. `in all` is the resident memory of the whole
 *   process, with Node, the tables of places and networks, and enrichment's caches and thread; the sessions' own share
 *   is the difference of heap and external memory with and without them.
 * - *Churn*: half a million sessions that begin and as many that end beside 200,000 open ones: told by a server, or by a
 *   lone request and its gap.
 */

import { megabytes, perSecond, whole } from './format.ts';
import { type Bench, inTurns, ratioOf, type Samples, samplesOf, scriptResult } from './harness.ts';
import type { Bar, Report } from './report.ts';
import { CHURNED, type Churn, FOLDED, type Folding, type Footprint, HELD, OPEN } from './tracker-scale.ts';

const TURNS = { rounds: 3, warmUps: 0 };
const LEAST_RATE = 2e6;
const MOST_BYTES = 1e9;
/** With three seconds between two sights on average, one in many thousands is silent for longer than the gap. */
const NEARLY = 0.99;

export const tracker: Bench = {
  name: 'tracker',
  question: 'how fast are presences folded into sessions, and what do a million open ones weigh?',
  run: async (report) => {
    await measureFolding(report);
    await measureChurn(report);
    await measureMemory(report);
  },
};

async function measureFolding(report: Report): Promise<void> {
  report.note(`folding ${whole(FOLDED)} presences, four ways, ${TURNS.rounds} times each`);
  const processor: Record<string, number[]> = { video: [], audio: [], rounds: [], map: [] };
  const run = async (what: string) => {
    const folding = await folded(what);
    processor[what]!.push(folding.processor);
    return folding.milliseconds;
  };
  const times = await inTurns(TURNS, {
    video: () => run('video'),
    audio: () => run('audio'),
    rounds: () => run('rounds'),
    map: () => run('map'),
  });
  const show = (what: string, ours: Samples, theirs: Samples, bar?: Bar) =>
    report.figure({
      ...{ what, ours: perSecond(FOLDED, ours), ratio: ratioOf(ours, theirs) },
      ...{ peer: { name: 'a bare Map', figure: perSecond(FOLDED, theirs) }, ...(bar === undefined ? {} : { bar }) },
    });
  for (const what of ['audio', 'rounds', 'video'] as const) {
    const isMet = (FOLDED / times[what].median) * 1000 >= LEAST_RATE;
    const bar = { text: '≥ 2 million/s', isMet };
    show(`${what} presences into ${whole(OPEN)} open sessions`, times[what], times.map, bar);
    show('  a second of processor time', samplesOf(processor[what]!), samplesOf(processor['map']!));
  }
}

/** As if it had been just as many as planned. */
async function folded(what: string): Promise<Folding> {
  const { milliseconds, processor, presences, open } = await scriptResult<Folding>('tracker-child.ts', what);
  if (open < OPEN * NEARLY || open > OPEN / NEARLY) throw new Error(`${open} sessions are open instead of ${OPEN}`);
  const share = FOLDED / presences;
  return { milliseconds: milliseconds * share, processor: processor * share, presences: FOLDED, open };
}

async function measureChurn(report: Report): Promise<void> {
  report.note(`${whole(CHURNED)} sessions begin and end, two ways`);
  const { told, expiring } = await inTurns(TURNS, {
    told: () => churnTime('told'),
    expiring: () => churnTime('expiring'),
  });
  report.figure({ what: 'sessions begun and ended, told by a server', ours: perSecond(CHURNED, told) });
  report.figure({ what: 'sessions begun and expired, a request each', ours: perSecond(CHURNED, expiring) });
}

async function churnTime(what: string): Promise<number> {
  const { milliseconds, begun, ended } = await scriptResult<Churn>('tracker-child.ts', what);
  if (begun !== CHURNED || ended !== CHURNED)
    throw new Error(`${begun} have begun and ${ended} ended: ${CHURNED} should`);
  return milliseconds;
}

async function measureMemory(report: Report): Promise<void> {
  report.note(`${whole(HELD)} open sessions in memory`);
  const { bare, before, after, open } = await scriptResult<Footprint>('tracker-child.ts', 'memory');
  if (open !== HELD) throw new Error(`${open} sessions are open instead of ${HELD}`);
  const own = ({ heapUsed, external }: NodeJS.MemoryUsage) => heapUsed + external;
  const share = own(after) - own(before);
  const bar = (bytes: number) => ({ text: '≤ 1 GB', isMet: bytes <= MOST_BYTES });
  report.figure({
    what: `${whole(HELD)} open sessions and their clients`,
    ours: `${megabytes(share)}, ${whole(share / HELD)} bytes each`,
    bar: bar(share),
  });
  report.figure({ what: '  in all: resident, the whole process', ours: megabytes(after.rss), bar: bar(after.rss) });
  report.figure({
    what: '  resident before them; bare Node',
    ours: `${megabytes(before.rss)}; ${megabytes(bare.rss)}`,
  });
}
