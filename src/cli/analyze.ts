/** `headcount analyze`: what was in a log or a capture. Read, folded and counted as live, but without a store. */

import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { type ConfiguredSource, readSource, SourceMistake } from '../config/sources.ts';
import { Tracker } from '../core/tracker.ts';
import type { Enrichment } from '../enrich/enrich.ts';
import { identifyBatch } from '../enrich/identify-batch.ts';
import { createEnrichment } from '../enrich/index.ts';
import { Summarizer, type Summary } from '../insights/summary/summary.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import { KINDS } from '../sources/index.ts';
import type { Batch, KindTraits, ReadTally, SourceKind } from '../sources/source.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { createLog } from '../telemetry/log.ts';
import { readArgs } from './args.ts';
import type { Command, Terminal } from './command.ts';
import { Progress } from './progress.ts';
import { reportJson, reportText } from './report.ts';

const FORMATS = ['text', 'json'] as const;

export const analyze: Command = {
  name: 'analyze',
  summary: 'Say what was in a log or a capture.',
  help: `headcount analyze FILE… [--format text|json] [--kind KIND] [-o NAME=VALUE]…

Reads logs (also .gz; - is standard input) or captures (.pcap, .pcapng) to their end and prints sessions, unique clients,
the peak and when it was, listening time, bytes, and the same by stream, country, city, player, platform and quality. Several
files are read as one, so give rotated ones oldest first. Nothing is kept.

      --format text|json   how to print; default text
      --kind KIND          what the files are; default: by their names. KIND is ${KINDS.filter(
        ({ readOnce }) => readOnce !== undefined,
      )
        .map(({ kind }) => kind)
        .join(' or ')}
  -o, --option NAME=VALUE  an option of the source, as it is written in its URL: port=3479, gap=1m, playback-id=sid

Bots are left out of every number and counted beside them. A progress bar shows on a terminal after a second.
Exit code: 0, or 1 if a file cannot be read.
`,
  run: async (args, terminal) => {
    const { values, positionals } = readArgs(args, {
      format: { type: 'string' },
      kind: { type: 'string' },
      option: { type: 'string', short: 'o', multiple: true },
    });
    if (positionals.length === 0) throw new HeadcountError('BAD_USAGE', 'Say which files: headcount analyze FILE…');
    const format = String(values['format'] ?? 'text') as (typeof FORMATS)[number];
    if (!FORMATS.includes(format)) {
      throw new HeadcountError('BAD_USAGE', `There is no format "${format}": it is ${FORMATS.join(' or ')}.`);
    }
    const kind = kindOf(positionals, values['kind'] as string | undefined);
    const analysis = await analyzeFiles(positionals, sourceOf(kind, (values['option'] ?? []) as string[]), terminal);
    terminal.out(format === 'json' ? reportJson(analysis) : reportText(analysis));
    return 0;
  },
};

export interface Analysis {
  readonly files: readonly string[];
  readonly tally: ReadTally;
  readonly counters: Readonly<Record<string, number>>;
  readonly summary: Summary;
}

function kindOf(files: readonly string[], asked: string | undefined): SourceKind {
  const readable = KINDS.filter(({ readOnce }) => readOnce !== undefined);
  if (asked !== undefined) {
    const kind = readable.find(({ kind: name, schemes }) => name === asked || schemes.includes(asked));
    if (kind === undefined) throw new HeadcountError('BAD_USAGE', `Files of the kind "${asked}" cannot be analyzed.`);
    return kind;
  }
  const kinds = new Set(
    files.map((file) => claimant(file === '-' ? 'standard-input.log' : file.replace(/\.gz$/, ''), readable)),
  );
  const [kind] = kinds;
  if (kinds.size > 1) throw new HeadcountError('BAD_USAGE', 'Logs and captures cannot be analyzed together.');
  if (kind === undefined || kind === null) {
    throw new HeadcountError(
      'BAD_USAGE',
      `What is ${files[0]}? Say --kind ${readable.map(({ kind: name }) => name).join(' or --kind ')}.`,
    );
  }
  return kind;
}

/** As if it were to be watched, so that its options mean the same; which files they are is another matter. */
function sourceOf(kind: SourceKind, options: readonly string[]): ConfiguredSource {
  const query = options.map((option) => option.split(/=(.*)/s).slice(0, 2).map(encodeURIComponent).join('=')).join('&');
  try {
    return readSource(`${kind.schemes[0]}:input${query === '' ? '' : `?${query}`}`, [kind]);
  } catch (error) {
    if (!(error instanceof SourceMistake)) throw error;
    throw new HeadcountError('BAD_USAGE', `The option ${error.path.join('.')} ${error.message}.`);
  }
}

function claimant(file: string, kinds: readonly SourceKind[]): SourceKind | null {
  return kinds.find(({ claims }) => claims?.test(file) || claims?.test(`./${file}`)) ?? null;
}

/** Everything is hashed with one key for all, so that the same input gives the same report to the byte. */
const KEY = new Uint8Array(32);

async function analyzeFiles(
  files: readonly string[],
  { kind, common: { gap, lateness }, options }: ConfiguredSource,
  terminal: Terminal,
): Promise<Analysis> {
  const log = createLog({ level: 'warn', write: terminal.err, now: () => new Date() });
  const counters = new ScopedCounters();
  const summarizer = new Summarizer();
  const book = { fold: null as Folding | null };
  const enrichment = await createEnrichment({
    geo: { database: null },
    asnDatabase: null,
    privacy: { addresses: 'full', ipv4Bits: 24, ipv6Bits: 48 },
    key: KEY,
    acceptDeclared: true,
    found: (source, client) => book.fold?.tracker.touch(source, client),
    log,
    counters,
  });
  const progress = new Progress(terminal, sizeOf(files));
  try {
    const fold = createFolding({ ...kind.traits, gap }, enrichment, summarizer);
    book.fold = fold;
    const contents = files.map((file) => chunksOf(file, progress, terminal.signal));
    const tally = await kind.readOnce!(contents, options, { gap, lateness, counters, emit: fold.emit });
    await fold.finish();
    return { files, tally, counters: { ...counters.read(), ...fold.tracker.counters }, summary: summarizer.summary() };
  } finally {
    progress.end();
    await enrichment.close();
  }
}

interface Folding {
  readonly tracker: Tracker;
  emit(batch: Batch): Promise<void>;
  finish(): Promise<void>;
}

const SOURCE = 'analysis';

function createFolding(
  { departures, provisional, gap }: KindTraits,
  enrichment: Enrichment,
  summarizer: Summarizer,
): Folding {
  const tracker = new Tracker({ hash: (text) => createHash('sha256').update(text).digest('base64url').slice(0, 16) });
  tracker.attach({ name: SOURCE, audience: null, gap, departures, provisional });
  const close = () => {
    for (const session of tracker.changes().closed) summarizer.add(tracker.describe(session));
  };
  return {
    tracker,
    emit: async ({ observations, watermark }) => {
      for (const observation of await identifyBatch(enrichment, SOURCE, observations))
        tracker.observe(SOURCE, observation);
      // Sessions must not be over before it is known what played them.
      await enrichment.settled();
      if (watermark !== undefined) tracker.advance(SOURCE, watermark);
      close();
    },
    finish: async () => {
      await enrichment.settled();
      const watermark = tracker.watermarkOf(SOURCE);
      if (Number.isFinite(watermark)) tracker.advance(SOURCE, watermark + gap + 1);
      tracker.lose(SOURCE);
      close();
    },
  };
}

/** The bytes of a file as they are written; those of a gzip file as they are meant. */
async function* chunksOf(file: string, progress: Progress, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const raw = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 });
  raw.on('data', (chunk: string | Buffer) => progress.add(chunk.length));
  const stream = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  if (stream !== raw) raw.on('error', (error: Error) => stream.destroy(error));
  try {
    for await (const chunk of stream) {
      if (signal.aborted) throw new HeadcountError('STOPPED', 'Stopped before the end.');
      yield chunk as Buffer;
    }
  } catch (error) {
    if (error instanceof HeadcountError) throw error;
    throw new HeadcountError('FILE_UNREADABLE', `${file} cannot be read: ${messageOf(error)}`);
  }
}

/** Bytes of all files; null if that cannot be known. */
function sizeOf(files: readonly string[]): number | null {
  let bytes = 0;
  for (const file of files) {
    if (file === '-') return null;
    try {
      bytes += statSync(file).size;
    } catch (error) {
      throw new HeadcountError('FILE_UNREADABLE', `${file} cannot be read: ${messageOf(error)}`);
    }
  }
  return bytes;
}
