/**
 * The audience in a file: who is here now, as one JSON object that is replaced, and events as lines of JSON that are
 * appended. The page of this sink is docs/sinks/json-file.md.
 */

import { z } from 'zod';
import type { SnapshotWire } from '../../http/contract.ts';
import { allStreams } from '../../http/live-streams.ts';
import { sessionWire, time } from '../../http/wire.ts';
import { messageOf } from '../../lib/errors.ts';
import { duration, number } from '../../lib/options.ts';
import { replaceFile } from '../../lib/replace-file.ts';
import { defineSink, type LiveView, type SinkContext } from '../sink.ts';
import { LineFile } from './line-file.ts';

const config = z.strictObject({
  snapshot: z
    .string()
    .min(1)
    .nullable()
    .default('./audience.json')
    .describe('The file that says who is here now. null is none.'),
  every: duration('10s', { least: '1s', most: '1h' }).describe('How often the snapshot is replaced.'),
  sessions: number({ least: 0, most: 100_000 }).default(1000).describe('So many of the open sessions it names.'),
  lines: z.string().min(1).nullable().default(null).describe('The file that events are appended to. null is none.'),
  rotateBytes: number({ least: 65_536, most: 1e12 })
    .default(100_000_000)
    .describe('When the lines have grown beyond this, the file is renamed to end in `.1`, and begun anew.'),
});

type Options = z.output<typeof config>;

export const jsonFile = defineSink({
  kind: 'json-file',
  summary: 'Who is here now, and what happens, in files.',
  config,
  defaultName: ({ snapshot, lines }) => `json-file:${snapshot ?? lines ?? 'none'}`,
  create: (options, context) => {
    const lines = options.lines === null ? null : new LineFile(options.lines, options.rotateBytes);
    return {
      // As much as a disk takes in one go.
      batch: lines === null ? null : { events: 1000, bytes: 1_048_576 },
      deliver: async (told) => {
        await lines?.append(told.map(({ json }) => `${json}\n`).join(''));
      },
      run: async (signal) => {
        if (options.snapshot !== null) await keepSnapshot(options.snapshot, options, context, signal);
      },
    };
  },
});

async function keepSnapshot(path: string, options: Options, context: SinkContext, signal: AbortSignal): Promise<void> {
  const { live, clock, log, counters } = context;
  let trouble: string | null = null;
  while (!signal.aborted) {
    try {
      await replaceFile(path, `${JSON.stringify(snapshotOf(live, clock.now(), options.sessions))}\n`);
      counters.add('snapshots');
      if (trouble !== null) log.info('the snapshot can be written again');
      trouble = null;
    } catch (error) {
      counters.add('snapshotsFailed');
      if (trouble !== messageOf(error)) log.warn(`the snapshot cannot be written: ${messageOf(error)}`);
      trouble = messageOf(error);
    }
    await clock.sleep(options.every, signal);
  }
}

function snapshotOf(live: LiveView, now: number, most: number): SnapshotWire {
  const { audience } = live;
  const page = { filter: { bot: false }, sort: 'startedAt', descending: true, after: null, accepts: null } as const;
  const { sessions } = most === 0 ? { sessions: [] } : audience.page({ ...page, limit: most });
  return {
    at: time(now),
    total: audience.total,
    streams: allStreams(live),
    sessions: sessions.map((session) => sessionWire(live.describe(session))),
  };
}
