/**
 * What does it cost to ask a large server again and again, and how fast does the list of its users answer? A server of
 * 20,000 listeners (polled-server-child.ts) is polled by Headcount, a process of its own with its store, places and
 * players; then a real Icecast is, and the user list of one of its mounts is asked for by many at once, beside Icecast's
 * own list of the same mount.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type LabChild, startChild, until } from '../lab/child.ts';
import { startIcecast } from '../lab/icecast.ts';
import type { AudienceWire, SessionPageWire } from '../src/http/contract.ts';
import { digits, megabytes, whole } from './format.ts';
import {
  type Bench,
  inTurns,
  peakOf,
  processorSecondsOf,
  runProgram,
  type Samples,
  samplesOf,
  temporaryFolder,
} from './harness.ts';
import type { Report } from './report.ts';

const HEADCOUNT = fileURLToPath(new URL('../bin/headcount.js', import.meta.url));
const SERVER = fileURLToPath(new URL('./polled-server-child.ts', import.meta.url));
const isSmall = process.env['HEADCOUNT_BENCH'] === 'small';

const MOUNTS = isSmall ? 10 : 100;
const LISTENERS_OF_EACH = isSmall ? 20 : 200;
const LISTENERS = MOUNTS * LISTENERS_OF_EACH;
const POLLS = isSmall ? 2 : 10;
const EVERY_SECONDS = isSmall ? 1 : 4;
const ASKING_SECONDS = isSmall ? 1 : 5;
const ROUNDS = isSmall ? 1 : 3;
const CONNECTIONS = 16;
/** Of the listeners of the real Icecast, so many come at a time. */
const AT_ONCE = 5;

const MOST_SECONDS_A_POLL = 1;
const LEAST_ANSWERS = 5000;
const LEAST_RATIO = 20;

export const polled: Bench = {
  name: 'polled',
  question: 'what does a poll of 20,000 listeners cost, and how fast does a list of users answer?',
  run: async (report) => {
    await measurePolls(report);
    await measureAnswers(report);
  },
};

async function measurePolls(report: Report): Promise<void> {
  const server = startChild(process.execPath, [SERVER, String(MOUNTS), String(LISTENERS_OF_EACH)]);
  const [, port] = await server.printed(/port (\d+)/);
  const polls = () => Number([...server.output().matchAll(/poll (\d+)/g)].at(-1)?.[1] ?? 0);
  const running = await startHeadcount([`icecast://admin:hackme@127.0.0.1:${port}?every=${EVERY_SECONDS}s`], []);
  try {
    report.note(`${whole(LISTENERS)} listeners on ${MOUNTS} mounts are asked for every ${EVERY_SECONDS} s`);
    const isKnown = async () => (await running.get<AudienceWire>('api/v1/audience')).total.sessions === LISTENERS;
    await until('everybody is known', isKnown, 60_000);
    const costs: number[] = [];
    let begun = await nextPoll(polls);
    for (let i = 0; i < POLLS; i++) {
      const before = processorSecondsOf(running.child.pid);
      const next = await nextPoll(polls, begun);
      if (next !== begun + 1) throw new Error('a poll was not noticed');
      begun = next;
      costs.push(processorSecondsOf(running.child.pid) - before);
    }
    // Each poll sends one of a hundred home, and as many come.
    const past = await running.get<SessionPageWire>('api/v1/sessions?state=closed&bot=all&limit=1');
    if (past.total < (LISTENERS / 100) * (POLLS - 1)) throw new Error(`only ${past.total} have left`);
    if (!(await isKnown())) throw new Error('somebody is missing');
    const cost = samplesOf(costs);
    report.figure({
      what: `processor time of one poll, ${whole(LISTENERS)} listeners`,
      ours: `${digits(cost.median)} s (${digits(cost.least)}–${digits(cost.most)})`,
      bar: { text: '< 1 s', isMet: cost.median < MOST_SECONDS_A_POLL },
    });
    report.figure({ what: '  memory at most', ours: megabytes(peakOf(running.child.pid)) });
  } finally {
    await running.child.stop();
    await server.stop();
  }
}

/** Resolves when another poll begins than `known`; answers the how-manieth. */
function nextPoll(polls: () => number, known = polls()): Promise<number> {
  return until('the next poll', () => (polls() > known ? polls() : null), 60_000);
}

async function measureAnswers(report: Report): Promise<void> {
  const icecast = await startIcecast();
  const { host, port, user, password } = icecast;
  const source = { url: `icecast://${user}:${password}@${host}:${port}`, name: 'radio' };
  const streams = [{ name: 'live', source: 'radio', stream: '/live.mp3', public: true }];
  const facade = { kind: 'casterstats', streams, publicAddresses: true };
  let running: Running | null = null;
  try {
    await icecast.feed('/live.mp3');
    // Not all at once: few connections wait at Icecast's door.
    for (let from = 0; from < LISTENERS_OF_EACH; from += AT_ONCE) {
      const agents = Array.from({ length: AT_ONCE }, (_, i) => `VLC/3.0.${i} LibVLC/3.0.${from + i}`);
      await Promise.all(agents.map((agent) => icecast.listen('/live.mp3', agent)));
    }
    running = await startHeadcount([source], [facade]);
    const { url, get } = running;
    await until(
      'all listeners are known',
      async () => (await get<AudienceWire>('api/v1/audience')).total.sessions === LISTENERS_OF_EACH,
      30_000,
    );
    const login = Buffer.from(`${user}:${password}`).toString('base64');
    const sides = {
      headcount: () =>
        answersPerSecond(`${url}stats/userlist/live/?pagesize=${LISTENERS_OF_EACH}`, ['Accept-Encoding: gzip']),
      icecast: () =>
        answersPerSecond(`http://${host}:${port}/admin/listclients?mount=/live.mp3`, [`Authorization: Basic ${login}`]),
    };
    const { headcount, icecast: theirs } = await inTurns({ rounds: ROUNDS, warmUps: 1 }, sides);
    const ratio = headcount.median / theirs.median;
    report.figure({
      what: `lists of ${LISTENERS_OF_EACH} users, answers a second, packed`,
      ours: rate(headcount),
      peer: { name: 'icecast2, listclients', figure: rate(theirs) },
      ratio,
      bar: {
        text: `≥ ${whole(LEAST_ANSWERS)}, and ≥ ${LEAST_RATIO} times`,
        isMet: headcount.median >= LEAST_ANSWERS && ratio >= LEAST_RATIO,
      },
    });
    report.remark('All listeners were found, and all answers were right.');
  } finally {
    await running?.child.stop();
    await icecast.stop();
  }
}

function rate({ median, least, most }: Samples): string {
  return `${whole(Math.round(median))}/s (${whole(Math.round(least))}–${whole(Math.round(most))})`;
}

/** Asks by wrk, on one thread and some connections. Throws if any answer was not right. */
async function answersPerSecond(url: string, headers: readonly string[]): Promise<number> {
  const load = ['--threads', '1', '--connections', String(CONNECTIONS), '--duration', `${ASKING_SECONDS}s`];
  const { output } = await runProgram('wrk', [...load, ...headers.flatMap((header) => ['--header', header]), url]);
  if (/Non-2xx/.test(output)) throw new Error(`not all answers were right: ${output}`);
  const [, perSecond] = /Requests\/sec:\s+([\d.]+)/.exec(output) ?? [];
  if (perSecond === undefined) throw new Error(`wrk says: ${output}`);
  return Number(perSecond);
}

interface Running {
  readonly child: LabChild;
  /** Ends with a slash. */
  readonly url: string;
  get<T>(path: string): Promise<T>;
}

async function startHeadcount(sources: readonly unknown[], facades: readonly unknown[]): Promise<Running> {
  const folder = temporaryFolder();
  const config = join(folder, 'headcount.yaml');
  const url = `http://127.0.0.1:${await freePort()}/`;
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ listen: new URL(url).host, data: join(folder, 'data'), sources, facades }));
  const child = startChild(process.execPath, [HEADCOUNT, '--config', config], { cwd: folder });
  await child.printed(/serving on/, 30_000);
  const get = async <T>(path: string) => (await (await fetch(url + path)).json()) as T;
  return { child, url, get };
}
