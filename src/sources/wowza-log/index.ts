/**
 * The access log of a Wowza server: every connection when it is over. The page of this source is docs/sources/wowza-log.md.
 *
 * What lines say is parse.ts; how logs are followed ../row-log.ts.
 */

import { hash } from 'node:crypto';
import { z } from 'zod';
import { clientFacts, type Observation, presence } from '../../core/observation.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { pathIn, readRowsOnce, rowLogOptions, runRowLog } from '../row-log.ts';
import type { Dialect } from '../row-reader.ts';
import { ROW_COUNTS } from '../row-reader.ts';
import { defineSource } from '../source.ts';
import { NAME } from './name.ts';
import { type Connection, WowzaFile } from './parse.ts';

const config = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('The access log, or a pattern such as `/usr/local/WowzaStreamingEngine/logs/*_access.log`.'),
  ...rowLogOptions,
});

type Options = z.output<typeof config>;

export const wowzaLog = defineSource({
  ...NAME,
  summary: 'Wowza Streaming Engine, from its access log: every connection when it is over.',
  usage: 'wowza-log:PATTERN',
  config,
  traits: { departures: 'never', provisional: false, gap: 0, lateness: 5000, resumes: true },
  counts: ROW_COUNTS,
  fromUrl: (url) => ({ path: pathIn(url, ['wowza-log']) }),
  defaultName: ({ path }) => `wowza-log:${path}`,
  create: (options, common) => ({
    run: (context) => runRowLog(options, common, context, () => dialectOf(options, context.counters)),
  }),
  readOnce: (files, options, context) =>
    readRowsOnce(files, context, dialectOf(options, context.counters), 'an access log of Wowza'),
});

/** A row is a connection: nothing has to be remembered but what its file does. */
export function dialectOf({ timeZone }: Options, counters: ScopedCounters): Dialect<Connection> {
  return {
    hold: 0,
    mark: null,
    open: (_path, state, head) => new WowzaFile({ timeZone, counters }, state, head),
    take: (row) => [observationOf(row)],
    forget: () => {},
  };
}

function observationOf({ line, stream, address, userAgent, protocol, isPublisher, ...row }: Connection): Observation {
  // A line that was copied is the same connection.
  const connection = `row|${hash('sha256', line, 'base64url').slice(0, 22)}`;
  return presence({
    stream,
    client: clientFacts({ address, userAgent, connection, isPublisher }),
    from: row.from,
    to: row.to,
    over: true,
    bytes: row.bytes,
    requests: 1,
    details: protocol === null ? null : { protocol },
  });
}
