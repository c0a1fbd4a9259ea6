/**
 * Five hundred players with known truth on a real nginx, which tells of them in several logs at once: what Headcount says
 * of each log is exactly what the players did, as far as that log can tell it.
 */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { until } from '../../lab/child.ts';
import { type Performance, perform } from '../../lab/crowd/perform.ts';
import { type CrowdPlan, type Script, writeScripts } from '../../lab/crowd/script.ts';
import {
  clientOf,
  concurrency,
  isAudience,
  keyOf,
  peakOf,
  type Told,
  type TrueSession,
  trueSessions,
} from '../../lab/crowd/truth.ts';
import { type HlsOrigin, startHlsOrigin } from '../../lab/hls-origin.ts';
import { LOG_FORMATS } from '../../lab/log-formats.ts';
import type { AudienceWire, HistoryWire, SessionWire, SourcesWire, TimelineWire } from '../../src/http/contract.ts';
import { eventually, type Installation, install } from './process.ts';

const SECOND = 1000;
const GAP = 5 * SECOND;

const PLAN: CrowdPlan = {
  seed: 20_261_121,
  players: 500,
  streams: ['rock', 'jazz', 'news'],
  qualities: ['360p', '720p'],
  length: 40 * SECOND,
  quiet: { from: 15 * SECOND, to: 29 * SECOND },
  gap: GAP,
};
/** How Headcount is told to read what is there, and what can be known of the crowd from that. */
interface Reading {
  readonly name: string;
  readonly log: (origin: HlsOrigin) => string;
  readonly options: Record<string, unknown>;
  readonly told: readonly Told[];
  /** Where players say by CMCD how their playback goes, as far as the log and the options have it. */
  readonly measures: readonly Told[];
}

const BOTH: readonly Told[] = ['cmcdQuery', 'cmcdHeaders'];

const BY_URL_ID: Reading = {
  name: 'by-url-id',
  log: ({ logPath }) => logPath,
  options: { playbackId: ['sid'] },
  told: ['urlId'],
  measures: ['cmcdQuery'],
};
const BY_CLIENT: Reading = {
  name: 'by-client',
  log: ({ logs }) => logs['plain']!,
  options: {},
  told: [],
  measures: [],
};
const READINGS: readonly Reading[] = [
  BY_URL_ID,
  BY_CLIENT,
  {
    name: 'cmcd-in-queries',
    log: ({ logPath }) => logPath,
    options: { cmcd: true },
    told: ['cmcdQuery'],
    measures: ['cmcdQuery'],
  },
  {
    name: 'cmcd-in-headers',
    log: ({ logs }) => logs['cmcd']!,
    options: { format: LOG_FORMATS.cmcd.format },
    told: BOTH,
    measures: BOTH,
  },
  {
    name: 'json',
    log: ({ logs }) => logs['json']!,
    options: { format: 'json' },
    told: BOTH,
    measures: BOTH,
  },
  {
    name: 'behind-a-proxy',
    log: ({ logs }) => logs['proxied']!,
    options: { format: LOG_FORMATS.proxied.format, trustedProxies: ['127.0.0.0/8'], playbackId: ['sid'] },
    told: ['urlId'],
    measures: BOTH,
  },
  {
    name: 'behind-a-proxy-by-client',
    log: ({ logs }) => logs['proxied']!,
    options: { format: LOG_FORMATS.proxied.format, trustedProxies: ['127.0.0.0/8'], cmcd: false },
    told: [],
    measures: [],
  },
];

const scripts = writeScripts(PLAN);
const networkOf = new Map(scripts.flatMap(({ addresses, network }) => addresses.map((each) => [each, network])));

let origin: HlsOrigin;
let headcount: Installation;
let show: Performance;

const sourceOf = ({ name, log, options }: Reading) => ({
  ...{ url: `log:${log(origin)}`, name, gap: `${GAP / SECOND}s`, lateness: '1s' },
  ...options,
});
const truthOf = ({ told, measures }: Reading) => trueSessions(show.answers, new Set(told), GAP, new Set(measures));

before(async () => {
  origin = await startHlsOrigin({
    streams: PLAN.streams,
    qualities: { '360p': 16_000, '720p': 32_000 },
    formats: Object.values(LOG_FORMATS),
  });
  headcount = await install({ sources: READINGS.map(sourceOf) });
  await headcount.start();
  show = perform(origin.url, scripts);
});
after(async () => {
  await show?.stop();
  await headcount?.remove();
  await origin?.stop();
});

test('while nobody comes or goes, the live audience is exactly who is there', async () => {
  const { from, to } = PLAN.quiet;
  await until('the quiet time', () => performance.now() - show.startedAt > from, 60_000);
  const present = scripts.flatMap((script) =>
    script.stretches.filter(isThere).map(({ playback, stream }) => ({ script, playback, stream })),
  );
  const there = READINGS.map(({ name, told }) => {
    const keys = present.map(({ stream, ...who }) => `${keyOf(who, new Set(told))} ${stream}`);
    return [name, new Set(keys).size] as const;
  });
  await eventually(
    'the live audience',
    async () => {
      const { groups } = await headcount.ask<AudienceWire>('/audience?by=source');
      assert.deepEqual(
        Object.fromEntries(groups.map(({ value, sessions }) => [value, sessions])),
        Object.fromEntries(there),
      );
    },
    // Whoever has just left is there for one more gap.
    to - from,
  );
});

const isThere = ({ from, to, does }: Script['stretches'][number]) =>
  does === 'plays' && from < PLAN.quiet.from && to > PLAN.quiet.to;

test('what the players know is what nginx wrote', async () => {
  await show.ended;
  const written = readFileSync(origin.logPath, 'utf8').split('\n').filter(Boolean).map(timeStatusBytes);
  const known = show.answers.map(({ at, status, bytes }) => `${at} ${status} ${status === 304 ? 0 : bytes}`);
  assert.deepEqual(known.sort(), written.sort());
});

function timeStatusBytes(line: string): string {
  const [, time, status, bytes] = /\[([^\]]+)\] "[^"]*" (\d+) (\d+) /.exec(line)!;
  return `${Date.parse(time!.replace(/^(\d+)\/(\w+)\/(\d+):/, '$1 $2 $3 '))} ${status} ${bytes}`;
}

test('the crowd is worth a test', () => {
  const behaviours = new Set(scripts.map(({ behaviour }) => behaviour));
  assert.equal(behaviours.size, 11, [...behaviours].join(' '));
  const [persons, clients] = [truthOf(BY_URL_ID), truthOf(BY_CLIENT)];
  assert.ok(
    persons.length > clients.length + 30,
    `${persons.length} sessions of persons, ${clients.length} of clients`,
  );
  assert.ok(peakOf(persons) > peakOf(clients) + 20, `${peakOf(persons)} at once, ${peakOf(clients)} by client`);
  const statuses = new Set(show.answers.map(({ status }) => status));
  for (const status of [200, 206, 304, 404]) assert.ok(statuses.has(status), `somebody is answered with ${status}`);
  const measured = truthOf(READINGS.find(({ name }) => name === 'json')!);
  assert.ok(measured.filter(({ bitrate }) => bitrate !== null).length > PLAN.players / 4, 'many speak CMCD');
  assert.ok(
    measured.some(({ isStarved }) => isStarved),
    'somebody has nothing left to show',
  );
  const rotated = show.answers.filter(({ script }) => script.network.endsWith('/64'));
  assert.ok(rotated.length > show.answers.length / 5, 'many have an IPv6 address');
});

for (const reading of READINGS) {
  const what = `${reading.name}: every session, and how many there were in every second, is as it was`;
  test(what, async () => {
    await show.ended;
    await isAsItWas(headcount, reading);
  });
}

test('by-url-id: every session is as it was if the log is read in one go when all is over', async () => {
  await show.ended;
  await isAsItWasAfterwards(BY_URL_ID);
});

async function isAsItWasAfterwards(reading: Reading): Promise<void> {
  const another = await install({ sources: [sourceOf(reading)] });
  try {
    await another.start();
    await isAsItWas(another, reading);
  } finally {
    await another.remove();
  }
}

test('by-client: whoever shares no address with an equal player is one client', async () => {
  const sessions = await endedSessions(headcount, BY_CLIENT);
  const found = new Set(sessions.map((each) => clientOf(whereOf(each))));
  const shares = Map.groupBy(scripts, clientOf);
  const alone = scripts.filter((script) => script.behaviour !== 'misses' && shares.get(clientOf(script))!.length === 1);
  assert.ok(alone.length > PLAN.players * 0.7, `${alone.length} of ${PLAN.players}`);
  for (const script of alone) assert.ok(found.has(clientOf(script)), `player ${script.number} was seen`);
  const { groups } = await headcount.ask<HistoryWire>('/history?source=by-client&bot=all');
  assert.equal(groups[0]!.uniqueClients, new Set(truthOf(BY_CLIENT).map(clientOf)).size);
});

/** Compares all that there is: sessions with their requests, bytes and quality, the curve of each stream, and the counters. */
async function isAsItWas(where: Installation, reading: Reading): Promise<void> {
  const truth = truthOf(reading);
  const sessions = await endedSessions(where, reading);
  const ours = sessions.map((session) =>
    told({
      ...whereOf(session),
      ...{ stream: session.stream, requests: session.requests, bytes: session.bytes, quality: session.quality },
      ...{ from: Date.parse(session.startedAt), to: Date.parse(session.lastSeenAt) },
      ...measuresOf(session),
    }),
  );
  assert.deepEqual(ours.sort(), truth.map(told).sort());

  const all = await curves(where, reading, truth, '');
  assert.equal(Math.max(...all.get(null)!), peakOf(truth));
  for (const [stream, peaks] of await curves(where, reading, truth, '&by=stream')) {
    const there = truth.filter((session) => session.stream === stream);
    assert.deepEqual(peaks, concurrency(there, firstOf(truth), lastOf(truth)), `how many were on ${stream}`);
  }

  const { items } = await where.ask<SourcesWire>('/sources');
  const { lines, requests, rejected = 0, late = 0 } = items.find(({ name }) => name === reading.name)!.counters;
  const audience = show.answers.filter(isAudience).length;
  const expected = { lines: show.answers.length, requests: audience, rejected: 0, late: 0 };
  assert.deepEqual({ lines, requests, rejected, late }, expected);
}

const firstOf = (sessions: readonly TrueSession[]) => Math.min(...sessions.map(({ from }) => from));
const lastOf = (sessions: readonly TrueSession[]) => Math.max(...sessions.map(({ to }) => to));

/** How many there were in every second, by value. */
async function curves(where: Installation, { name }: Reading, truth: readonly TrueSession[], by: string) {
  const [from, to] = [firstOf(truth), lastOf(truth)].map((at) => new Date(at).toISOString());
  const asked = `/timeline?from=${from}&to=${to}&step=1&source=${name}&bot=all${by}`;
  const { series } = await where.ask<TimelineWire>(asked);
  return new Map(series.map(({ value, peak }) => [value, peak]));
}

/** Every session of the source, once every request is in one of them and the last one has ended. */
async function endedSessions(where: Installation, { name }: Reading): Promise<SessionWire[]> {
  const audience = show.answers.filter(isAudience).length;
  let sessions: SessionWire[] = [];
  await eventually(
    'every request is in a session that has ended',
    async () => {
      sessions = await where.sessions(`&source=${name}`);
      const requests = sessions.reduce((sum, session) => sum + session.requests, 0);
      assert.deepEqual([requests, sessions.filter(({ endedAt }) => endedAt === null).length], [audience, 0]);
    },
    30_000,
  );
  return sessions;
}

function measuresOf({ details }: SessionWire): Pick<TrueSession, 'bitrate' | 'throughput' | 'isStarved'> {
  const { cmcdBitrate = null, cmcdThroughput = null, cmcdStarved = false } = details as Measures;
  return { bitrate: cmcdBitrate, throughput: cmcdThroughput, isStarved: cmcdStarved };
}

interface Measures {
  readonly cmcdBitrate?: number;
  readonly cmcdThroughput?: number;
  readonly cmcdStarved?: boolean;
}

/** Of a player that changes its address within its network, any of them will do. */
function whereOf({ client }: SessionWire): { network: string; userAgent: string } {
  const network = networkOf.get(client.ip!);
  assert.ok(network !== undefined, `nobody has the address ${client.ip}`);
  return { network, userAgent: client.userAgent! };
}

/** A session in one line, so that a difference can be read. */
function told({ network, userAgent, stream, from, to, ...more }: Omit<TrueSession, 'key'>): string {
  const times = `${new Date(from).toISOString()}–${new Date(to).toISOString()}`;
  return `${network} ${userAgent} ${stream} ${times} ${more.requests} requests ${more.bytes} bytes ${more.quality} ${more.bitrate}/${more.throughput} kbit/s${more.isStarved ? ' starved' : ''}`;
}
