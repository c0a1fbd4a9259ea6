/**
 * From what is read of files to sessions that are over: identified, folded by the tracker. What comes in numbers is folded so
 * (core/plain-sessions.ts) where nobody wants records, as long as that makes the same sessions; from where it would not, the
 * tracker goes on.
 */

import { hash } from 'node:crypto';
import type { Client } from '../core/identity.ts';
import type { ClientFacts } from '../core/observation.ts';
import { type Names, PACKED_RUN, PACKED_SIGHT, presencesOf } from '../core/packed-runs.ts';
import { type PlainSession, PlainSessions, type Seat } from '../core/plain-sessions.ts';
import { type SessionRecord, SHORTEST_SESSION } from '../core/session.ts';
import { Tracker, type TrackerCounters } from '../core/tracker.ts';
import type { Enrichment } from '../enrich/enrich.ts';
import { identifyBatch } from '../enrich/identify-batch.ts';
import type { SummarizedSession } from '../insights/summary/summary.ts';
import { quickHash } from '../lib/quick-hash.ts';
import { nextTurn } from '../lib/turn.ts';
import type { Batch, KindTraits, NumberedBatch } from '../sources/source.ts';

export interface FoldingOptions {
  readonly traits: KindTraits;
  readonly gap: number;
  readonly enrichment: Promise<Enrichment>;
  /** Does anybody see the ids of sessions? No report has them. */
  readonly showsIds: boolean;
  /** Called with every session that is over, one after the other: reading waits for it. */
  readonly each:
    | { readonly summary: (session: SummarizedSession) => void }
    | { readonly record: (session: SessionRecord) => void | Promise<void> };
}

const SOURCE = 'analysis';
/** So many runs are taken before the event loop may turn: new clients cost something. */
const SLICE = 1000;

export class Folding {
  readonly #options: FoldingOptions;
  readonly #tracker: Tracker;
  /** By the names of a thread: who its numbers are. */
  readonly #known = new WeakMap<Names, { readonly facts: ClientFacts[]; readonly seats: (Seat | null)[] }>();
  /** Null where records are wanted, and from where the tracker has gone on. */
  #plain: PlainSessions | null;

  constructor(options: FoldingOptions) {
    const { traits, gap, showsIds, each } = options;
    this.#options = options;
    const idOf = showsIds ? (text: string) => hash('sha256', text, 'base64url').slice(0, 16) : quickHash(0);
    this.#tracker = new Tracker({ hash: idOf });
    const { departures, provisional } = traits;
    this.#tracker.attach({ name: SOURCE, audience: null, gap, departures, provisional });
    const isPlain = 'summary' in each && departures === 'never' && !provisional;
    this.#plain = isPlain ? new PlainSessions(gap) : null;
  }

  get counters(): TrackerCounters {
    return this.#tracker.counters;
  }

  /** Enrichment has found out more about a client. */
  touch(source: string, client: Client): void {
    this.#tracker.touch(source, client);
  }

  async emit({ observations, watermark }: Batch): Promise<void> {
    this.#goOnByTracker();
    const enrichment = await this.#options.enrichment;
    for (const observation of await identifyBatch(enrichment, SOURCE, observations))
      this.#tracker.observe(SOURCE, observation);
    // Sessions must not be over before it is known what played them.
    await enrichment.settled();
    if (watermark !== undefined) this.#tracker.advance(SOURCE, watermark);
    await this.#close();
  }

  async emitNumbers(batch: NumberedBatch): Promise<void> {
    const { reports, runs, names, observations, watermark } = batch;
    const enrichment = await this.#options.enrichment;
    const isPlain = observations.length === 0 && reports.every(({ gap }) => gap === undefined);
    const taken = isPlain && this.#plain !== null ? await this.#addPlainly(this.#plain, batch, enrichment) : NOTHING;
    if (taken !== ALL) {
      const rest = presencesOf(runs, names, taken.runs, taken.sights);
      const all = [...reports, ...rest, ...observations];
      return this.emit({ observations: all, ...(watermark === undefined ? {} : { watermark }) });
    }
    await enrichment.settled();
    if (watermark !== undefined) this.#plain!.advance(watermark, this.#tell);
  }

  async finish(): Promise<void> {
    await (await this.#options.enrichment).settled();
    this.#plain?.advance(Number.POSITIVE_INFINITY, this.#tell);
    const watermark = this.#tracker.watermarkOf(SOURCE);
    if (Number.isFinite(watermark)) this.#tracker.advance(SOURCE, watermark + this.#options.gap + 1);
    this.#tracker.lose(SOURCE);
    await this.#close();
  }

  /** Answers how far it came. */
  async #addPlainly(
    plain: PlainSessions,
    { runs: { runs, sights }, names }: NumberedBatch,
    enrichment: Enrichment,
  ): Promise<Taken> {
    const seatOf = this.#seatsOf(plain, names, enrichment);
    let sight = 0;
    for (let run = 0; run < runs.length; run += PACKED_RUN) {
      if (run % (SLICE * PACKED_RUN) === 0) await nextTurn();
      const nextSight = sight + runs[run + 6]! * PACKED_SIGHT;
      const hasQuality = nextSight > sight;
      const seat = seatOf(runs[run]!);
      if (seat === null) return { runs: run, sights: sight };
      const isTaken = plain.add(seat, names.streams[runs[run + 1]!]!, {
        from: runs[run + 2]!,
        to: runs[run + 3]!,
        bytes: runs[run + 4]!,
        requests: runs[run + 5]!,
        sightAt: hasQuality ? sights[nextSight - PACKED_SIGHT]! : Number.NEGATIVE_INFINITY,
        quality: hasQuality ? names.qualities[sights[nextSight - PACKED_SIGHT + 1]!]! : null,
      });
      if (!isTaken) return { runs: run, sights: sight };
      sight = nextSight;
    }
    return ALL;
  }

  /** Enrichment knows them, too; but who asks for all of them again and again had better have a list. */
  #seatsOf(plain: PlainSessions, names: Names, enrichment: Enrichment): (number: number) => Seat | null {
    const known = this.#known.get(names) ?? { facts: [], seats: [] };
    this.#known.set(names, known);
    const { clients } = names;
    return (number) => {
      const facts = clients[number]!;
      const seat = known.seats[number];
      if (known.facts[number] === facts && seat?.isKnown === true) return seat;
      const found = plain.seatOf(enrichment.identify(SOURCE, facts));
      known.facts[number] = facts;
      known.seats[number] = found;
      return found;
    };
  }

  #goOnByTracker(): void {
    const plain = this.#plain;
    if (plain === null) return;
    this.#plain = null;
    plain.close(this.#tell);
    for (const each of plain.open()) this.#tracker.observe(SOURCE, each);
    if (Number.isFinite(plain.watermark)) this.#tracker.advance(SOURCE, plain.watermark);
  }

  readonly #tell = ({ client, stream, from, to, bytes, quality }: PlainSession): void => {
    const { each } = this.#options;
    if (!('summary' in each)) return;
    const { listener, user, bot, player, place } = client;
    const lastSeenAt = Math.max(to, from + SHORTEST_SESSION);
    each.summary({ stream, quality, listener, user, bot, player, place, bytes, startedAt: from, lastSeenAt });
  };

  async #close(): Promise<void> {
    const { each } = this.#options;
    for (const session of this.#tracker.changes().closed) {
      const record = this.#tracker.describe(session);
      if ('record' in each) {
        const taken = each.record(record);
        if (taken !== undefined) await taken;
      } else {
        each.summary(record);
      }
    }
  }
}

/** How much of the runs of a batch has been taken. */
interface Taken {
  readonly runs: number;
  readonly sights: number;
}

const NOTHING: Taken = { runs: 0, sights: 0 };
const ALL: Taken = { runs: Number.POSITIVE_INFINITY, sights: Number.POSITIVE_INFINITY };
