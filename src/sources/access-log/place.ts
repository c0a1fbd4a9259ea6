/** Where reading begins: at the very first start, and behind what was read after a restart. */

import { z } from 'zod';
import type { Instant } from '../../core/observation.ts';
import { parseDuration } from '../../lib/duration.ts';
import { tailCursor } from '../../transports/tail/mark.ts';
import type { TailStart } from '../../transports/tail/start.ts';
import { readLogCursor } from '../line-batches.ts';
import type { SourceContext } from '../source.ts';
import { createFormat } from './formats/index.ts';
import { GOOD } from './line.ts';
import type { Options } from './options.ts';
import { LineScanner } from './parse.ts';
import { MAX_NUMBERED } from './paths.ts';

const formatShape = z.object({ name: z.string(), state: z.string().nullable() });

const cursorShape = z.object({
  files: tailCursor,
  reader: z.object({
    newest: z.number().nullable(),
    numbered: z.array(z.string()).max(MAX_NUMBERED),
    format: formatShape.optional(),
    files: z.array(z.object({ path: z.string(), newest: z.number().nullable(), format: formatShape })).optional(),
    rows: z.array(z.tuple([z.string(), z.number(), z.number()])).optional(),
    gaps: z.array(z.tuple([z.string(), z.number()])).optional(),
  }),
});

export type LogCursor = z.output<typeof cursorShape>;

/** Null at the very first start, and if there is a cursor that cannot be understood: that is said, and counted. */
export function readCursor(context: SourceContext): LogCursor | null {
  return readLogCursor(cursorShape, context);
}

/** Where `from` says: in a file that has never been read. */
export function startOf(options: Options, now: Instant): TailStart {
  const { from } = options;
  if (from === 'start' || from === 'end') return from;
  const bound = now - parseDuration(from)!;
  const scanner = new LineScanner(createFormat({ ...options, playback: options.playbackId }, null));
  return {
    isBefore: (line) => {
      scanner.load(line);
      return scanner.next() === GOOD ? scanner.line.time < bound : null;
    },
  };
}
