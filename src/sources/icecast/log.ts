/**
 * The access.log of the server that is asked: one line for each connection that is over. It is read up to its end
 * whenever it is asked to be, and goes on where it stopped, also after a restart. How a log is followed is
 * transports/tail, what a line means is the access log source's.
 *
 * Who sends a stream (`PUT`, `SOURCE`), looks at a page (`/admin/`, `.xsl`) or asks for statistics is no listener.
 */

import type { Presence } from '../../core/observation.ts';
import type { TailCursor } from '../../transports/tail/mark.ts';
import { tail } from '../../transports/tail/tail.ts';
import { accessLog } from '../access-log/index.ts';
import { readCursor, startOf } from '../access-log/place.ts';
import { LogReader } from '../access-log/reader.ts';
import { readerOptions } from '../access-log/reader-options.ts';
import type { Cursor, SourceContext } from '../source.ts';

export interface ServerLogOptions {
  readonly path: string;
  /** Where to begin the very first time: `start`, `end`, or a duration. */
  readonly from: string;
}

/** What has been written since it was read last, and the place in the log behind it. */
export interface LogRows {
  readonly rows: readonly Presence[];
  /** False: there is more. */
  readonly isAtEnd: boolean;
  /** Absent if it has not moved. */
  readonly cursor?: Cursor;
}

export interface ServerLog {
  /** Reads to the end of the log, or until there are many rows. One call at a time. */
  read(): Promise<LogRows>;
  close(): Promise<void>;
}

/** So many are compared with one roster: a mount that ends takes all its listeners with it. */
const MAX_ROWS = 50_000;
/** The log is at its end, as far as anybody knows: a look takes so long. */
const LOOK_MS = 20;
/** A clock may be ahead of ours by so much. */
const AHEAD_MS = 60_000;

/** Reading rejects with the codes of the tail if the log cannot be read. */
export function openLog({ path, from }: ServerLogOptions, context: SourceContext): ServerLog {
  const { signal, clock, counters, log } = context;
  const resumed = readCursor(context);
  const options = accessLog.config.parse({ path, from, format: 'icecast' });
  const reader = new LogReader(readerOptions(options, accessLog.traits, counters, resumed?.reader ?? null));
  const steps = tail({
    path,
    start: startOf(options, clock.now()),
    follow: true,
    cursor: resumed?.files ?? null,
    timeOf: (file) => reader.newestOf(file),
    signal,
    clock,
    counters,
    pollMs: LOOK_MS,
  });
  let told = JSON.stringify(resumed);
  let isThere = true;
  let rows: Presence[] = [];

  const take = () => {
    const fresh = reader.cut().observations.filter((each) => each.kind === 'presence' && each.over);
    for (const row of fresh as Presence[]) if (!row.client.isPublisher) rows.push(row);
  };
  const handOver = (files: TailCursor, isAtEnd: boolean): LogRows => {
    const cursor = { files, reader: reader.mark };
    const taken = rows;
    rows = [];
    const text = JSON.stringify(cursor);
    if (text === told) return { rows: taken, isAtEnd };
    told = text;
    return { rows: taken, isAtEnd, cursor };
  };
  return {
    read: async () => {
      for (;;) {
        const { value: step, done } = await steps.next();
        if (done === true) return { rows: [], isAtEnd: true };
        reader.follow(step.files);
        if (step.kind === 'end') {
          if (step.isThere !== isThere) log.info(step.isThere ? 'the log is there' : 'the log is not there yet');
          isThere = step.isThere;
          return handOver(step.cursor(), true);
        }
        reader.take(step.bytes, clock.now() + AHEAD_MS, step.file);
        take();
        if (rows.length >= MAX_ROWS) return handOver(step.cursor(), false);
      }
    },
    close: async () => {
      await steps.return();
    },
  };
}
