/**
 * The logs of a SHOUTcast server: titles that listeners have heard, or their coming and going. The page of this source is
 * docs/sources/shoutcast-log.md.
 *
 * What a line says is parse.ts, which lines are one connection connections.ts; how logs are followed ../row-log.ts.
 */

import { z } from 'zod';
import { duration } from '../../lib/options.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { pathIn, readRowsOnce, rowLogOptions, runRowLog } from '../row-log.ts';
import type { Dialect } from '../row-reader.ts';
import { ROW_COUNTS } from '../row-reader.ts';
import { type CommonOptions, defineSource } from '../source.ts';
import { Connections } from './connections.ts';
import { NAME } from './name.ts';
import { ShoutcastFile, type ShoutcastRow } from './parse.ts';

const config = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('The W3C log or sc_serv.log, or a pattern such as `/srv/shoutcast/logs/sc_w3c*.log`.'),
  stream: z.string().min(1).optional().describe('The name of the stream, where the lines do not say which it is.'),
  join: duration('2s', { most: '1m' }).describe(
    'A title of the same listener begins when the one before it ended, give or take so much.',
  ),
  ...rowLogOptions,
});

type Options = z.output<typeof config>;

export const shoutcastLog = defineSource({
  ...NAME,
  summary: 'SHOUTcast, from its W3C log of titles heard, or from sc_serv.log.',
  usage: 'shoutcast-log:PATTERN',
  config,
  traits: { departures: 'inOrder', provisional: false, gap: 900_000, lateness: 5000, resumes: true },
  counts: ROW_COUNTS,
  fromUrl: (url) => ({ path: pathIn(url, ['shoutcast-log']) }),
  defaultName: ({ path }) => `shoutcast-log:${path}`,
  create: (options, common) => ({
    run: (context) => runRowLog(options, common, context, (mark) => dialectOf(options, common, context.counters, mark)),
  }),
  readOnce: (files, options, context) =>
    readRowsOnce(files, context, dialectOf(options, context, context.counters), 'a log of SHOUTcast'),
});

export function dialectOf(
  { join, timeZone, stream }: Options,
  { gap }: Pick<CommonOptions, 'gap'>,
  counters: ScopedCounters,
  mark: unknown = null,
): Dialect<ShoutcastRow> {
  const connections = new Connections({ join, gap, counters }, mark);
  return {
    hold: 0,
    get mark() {
      return connections.mark;
    },
    open: (path, state, head) => new ShoutcastFile({ timeZone, stream: stream ?? null }, path, state, head),
    take: (row, newest) => connections.take(row, newest),
    forget: (settled) => connections.forget(settled),
  };
}
