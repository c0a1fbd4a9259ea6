/**
 * HLS audience from the access log of a web server or CDN: requests of the same client on the same stream are presences.
 * The page of this source is docs/sources/access-log.md.
 *
 * Here is the run of a source: reading, batches, watermark and cursor. How the file is followed is transports/tail, what
 * a line means reader.ts.
 */

import type { Instant } from '../../core/observation.ts';
import type { LineFile, LineStep } from '../../transports/line-step.ts';
import { readStandardInput } from '../../transports/receive/standard-input.ts';
import { receiveSyslog } from '../../transports/receive/syslog.ts';
import type { TailCursor } from '../../transports/tail/mark.ts';
import { tail } from '../../transports/tail/tail.ts';
import { type CommonOptions, defineSource, type SourceContext } from '../source.ts';
import { addressOf, config, type Options, readerOptions } from './options.ts';
import { readCursor, startOf } from './place.ts';
import { readLogOnce } from './read-once.ts';
import { LogReader } from './reader.ts';

/** So much is read, or so many presences found, before they are handed over: the more, the fewer they are. */
const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_PRESENCES = 10_000;

/** At the end of the file the watermark moves on this often. */
const BEAT_MS = 1000;

/** A live log may be ahead of our clock by so much. */
const AHEAD_MS = 60_000;

export const accessLog = defineSource({
  kind: 'access-log',
  schemes: ['log', 'syslog'],
  // Whatever lies in a folder or is called a log, unless it is a capture.
  claims: /^(?!.*\.pcap(?:ng)?$)(?:-|.*\/.*|.*\.log(?:[.-]\d+)?(?:\.gz)?)$/,
  summary: 'HLS, DASH and progressive listeners from the access log of any web server, CDN or Icecast.',
  usage: '/var/log/nginx/access.log, log:PATTERN?from=end, syslog:HOST:PORT, or - for standard input',
  config,
  traits: { departures: 'never', provisional: false, gap: 40_000, lateness: 5000, resumes: true, findsGaps: true },
  fromUrl: (url) => ({ path: pathOf(url) }),
  defaultName: ({ path }) => `access-log:${path}`,
  create: (options, common) => ({ run: (context) => run(options, common, context) }),
  readOnce: readLogOnce,
});

function pathOf(url: URL | string): string {
  if (typeof url === 'string') return url.replace(/^log:/, '').replace(/^syslog:\/\//, 'syslog:');
  return decodeURIComponent(url.host === '' ? url.pathname : `${url.host}${url.pathname}`);
}

type Step = LineStep<TailCursor | null>;

async function run(options: Options, common: CommonOptions, context: SourceContext): Promise<void> {
  const batches = createBatches(options, common, context);
  let isThere = true;
  for await (const step of stepsOf(options, batches, context)) {
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

/** Where lines come from: files, standard input, or whoever sends them. */
function stepsOf(options: Options, batches: Batches, context: SourceContext): AsyncIterable<Step> {
  const { signal, clock, counters, log } = context;
  const listen = /^syslog:(.*)$/.exec(options.path)?.[1];
  if (listen !== undefined) {
    const { host, port } = addressOf(listen);
    const onListening = (bound: number) => log.info(`listening for syslog on port ${bound}`);
    const { protocol, senders } = options;
    return receiveSyslog({ host, port, protocol, senders, signal, clock, counters, onListening });
  }
  if (options.path === '-') return readStandardInput({ stream: process.stdin, signal, clock, counters });
  return tail({
    path: options.path,
    start: startOf(options, clock.now()),
    follow: options.follow,
    cursor: batches.cursor?.files ?? null,
    timeOf: (file) => batches.newestOf(file),
    signal,
    clock,
    counters,
    pollMs: options.poll,
  });
}

type Batches = ReturnType<typeof createBatches>;

/** What goes over in one emit, and what time it is by then. */
function createBatches(options: Options, common: CommonOptions, context: SourceContext) {
  const { clock, counters } = context;
  const resumed = readCursor(context);
  const reader = new LogReader(readerOptions(options, common, counters, resumed?.reader ?? null));
  let bytes = 0;
  let lastStep: Step | null = null;
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
    const now = options.follow && moved !== null ? Math.min(moved, clock.now()) : moved;
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
    cursor: resumed,
    newestOf: (file: LineFile) => reader.newestOf(file),
    take: async (step: Step & { kind: 'lines' }) => {
      reader.take(step.bytes, options.follow ? latest() : Number.POSITIVE_INFINITY, step.file);
      bytes += step.bytes.length;
      lastStep = step;
      toldAt = clock.elapsed();
      if (bytes >= BATCH_BYTES || reader.size >= BATCH_PRESENCES) await emit(false);
    },
    beat: async (step: Step) => {
      lastStep = step;
      if (bytes > 0 || clock.elapsed() - lastBeat >= BEAT_MS) await emit(true);
    },
    finish: () => emit(false),
  };
}
