/** The work of `headcount analyze`: files are read, folded and counted as live, but without a store. */

import { randomInt } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import type { SessionRecord } from '../core/session.ts';
import type { MeetingEnrichment } from '../enrich/enrich.ts';
import type { EnrichmentOptions } from '../enrich/index.ts';
import type { RelaySummary } from '../insights/summary/relay.ts';
import { Summarizer, type Summary } from '../insights/summary/summary.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import type { Exclusion } from '../lib/exclusion.ts';
import { quickHash } from '../lib/quick-hash.ts';
import type { ReadableAsIs } from '../sources/readable.ts';
import type { ReadableBytes, ReadTally } from '../sources/source.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { createLog } from '../telemetry/log.ts';
import type { Terminal } from './command.ts';
import { Folding } from './folding.ts';
import { Progress } from './progress.ts';

export interface Analysis {
  readonly files: readonly string[];
  readonly tally: ReadTally;
  /** Of the source, of enrichment and of the tracker, whose `late` is called `latePresences` here. */
  readonly counters: Readonly<Record<string, number>>;
  readonly summary: Summary;
  /** Of what a relay has done; null where the source watches none. */
  readonly relay: RelaySummary | null;
}

/** What is shown is hashed with one key for all, so that the same input gives the same sessions to the byte. */
const KEY = new Uint8Array(32);

/** Called with every session that is over, one after the other: reading waits for it. */
type EachSession = (session: SessionRecord) => void | Promise<void>;

/** What reads the files, and how. */
export interface ReadableSource extends ReadableAsIs {
  readonly timing: { readonly gap: number; readonly lateness: number; readonly autoGap: boolean };
}

/** Rejects with the codes of reading: `FILE_UNREADABLE`, `STOPPED`, and those of the kind. */
export async function analyzeFiles(
  files: readonly string[],
  { traits, timing, options, readOnce }: ReadableSource,
  exclude: readonly Exclusion[],
  terminal: Terminal,
  each?: EachSession,
): Promise<Analysis> {
  const log = createLog({ level: 'warn', write: terminal.err, now: () => new Date() });
  const counters = new ScopedCounters();
  const summarizer = new Summarizer();
  const relay = traits.relays === true ? new (await import('../insights/summary/relay.ts')).RelaySummarizer() : null;
  // Reading begins meanwhile, in threads of its own if the logs are large.
  const opening = openEnrichment({
    geo: { database: null },
    // Only sessions tell of networks.
    asnDatabase: each === undefined ? false : null,
    exclude,
    privacy: { addresses: 'full', ipv4Bits: 24, ipv6Bits: 48 },
    key: KEY,
    ...(each === undefined ? { tokens: quickHash(randomInt(2 ** 32)) } : {}),
    acceptDeclared: true,
    atOnce: true,
    found: (source, client) => fold.touch(source, client),
    log,
    counters,
  });
  const needsRecords = each !== undefined || relay !== null;
  const fold = new Folding({
    ...{ traits, gap: timing.gap, enrichment: opening, showsIds: each !== undefined },
    each: needsRecords
      ? {
          record: (session) => {
            summarizer.add(session);
            relay?.add(session);
            return each?.(session);
          },
        }
      : { summary: summarizer },
  });
  const progress = new Progress(terminal, sizeOf(files));
  try {
    const contents = files.map((file) => bytesOf(file, progress, terminal.signal));
    const tally = await readOnce(contents, options as never, {
      ...timing,
      counters,
      emit: (batch) => fold.emit(batch),
      emitNumbers: needsRecords ? undefined : (batch) => fold.emitNumbers(batch),
    });
    await fold.finish();
    // What is late for its session is something else than what is late for its place in a log.
    const { late: latePresences, ...folded } = fold.counters;
    return {
      ...{ files, tally, summary: summarizer.summary(), relay: relay?.summary() ?? null },
      counters: { ...counters.read(), ...folded, latePresences },
    };
  } finally {
    progress.end();
    await opening.then(
      (enrichment) => enrichment.close(),
      () => {},
    );
  }
}

async function openEnrichment(options: EnrichmentOptions): Promise<MeetingEnrichment> {
  const { createEnrichment } = await import('../enrich/index.ts');
  return await createEnrichment(options);
}

function bytesOf(file: string, progress: Progress, signal: AbortSignal): ReadableBytes {
  const bytes: ReadableBytes = { [Symbol.asyncIterator]: () => chunksOf(file, progress, signal) };
  const stats = file === '-' || file.endsWith('.gz') ? null : statSync(file);
  if (stats === null || !stats.isFile()) return bytes;
  const read = (count: number) => {
    if (signal.aborted) throw stopped();
    progress.add(count);
  };
  return { ...bytes, plain: { path: file, size: stats.size, read } };
}

function stopped(): HeadcountError {
  return new HeadcountError('STOPPED', 'Stopped before the end.');
}

/** The bytes of a file as they are written; those of a gzip file as they are meant. */
async function* chunksOf(file: string, progress: Progress, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  // Who reads no gzip file need not load it; and once somebody listens to a file it begins to flow.
  const gunzip = file.endsWith('.gz') ? (await import('node:zlib')).createGunzip() : null;
  const raw = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 });
  raw.on('data', (chunk: string | Buffer) => progress.add(chunk.length));
  const stream = gunzip === null ? raw : raw.pipe(gunzip);
  if (gunzip !== null) raw.on('error', (error: Error) => gunzip.destroy(error));
  try {
    for await (const chunk of stream) {
      if (signal.aborted) throw stopped();
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
