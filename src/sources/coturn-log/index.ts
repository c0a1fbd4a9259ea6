/**
 * The log of coturn, a TURN server: its allocations with their users and what they relayed. The page of this source is
 * docs/sources/coturn-log.md.
 *
 * What a line says is parse.ts, which lines are one allocation sessions.ts; how logs are followed ../row-log.ts.
 */

import { z } from 'zod';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { pathIn, readRowsOnce, rowLogOptions, runRowLog } from '../row-log.ts';
import type { Dialect } from '../row-reader.ts';
import { ROW_COUNTS } from '../row-reader.ts';
import { defineSource } from '../source.ts';
import { logClockOf } from './log-clock.ts';
import { NAME } from './name.ts';
import { CoturnFile, type CoturnRow } from './parse.ts';
import { Sessions } from './sessions.ts';

const config = z.strictObject({
  path: z.string().min(1).describe('The log, or a pattern such as `/var/log/turn_*.log`.'),
  stream: z.string().min(1).default('coturn').describe('What allocations without a realm are on.'),
  ...rowLogOptions,
});

type Options = z.output<typeof config>;

export const coturnLog = defineSource({
  ...NAME,
  summary: 'coturn, from its log: allocations with their users and what they relayed.',
  usage: 'coturn-log:PATTERN',
  config,
  traits: { departures: 'inOrder', provisional: false, gap: 0, lateness: 5000, resumes: true, relays: true },
  counts: ROW_COUNTS,
  fromUrl: (url) => ({ path: pathIn(url, ['coturn-log']) }),
  defaultName: ({ path }) => `coturn-log:${path}`,
  create: (options, common) => ({
    run: (context) => runRowLog(options, common, context, (mark) => dialectOf(options, context.counters, mark)),
  }),
  readOnce: (files, options, context) =>
    readRowsOnce(files, context, dialectOf(options, context.counters), 'a log of coturn'),
});

export function dialectOf(
  { timeZone, stream }: Options,
  counters: ScopedCounters,
  mark: unknown = null,
): Dialect<CoturnRow> {
  const sessions = new Sessions({ stream, counters }, mark);
  return {
    hold: 0,
    get mark() {
      return sessions.mark;
    },
    open: (path, state, head) => new CoturnFile({ timeZone, clockOf: logClockOf }, path, state, head),
    take: (row) => sessions.take(row),
    forget: (settled) => sessions.forget(settled),
  };
}
