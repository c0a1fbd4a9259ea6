/**
 * From blocks of lines to batches: what goes over in one emit, what time it is by then, and where to go on. For sources
 * that read logs; what lines mean is their reader's, where lines come from their transport's.
 */

import type { z } from 'zod';
import type { Instant, Observation } from '../core/observation.ts';
import { nextTurn, Slice } from '../lib/turn.ts';
import type { LineFile, LineFileState, LineStep } from '../transports/line-step.ts';
import type { TailCursor } from '../transports/tail/mark.ts';
import { BACKLOG, type SourceContext } from './source.ts';

export type LogStep = LineStep<TailCursor | null>;

/** What lines mean. */
export interface BlockReader {
  /** How many observations the next cut will have, at most. */
  readonly size: number;
  /** What it must know to go on. Plain JSON. */
  readonly mark: unknown;
  /** Reads a block of whole lines. Nothing is later than `latest`, which is the wall clock's. */
  take(block: Uint8Array, latest: Instant, file: LineFile): void;
  /** These are the logs that are followed now. */
  follow(files: readonly LineFile[]): void;
  /** What was read since the last cut, and up to when all has been told: null before the first line. */
  cut(files: readonly LineFileState[]): {
    readonly observations: readonly Observation[];
    readonly watermark: Instant | null;
  };
}

export interface LineBatchesOptions {
  readonly steps: AsyncIterable<LogStep>;
  readonly reader: BlockReader;
  /** The log is a live one: its times cannot be ahead of the clock, and time goes on at its end. */
  readonly follow: boolean;
  /** The cursor that `reader` goes on from. */
  readonly resumed: unknown;
}

/** So much is read, or so many presences found, before they are handed over: the more, the fewer they are. */
const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_PRESENCES = 10_000;
/** The same of what is live: nobody should wait for the rest of it. */
const LIVE_PRESENCES = 2500;

/** So much is read before it is asked whether the event loop should turn. */
const PART_BYTES = 128 * 1024;
const LF = 0x0a;

/** At the end of the file the watermark moves on this often. */
const BEAT_MS = 1000;

/** A live log may be ahead of our clock by so much. */
const AHEAD_MS = 60_000;

/** Until there are no more steps, or the signal aborts. Cursors are `{ files, reader }`: the transport's and `reader.mark`. */
export async function emitLines(options: LineBatchesOptions, context: SourceContext): Promise<void> {
  const batches = createBatches(options, context);
  let isThere = true;
  for await (const step of options.steps) {
    if (step.kind === 'lines') {
      await batches.take(step);
      continue;
    }
    if (step.isThere !== isThere)
      context.log.info(step.isThere ? 'the log is there' : 'the log is not there yet: waiting');
    isThere = step.isThere;
    await batches.beat(step);
  }
  // The end of what is read once, or has been ended by who writes it.
  if (!context.signal.aborted) await batches.finish();
}

function createBatches({ reader, follow, resumed }: LineBatchesOptions, context: SourceContext) {
  const { clock } = context;
  let bytes = 0;
  let lastStep: LogStep | null = null;
  let lastBeat = Number.NEGATIVE_INFINITY;
  let lastWatermark = Number.NEGATIVE_INFINITY;
  let lastCursor = JSON.stringify(resumed);
  // When it would be if the wall clock had never been set back: what was credible then stays so.
  let origin = Number.NEGATIVE_INFINITY;
  const latest = () => {
    origin = Math.max(origin, clock.now() - clock.elapsed());
    return Math.floor(origin + clock.elapsed()) + AHEAD_MS;
  };
  // The watermark that the lines gave, and when the last of them was read.
  let told: Instant | null = null;
  let toldAt = clock.elapsed();

  const emit = async (isLive: boolean) => {
    const files = lastStep?.files ?? [];
    reader.follow(files);
    const { observations, watermark } = reader.cut(files);
    bytes = 0;
    told = watermark;
    lastBeat = clock.elapsed();
    // Told by elapsed time it never jumps: last year's log gives the same sessions as it did live.
    const moved = told === null ? null : told + (isLive ? Math.round(lastBeat - toldAt) : 0);
    const now = follow && moved !== null ? Math.min(moved, clock.now()) : moved;
    // Lines have whole seconds, so the time that has passed may be ahead of the next one; said is said.
    if (now !== null) lastWatermark = Math.max(lastWatermark, now);
    const place = lastStep?.cursor() ?? null;
    const cursor = place === null ? null : { files: place, reader: reader.mark };
    const text = JSON.stringify(cursor);
    const isNew = cursor !== null && text !== lastCursor;
    if (isNew) lastCursor = text;
    await context.emit({
      observations,
      ...(now === null ? {} : { watermark: lastWatermark }),
      ...(isNew ? { cursor } : {}),
    });
  };

  return {
    take: async (step: LogStep & { kind: 'lines' }) => {
      const slice = new Slice();
      for (const part of partsOf(step.bytes)) {
        if (slice.isOver) {
          await nextTurn();
          slice.begin();
        }
        reader.take(part, follow ? latest() : Number.POSITIVE_INFINITY, step.file);
      }
      bytes += step.bytes.length;
      lastStep = step;
      toldAt = clock.elapsed();
      const most = clock.now() - lastWatermark > BACKLOG ? BATCH_PRESENCES : LIVE_PRESENCES;
      if (bytes >= BATCH_BYTES || reader.size >= most) await emit(false);
    },
    beat: async (step: LogStep) => {
      lastStep = step;
      if (bytes > 0 || clock.elapsed() - lastBeat >= BEAT_MS) await emit(true);
    },
    finish: () => emit(false),
  };
}

/** Of whole lines, none of them so small that a reader would take longer for it. */
function* partsOf(block: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  while (block.length - from > 2 * PART_BYTES) {
    const end = block.indexOf(LF, from + PART_BYTES) + 1;
    if (end === 0) break;
    yield block.subarray(from, end);
    from = end;
  }
  if (from < block.length) yield block.subarray(from);
}

/** The stored cursor, if it has the shape that it should have; else null, and the log is read anew. */
export function readLogCursor<Shape extends z.ZodType>(
  shape: Shape,
  { cursor, counters, log }: SourceContext,
): z.output<Shape> | null {
  if (cursor === null) return null;
  const { success, data } = shape.safeParse(cursor);
  if (success) return data;
  counters.add('cursorsRefused');
  log.warn('what was stored about the place in the log cannot be read: the log is read anew');
  return null;
}
