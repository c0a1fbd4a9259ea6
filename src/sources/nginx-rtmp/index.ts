/**
 * nginx with the RTMP module, asked for its statistics page: who plays and who publishes over RTMP, every `every`. One
 * poll is one GET. What the page means is parse.ts's.
 *
 * Not seen: who comes and goes between two polls, who takes the same streams by HLS or DASH (the access log knows them),
 * bytes of a client, and, with several worker processes, the clients of all workers but the one that answers. Limits:
 * 20 MB an answer, 10,000 streams.
 */

import { z } from 'zod';
import type { Instant } from '../../core/observation.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES, type Page } from '../../transports/poll/fetch-text.ts';
import { loginOf, optionalLogin } from '../../transports/poll/optional-login.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { POLLED_TRAITS, type Poll, type PollAnswer, polledCounts, polledSource } from '../polled.ts';
import { defineSource, type Source } from '../source.ts';
import { SteadyInstants } from '../steady-instants.ts';
import { parseStat, presencesOf, reportOf, type Stat, type StatStream } from './parse.ts';

const config = z.strictObject({
  ...peerAddress(8080),
  path: z
    .string()
    .regex(/^(\/[^/?#]+)+$/, { error: 'is no path: write /stat' })
    .default('/stat')
    .describe('The location that has `rtmp_stat`.'),
  ...optionalLogin(),
  ...pollOptions(),
});

type Config = z.output<typeof config>;

const MAX_STREAMS = 10_000;

export const nginxRtmp = defineSource({
  kind: 'nginx-rtmp',
  schemes: ['nginx-rtmp', 'nginx-rtmps'],
  claims: null,
  summary: 'nginx with the RTMP module: who plays over RTMP, from its statistics page.',
  usage: 'nginx-rtmp://HOST:8080/stat',
  config,
  traits: POLLED_TRAITS,
  counts: polledCounts({ unreadableClients: null }),
  trial: { options: [] },
  fromUrl: (url) => readPeerUrl(url, 'nginx-rtmps'),
  defaultName: (options) => `nginx-rtmp:${hostAndPort(options)}`,
  create: createNginxRtmp,
});

function createNginxRtmp(options: Config): Source {
  const beginnings = new SteadyInstants();
  let lastPid: number | null = null;
  return polledSource(options.every, async (poll) => {
    const page = await ask(options, poll);
    const stat = read(options, page);
    if (lastPid !== null && stat.pid !== null && stat.pid !== lastPid) poll.counters.add('workerChanges');
    lastPid = stat.pid ?? lastPid;
    return answerOf(stat, page, poll, beginnings);
  });
}

function ask(options: Config, { signal }: Poll): Promise<Page> {
  return fetchText(pageUrl(options, ''), {
    auth: loginOf(options),
    timeoutMs: options.timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal,
  });
}

/** What clients say of themselves goes into the page as they sent it: what is no UTF-8 is replaced, never fatal. */
function read(options: Config, page: Page): Stat {
  if (page.status !== 200) throw answeredBadly(pageUrl(options, ''), `HTTP ${page.status}`, undefined, page);
  try {
    return parseStat(page.body.toString('utf8'));
  } catch (error) {
    throw answeredBadly(pageUrl(options, ''), 'what is no statistics page of nginx-rtmp', error, page);
  }
}

function answerOf(stat: Stat, page: Page, { at, counters }: Poll, beginnings: SteadyInstants): PollAnswer {
  const streams = [...stat.streams].slice(0, MAX_STREAMS);
  counters.set('streamsIgnored', stat.streams.size - streams.length);
  counters.set('unreadableClients', stat.unreadable);
  counters.set('bootUnknown', stat.uptime === null || stat.pid === null ? 1 : 0);
  counters.set('countsOnly', stat.hasClients ? 0 : 1);
  const began = beginnings.take(reckon(stat, streams, page, at));
  const worker = `${stat.pid ?? ''}@${began.get(BOOT) ?? ''}`;
  return {
    reports: streams.map(([name, stream]) => reportOf(name, stream, began.get(name) ?? null, at)),
    listeners: stat.hasClients
      ? { unknown: new Set(), present: streams.flatMap(([name, stream]) => presencesOf(name, stream, worker, at)) }
      : null,
  };
}

/** No stream is called so: their names have a slash. */
const BOOT = 'boot';

/**
 * When worker and streams began. nginx reckons `uptime` and its `Date` header by the same clock, of whole seconds: their
 * difference is when the worker began, to the second, whoever asks and whenever.
 */
function reckon(stat: Stat, streams: readonly (readonly [string, StatStream])[], page: Page, at: Instant) {
  const ages = streams.flatMap(([name, { age }]): [string, Instant][] => (age === null ? [] : [[name, at - age]]));
  const date = Date.parse(page.headers.date ?? '');
  const told = Number.isNaN(date) ? Math.floor(at / 1000) * 1000 : date;
  if (stat.uptime !== null) ages.push([BOOT, told - stat.uptime * 1000]);
  return new Map(ages);
}
