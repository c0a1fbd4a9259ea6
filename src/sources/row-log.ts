/**
 * What sources have in common that read rows from logs: their options about the file, their run with its cursor, and reading
 * once for `headcount analyze`. What rows mean is a dialect (row-reader.ts).
 */

import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { Instant } from '../core/observation.ts';
import { parseDuration } from '../lib/duration.ts';
import { HeadcountError } from '../lib/errors.ts';
import { blocksOf } from '../transports/tail/blocks.ts';
import { tailCursor } from '../transports/tail/mark.ts';
import type { TailStart } from '../transports/tail/start.ts';
import { tail } from '../transports/tail/tail.ts';
import { localTime, timeOf } from './access-log/formats/times.ts';
import { config as logConfig } from './access-log/options.ts';
import { emitLines, type LogStep, readLogCursor } from './line-batches.ts';
import { type Dialect, HEAD_BYTES, type Row, RowReader, rowReaderMark } from './row-reader.ts';
import type { CommonOptions, ReadableBytes, ReadOnceContext, ReadTally, SourceContext } from './source.ts';

const { from, follow, poll, timeZone } = logConfig.shape;

/** Beside these a kind describes its `path`. */
export const rowLogOptions = {
  timeZone: timeZone.describe('The zone of the clock by which the server writes, where the log does not say.'),
  from,
  follow,
  poll,
};

export interface RowLogOptions {
  readonly path: string;
  readonly timeZone: string;
  readonly from: string;
  readonly follow: boolean;
  readonly poll: number;
}

const cursorShape = z.object({ files: tailCursor, reader: rowReaderMark });

/** `mark`: of an earlier dialect, of whatever shape, or null. */
export type CreateDialect<R extends Row> = (mark: unknown) => Dialect<R>;

export async function runRowLog<R extends Row>(
  options: RowLogOptions,
  { lateness }: Pick<CommonOptions, 'lateness'>,
  context: SourceContext,
  create: CreateDialect<R>,
): Promise<void> {
  const { counters } = context;
  const resumed = readLogCursor(cursorShape, context);
  const dialect = create(resumed?.reader.rows ?? null);
  const reader = new RowReader({ dialect, lateness, counters, from: resumed?.reader ?? null });
  const steps = opened(tailOf(options, reader, resumed?.files ?? null, context), reader, options);
  await emitLines({ steps, reader, follow: options.follow, resumed }, context);
}

function tailOf<R extends Row>(
  options: RowLogOptions,
  reader: RowReader<R>,
  cursor: z.output<typeof tailCursor> | null,
  { signal, clock, counters }: SourceContext,
): AsyncIterable<LogStep> {
  return tail({
    path: options.path,
    start: startOf(options, clock.now()),
    follow: options.follow,
    cursor,
    timeOf: (file) => reader.newestOf(file),
    signal,
    clock,
    counters,
    pollMs: options.poll,
  });
}

/** Where reading begins in the middle of a file, what its beginning says of its columns has to be read besides. */
async function* opened<R extends Row>(
  steps: AsyncIterable<LogStep>,
  reader: RowReader<R>,
  { from: begin }: RowLogOptions,
): AsyncGenerator<LogStep> {
  for await (const step of steps) {
    if (step.kind === 'lines' && !reader.isOpen(step.file)) {
      const isFromStart = begin === 'start' || step.file.path.endsWith('.gz') || reader.isKnown(step.file);
      reader.open(step.file, isFromStart ? step.bytes : await headOf(step.file.path));
    }
    yield step;
  }
}

/** Empty if it cannot be read: it may have been rotated away. */
async function headOf(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1);
    } finally {
      await file.close();
    }
  } catch {
    return Buffer.alloc(0);
  }
}

/** In all these logs date and time stand side by side. */
const DATE_AND_TIME = /(\d{4}-\d\d-\d\d)[ \t]+(\d\d:\d\d:\d\d)/;

function startOf({ from: begin, timeZone: zone }: RowLogOptions, now: Instant): TailStart {
  if (begin === 'start' || begin === 'end') return begin;
  const bound = now - parseDuration(begin)!;
  const local = localTime(zone);
  return {
    isBefore: (line) => {
      const match = DATE_AND_TIME.exec(line.toString('latin1').replaceAll('\0', ''));
      const at = match === null ? -1 : timeOf(`${match[1]}T${match[2]}`, local);
      return at < 0 ? null : at < bound;
    },
  };
}

const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_PRESENCES = 50_000;

/** Rejects with `LOG_OF_OTHER_KIND` if no line at all can be read. `what`: `a log of Wowza`. */
export async function readRowsOnce<R extends Row>(
  files: Iterable<ReadableBytes>,
  { lateness, counters, emit }: ReadOnceContext,
  dialect: Dialect<R>,
  what: string,
): Promise<ReadTally> {
  const reader = new RowReader({ dialect, lateness, counters });
  let bytes = 0;
  let newest: Instant | null = null;
  const handOver = async () => {
    const { observations, watermark } = reader.cut();
    checkKind(reader.tally, counters.get('longLines'), what);
    if (watermark !== null) newest = Math.max(newest ?? watermark, watermark);
    await emit({ observations, ...(newest === null ? {} : { watermark: newest }) });
  };
  let id = 0;
  for (const file of files) {
    const line = { id: id++, path: file.plain?.path ?? '' };
    let isFirst = true;
    for await (const block of blocksOf(file, counters)) {
      if (isFirst) reader.goOn(line, block);
      isFirst = false;
      reader.take(block, Number.POSITIVE_INFINITY, line);
      bytes += block.length;
      if (bytes < BATCH_BYTES && reader.size < BATCH_PRESENCES) continue;
      bytes = 0;
      await handOver();
    }
  }
  await handOver();
  return { ...reader.tally, packets: null, statuses: null, more: {} };
}

function checkKind({ lines, unreadable }: RowReader<Row>['tally'], longLines: number, what: string): void {
  const all = lines + longLines;
  if (all === 0 || unreadable + longLines < all) return;
  throw new HeadcountError('LOG_OF_OTHER_KIND', `This is not ${what}: none of its ${all} lines can be read as such.`);
}

/** The path in a URL whose scheme is one of these, or the plain path itself. */
export function pathIn(url: URL | string, schemes: readonly string[]): string {
  if (typeof url !== 'string') return decodeURIComponent(url.host === '' ? url.pathname : `${url.host}${url.pathname}`);
  const scheme = schemes.find((each) => url.startsWith(`${each}:`));
  return scheme === undefined ? url : url.slice(scheme.length + 1);
}
