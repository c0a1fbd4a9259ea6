/**
 * From what is read of files to sessions that are over: identified, folded by the tracker. What comes in numbers is folded so
 * (plain-folding.ts) where nobody wants records, as long as that makes the same sessions; from where it would not, the
 * tracker goes on.
 */

import { hash } from 'node:crypto';
import type { Client } from '../core/identity.ts';
import { presencesOf } from '../core/packed-runs.ts';
import type { SessionRecord } from '../core/session.ts';
import type { Tracker, TrackerCounters } from '../core/tracker.ts';
import type { MeetingEnrichment } from '../enrich/enrich.ts';
import { identifyBatch } from '../enrich/identify-batch.ts';
import type { Summarizer } from '../insights/summary/summary.ts';
import { quickHash } from '../lib/quick-hash.ts';
import type { Batch, KindTraits, NumberedBatch } from '../sources/source.ts';
import { PlainFolding, type Taken } from './plain-folding.ts';

export interface FoldingOptions {
  readonly traits: KindTraits;
  readonly gap: number;
  readonly enrichment: Promise<MeetingEnrichment>;
  /** Does anybody see the ids of sessions? No report has them. */
  readonly showsIds: boolean;
  /** What takes every session that is over; a `record` is called with one after the other, and reading waits for it. */
  readonly each:
    | { readonly summary: Summarizer }
    | { readonly record: (session: SessionRecord) => void | Promise<void> };
}

const SOURCE = 'analysis';
const NOTHING: Taken = { runs: 0, sights: 0 };

/** Of a tracker that has nothing to do. */
const NOTHING_COUNTED: TrackerCounters = { late: 0, crowded: 0, strangers: 0, hurried: 0 };

export class Folding {
  readonly #options: FoldingOptions;
  /** Null as long as it has nothing to do. */
  #tracker: Tracker | null = null;
  /** Null where records are wanted, and from where the tracker has gone on. */
  #plain: PlainFolding | null;

  constructor(options: FoldingOptions) {
    const { traits, gap, each } = options;
    this.#options = options;
    const isPlain = 'summary' in each && traits.departures === 'never' && !traits.provisional;
    this.#plain = isPlain ? new PlainFolding(SOURCE, gap, each.summary) : null;
  }

  get counters(): TrackerCounters {
    return this.#tracker?.counters ?? NOTHING_COUNTED;
  }

  /** Enrichment has found out more about a client. */
  touch(source: string, client: Client): void {
    this.#plain?.touch();
    this.#tracker?.touch(source, client);
  }

  async emit({ observations, watermark }: Batch): Promise<void> {
    const tracker = await this.#goOnByTracker();
    const enrichment = await this.#options.enrichment;
    for (const observation of await identifyBatch(enrichment, SOURCE, observations))
      tracker.observe(SOURCE, observation);
    // Sessions must not be over before it is known what played them.
    await enrichment.settled();
    if (watermark !== undefined) tracker.advance(SOURCE, watermark);
    await this.#close(tracker);
  }

  async emitNumbers(batch: NumberedBatch): Promise<void> {
    const { reports, runs, names, observations, watermark } = batch;
    const enrichment = await this.#options.enrichment;
    const plain = observations.length === 0 && reports.every(({ gap }) => gap === undefined) ? this.#plain : null;
    const taken = plain === null ? NOTHING : await plain.take(runs, names, enrichment);
    if (plain === null || taken.runs < runs.runs.length) {
      const rest = presencesOf(runs, names, taken.runs, taken.sights);
      const all = [...reports, ...rest, ...observations];
      return this.emit({ observations: all, ...(watermark === undefined ? {} : { watermark }) });
    }
    await enrichment.settled();
    if (watermark !== undefined) plain.advance(watermark);
  }

  async finish(): Promise<void> {
    await (await this.#options.enrichment).settled();
    this.#plain?.advance(Number.POSITIVE_INFINITY);
    const tracker = this.#tracker;
    if (tracker === null) return;
    const watermark = tracker.watermarkOf(SOURCE);
    if (Number.isFinite(watermark)) tracker.advance(SOURCE, watermark + this.#options.gap + 1);
    tracker.lose(SOURCE);
    await this.#close(tracker);
  }

  async #goOnByTracker(): Promise<Tracker> {
    const plain = this.#plain;
    this.#plain = null;
    this.#tracker ??= await this.#openTracker();
    if (plain === null) return this.#tracker;
    for (const each of plain.end()) this.#tracker.observe(SOURCE, each);
    if (Number.isFinite(plain.watermark)) this.#tracker.advance(SOURCE, plain.watermark);
    return this.#tracker;
  }

  /** Who does without it need not load it. */
  async #openTracker(): Promise<Tracker> {
    const { Tracker } = await import('../core/tracker.ts');
    const { traits, gap, showsIds } = this.#options;
    const idOf = showsIds ? (text: string) => hash('sha256', text, 'base64url').slice(0, 16) : quickHash(0);
    const tracker = new Tracker({ hash: idOf });
    const { departures, provisional } = traits;
    tracker.attach({ name: SOURCE, audience: null, gap, departures, provisional });
    return tracker;
  }

  async #close(tracker: Tracker): Promise<void> {
    const { each } = this.#options;
    for (const session of tracker.changes().closed) {
      const record = tracker.describe(session);
      if ('record' in each) {
        const taken = each.record(record);
        if (taken !== undefined) await taken;
      } else {
        each.summary.add(record);
      }
    }
  }
}
