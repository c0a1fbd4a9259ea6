/**
 * Every connection in an SQLite database, as it opens and as it closes. The page of this sink is docs/sinks/sqlite.md; how
 * a session becomes a row is connections.ts, how rows are kept mirror.ts.
 */

import { z } from 'zod';
import { nextTurn } from '../../lib/turn.ts';
import { defineSink } from '../sink.ts';
import { mirror } from './mirror.ts';

const config = z.strictObject({
  path: z
    .string()
    .min(1)
    .default('./connections.db')
    .describe('The database. One that is there goes on; its folder must exist.'),
});

export const sqlite = defineSink({
  kind: 'sqlite',
  summary: 'Every connection in an SQLite database, in the table of spyserver_monitor.',
  config,
  defaultName: ({ path }) => `sqlite:${path}`,
  create: ({ path }) => ({
    // Some milliseconds of the main thread, which SQLite works on.
    batch: { events: 200, bytes: 1_048_576 },
    deliver: async (told) => {
      await nextTurn();
      mirror(
        path,
        told.map(({ event }) => event),
      );
    },
  }),
});
