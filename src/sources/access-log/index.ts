/**
 * HLS audience from the access log of a web server or CDN: requests of the same client on the same stream are presences.
 * The page of this source is docs/sources/access-log.md.
 *
 * Here is the run of a source: reading, batches, watermark and cursor. How the file is followed is transports/tail, what
 * a line means reader.ts.
 */

import { z } from 'zod';
import type { Instant } from '../../core/observation.ts';
import { parseDuration } from '../../lib/duration.ts';
import { tailCursor } from '../../transports/tail/mark.ts';
import type { TailStart } from '../../transports/tail/start.ts';
import { type TailStep, tail } from '../../transports/tail/tail.ts';
import { type CommonOptions, defineSource, type SourceContext } from '../source.ts';
import { createFormat } from './formats/index.ts';
import { GOOD } from './line.ts';
import { config, type Options, readerOptions } from './options.ts';
import { LineScanner } from './parse.ts';
import { MAX_NUMBERED } from './paths.ts';
import { readLogOnce } from './read-once.ts';
import { LogReader } from './reader.ts';

const cursorShape = z.object({
  files: tailCursor,
  reader: z.object({
    newest: z.number().nullable(),
    numbered: z.array(z.string()).max(MAX_NUMBERED),
    format: z.object({ name: z.string(), state: z.string().nullable() }).optional(),
    rows: z.array(z.tuple([z.string(), z.number(), z.number()])).optional(),
    gaps: z.array(z.tuple([z.string(), z.number()])).optional(),
  }),
});

/** So much is read, or so many presences found, before they are handed over: the more, the fewer they are. */
const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_PRESENCES = 50_000;

/** At the end of the file the watermark moves on this often. */
const BEAT_MS = 1000;

/** A live log may be ahead of our clock by so much. */
const AHEAD_MS = 60_000;

export const accessLog = defineSource({
  kind: 'access-log',
  schemes: ['log'],
  // Whatever lies in a folder or is called a log, unless it is a capture.
  claims: /^(?!.*\.pcap(?:ng)?$)(?:.*\/.*|.*\.log(?:[.-]\d+)?)$/,
  summary: 'HLS, DASH and progressive listeners from the access log of any web server, CDN or Icecast.',
  usage: '/var/log/nginx/access.log or log:PATH?from=end',
  config,
  traits: { departures: 'never', provisional: false, gap: 40_000, lateness: 5000, resumes: true, findsGaps: true },
  fromUrl: (url) => ({ path: pathOf(url) }),
  defaultName: ({ path }) => `access-log:${path}`,
  create: (options, common) => ({ run: (context) => run(options, common, context) }),
  readOnce: readLogOnce,
});

function pathOf(url: URL | string): string {
  if (typeof url === 'string') return url.replace(/^log:/, '');
  return decodeURIComponent(url.host === '' ? url.pathname : `${url.host}${url.pathname}`);
}

async function run(options: Options, common: CommonOptions, context: SourceContext): Promise<void> {
  const batches = createBatches(options, common, context);
  const steps = tail({
    path: options.path,
    start: startOf(options, context.clock.now()),
    follow: options.follow,
    cursor: batches.cursor?.files ?? null,
    signal: context.signal,
    clock: context.clock,
    counters: context.counters,
    pollMs: options.poll,
  });
  let isThere = true;
  for await (const step of steps) {
    if (step.kind === 'lines') {
      await batches.take(step);
      continue;
    }
    if (step.isThere !== isThere)
      context.log.info(step.isThere ? 'the log is there' : 'the log is not there yet: waiting');
    isThere = step.isThere;
    await batches.beat(step);
  }
  if (!options.follow) await batches.finish();
}

/** What goes over in one emit, and what time it is by then. */
function createBatches(options: Options, common: CommonOptions, context: SourceContext) {
  const { clock, counters } = context;
  const resumed = readCursor(context);
  const reader = new LogReader(readerOptions(options, common, counters, resumed?.reader ?? null));
  let bytes = 0;
  let lastStep: TailStep | null = null;
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
  let told: Instant | null = reader.watermark;
  let toldAt = clock.elapsed();

  const emit = async (isLive: boolean) => {
    const { observations, watermark } = reader.cut();
    bytes = 0;
    told = watermark;
    lastBeat = clock.elapsed();
    // Told by elapsed time it never jumps: last year's log gives the same sessions as it did live.
    const moved = told === null ? null : told + (isLive ? Math.round(lastBeat - toldAt) : 0);
    const now = options.follow && moved !== null ? Math.min(moved, clock.now()) : moved;
    // Lines have whole seconds, so the time that has passed may be ahead of the next one; said is said.
    if (now !== null) lastWatermark = Math.max(lastWatermark, now);
    const cursor = lastStep === null ? null : { files: lastStep.cursor(), reader: reader.mark };
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
    cursor: resumed,
    take: async (step: TailStep & { kind: 'lines' }) => {
      reader.take(step.bytes, options.follow ? latest() : Number.POSITIVE_INFINITY);
      bytes += step.bytes.length;
      lastStep = step;
      toldAt = clock.elapsed();
      if (bytes >= BATCH_BYTES || reader.size >= BATCH_PRESENCES) await emit(false);
    },
    beat: async (step: TailStep) => {
      lastStep = step;
      if (bytes > 0 || clock.elapsed() - lastBeat >= BEAT_MS) await emit(true);
    },
    finish: () => emit(false),
  };
}

function readCursor({ cursor, counters, log }: SourceContext): z.output<typeof cursorShape> | null {
  if (cursor === null) return null;
  const { success, data } = cursorShape.safeParse(cursor);
  if (success) return data;
  counters.add('cursorsRefused');
  log.warn('what was stored about the place in the log cannot be read: the log is read anew');
  return null;
}

function startOf(options: Options, now: Instant): TailStart {
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
