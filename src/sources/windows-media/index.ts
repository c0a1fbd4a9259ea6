/**
 * Windows Media Services, which tell of their audience in logs alone; or the players of a multicast themselves, which
 * report to us. The page of this source is docs/sources/windows-media.md.
 *
 * What a row means is parse.ts, which rows are one visit visits.ts, reports of players multicast.ts; how logs are followed
 * ../row-log.ts.
 */

import { z } from 'zod';
import type { Observation } from '../../core/observation.ts';
import { parseCidrs } from '../../lib/cidr.ts';
import { cidr, duration, inherited, list } from '../../lib/options.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { type Post, receivePosts, type Taken } from '../../transports/posts/posts.ts';
import { addressOf } from '../access-log/options.ts';
import { pathIn, readRowsOnce, rowLogOptions, runRowLog } from '../row-log.ts';
import { type Dialect, ROW_COUNTS, StreamsUp } from '../row-reader.ts';
import { type CommonOptions, defineSource, type SourceContext } from '../source.ts';
import { readReport } from './multicast.ts';
import { NAME } from './name.ts';
import { type Rendering, RenderingFile } from './parse.ts';
import { Visits } from './visits.ts';

const LISTEN = /^wms-multicast:(?:\/\/)?([^/]*)(\/.*)?$/;

const config = z.strictObject({
  path: z
    .string()
    .min(1)
    .refine((path) => !path.startsWith('wms-multicast:') || isListen(path), {
      error: 'must be wms-multicast:HOST:PORT/PATH, such as wms-multicast:0.0.0.0:8080/log',
    })
    .describe(
      'The log, or a pattern such as `/srv/wms/*/WMS_*.log`; or `wms-multicast:HOST:PORT/PATH`, to be a logging URL.',
    ),
  times: z
    .enum(['auto', 'end', 'start'])
    .default('auto')
    .describe(
      'What `date` and `time` of a row say: when it was written (`end`), or when its player connected (`start`).',
    ),
  join: duration('2h', { least: '1m', most: '24h' }).describe(
    'A visit is waited for so long after a rendering: the next one may end so much later.',
  ),
  trustedProxies: inherited(
    list(cidr())
      .default([])
      .describe('Addresses and blocks of proxies whose X-Forwarded-For is believed, where players report.'),
  ),
  ...rowLogOptions,
});

type Options = z.output<typeof config>;

/** Observations that wait to be handed over. */
const MOST_WAITING = 10_000;
const BEAT_MS = 1000;

export const windowsMedia = defineSource({
  ...NAME,
  summary: 'Windows Media Services: their logs, and what players of a multicast report.',
  usage: 'wms:PATTERN, or wms-multicast:HOST:PORT/PATH',
  config,
  traits: { departures: 'inOrder', provisional: false, gap: 60_000, lateness: 60_000, resumes: true },
  counts: {
    work: ['lines', 'rows', 'posts', 'bytes'],
    rejects: { ...ROW_COUNTS.rejects, malformedPosts: null, refusedPosts: null, droppedPosts: null },
  },
  fromUrl: (url) => ({
    path: typeof url === 'string' && url.startsWith('wms-multicast:') ? url : pathIn(url, ['wms']),
  }),
  defaultName: ({ path }) => `windows-media:${path}`,
  create: (options, common) => ({
    run: (context) =>
      options.path.startsWith('wms-multicast:')
        ? listen(options, common, context)
        : runRowLog(options, common, context, (mark) => dialectOf(options, common, context.counters, mark)),
  }),
  readOnce: (files, options, context) =>
    readRowsOnce(files, context, dialectOf(options, context, context.counters), 'a log of Windows Media Services'),
});

function isListen(path: string): boolean {
  const [, address] = LISTEN.exec(path) ?? [];
  return address !== undefined && addressOf(address).port <= 65_535;
}

export function dialectOf(
  { join, times, timeZone }: Options,
  { gap }: Pick<CommonOptions, 'gap'>,
  counters: ScopedCounters,
  mark: unknown = null,
): Dialect<Rendering> {
  const visits = new Visits({ gap, join, isTold: true, counters }, mark);
  return {
    hold: join,
    get mark() {
      return visits.mark;
    },
    open: (_path, state, head) =>
      new RenderingFile({ timeZone, means: times === 'auto' ? null : times, counters }, state, head),
    take: (rendering, newest) => visits.take(rendering, newest),
    forget: (settled) => visits.forget(settled),
  };
}

/** Players report by themselves: as long as it runs. Nothing can be gone on with. */
async function listen(options: Options, common: CommonOptions, context: SourceContext): Promise<void> {
  const { signal, clock, counters, log } = context;
  const [, address, path] = LISTEN.exec(options.path)!;
  const { join, trustedProxies } = options;
  const { gap, lateness } = common;
  const visits = new Visits({ gap, join, isTold: false, counters });
  const streams = new StreamsUp();
  const isProxy = parseCidrs(trustedProxies);
  let waiting: Observation[] = [];
  let watermark = clock.now() - lateness - join;

  const onPost = (post: Post): Taken => {
    if (waiting.length >= MOST_WAITING) return 'full';
    const now = clock.now();
    const read = readReport(post, { isProxy, now, earliest: now - join, counters });
    if (read === null) return 'malformed';
    if (typeof read === 'string') counters.add(read);
    else waiting.push(...streams.see(read.stream, read.to), ...visits.take(read, now));
    return 'taken';
  };
  const hearing = new AbortController();
  const receiving = receivePosts({
    ...addressOf(address!),
    path: path ?? '/',
    signal: AbortSignal.any([signal, hearing.signal]),
    counters,
    onPost,
    onListening: (port) => log.info(`listening for reports of players on port ${port}`),
  });
  const emitting = async () => {
    while (!signal.aborted && !hearing.signal.aborted) {
      const observations = waiting;
      waiting = [];
      watermark = Math.max(watermark, clock.now() - lateness - join);
      visits.forget(watermark);
      await context.emit({ observations, watermark });
      await clock.sleep(BEAT_MS, AbortSignal.any([signal, hearing.signal]));
    }
  };
  // Whichever fails ends the other.
  const both = [receiving, emitting()].map((each) => each.finally(() => hearing.abort()));
  const ends = await Promise.allSettled(both);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
