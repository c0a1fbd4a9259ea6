/**
 * Where the sources' batches come together: each is enriched, folded into the tracker, counted in the audience and
 * committed to the store, in this order. One collector a process. Back-pressure runs the other way: `emit` resolves
 * when there is room for more, and not at all while the store has none.
 *
 * It knows no source kind, no wire format and no configuration; app.ts puts it together.
 */

import type { Audience, LiveNews } from '../core/audience.ts';
import type { AudienceEvent } from '../core/event.ts';
import type { Client } from '../core/identity.ts';
import type { Instant, Observation, StreamReport } from '../core/observation.ts';
import type { SessionRecord } from '../core/session.ts';
import type { SourceTraits } from '../core/spaces.ts';
import type { Streams } from '../core/streams.ts';
import type { Tracker } from '../core/tracker.ts';
import type { Enrichment } from '../enrich/enrich.ts';
import { identifyBatch } from '../enrich/identify-batch.ts';
import { unlessAborted } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import { Slice } from '../lib/turn.ts';
import { BACKLOG, type Batch } from '../sources/source.ts';
import type { Commit, Store } from '../store/store.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import type { Events, EventsCut } from './events.ts';
import { Gauges } from './gauges.ts';
import { InSlices, type Sliced } from './in-slices.ts';
import { Recorder } from './recorder.ts';

export interface CollectorOptions {
  readonly tracker: Tracker;
  readonly audience: Audience;
  readonly streams: Streams;
  readonly enrichment: Enrichment;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ScopedCounters;
  /** Called when the store is beyond use: the process must end, and lose nothing by it. */
  readonly onFatal: (error: unknown) => void;
  /** What is told to sinks; absent if there are none. */
  readonly events?: Events | undefined;
  /** Events have been committed. Must not throw. */
  readonly onEvents?: () => void;
  /** These have ended, and are in the store. Must not throw. */
  readonly onClosed?: (sessions: readonly SessionRecord[]) => void;
  readonly commitEveryMs?: number;
  /** So many changes are committed without waiting; so many more and the sources wait. */
  readonly commitAfter?: number;
}

/** A batch whose clients are known, and how far time has come with it. */
interface Identified extends Pick<Batch, 'cursor'> {
  readonly observations: readonly Observation<Client>[];
  readonly watermark: Instant | null;
}

/** Reading has stopped because the store has no room; it goes on by itself. */
export interface Stall {
  readonly since: Instant;
  readonly message: string;
}

const NEWS_EVERY = 200;
/** Without a listener only the watermarks change: they are worth a commit now and then. */
const IDLE_COMMIT_EVERY = 30_000;
const RETRY_FULL_AFTER = 2000;
/** So many observations are applied before what they changed is moved on. */
const SETTLE_AFTER = 5000;
/** So many observations are applied before it is asked whether the event loop should turn. */
const APPLIED_AT_A_TIME = 100;
/** So long a batch of a backlog waits for enrichment. */
const SETTLE_WITHIN = 10_000;
/** A commit of a busy audience takes its time: then the next one waits for so many times as long. */
const PAUSE_AFTER_COMMIT = 2;
const LONGEST_PAUSE = 10_000;
/** So many times as many changes of open sessions may wait as of all else. */
const OPEN_FACTOR = 10;
/** What the alarms keep lies among the cursors, under a name that no source has: none begins with a space. */
const ALARMS = ' alarms';
const NO_EVENTS: EventsCut = { events: [], candidates: [], kept: null };
const NEVER = new AbortController().signal;

export class Collector {
  readonly #options: CollectorOptions;
  readonly #recorder: Recorder;
  readonly #gauges = new Gauges();
  readonly #traits = new Map<string, SourceTraits>();
  readonly #cursors = new Map<string, unknown>();
  readonly #listeners = new Set<(news: LiveNews) => void>();
  readonly #stopping = new AbortController();
  #changedStreams = new Map<string, { source: string; stream: string }>();
  #sequence = 0;
  #committing: Promise<void> | null = null;
  #lastCommit = Number.NEGATIVE_INFINITY;
  /** How long it took, in milliseconds. */
  #lastDuration = 0;
  #stall: Stall | null = null;
  #loops: Promise<void>[] = [];
  #unsettled = 0;
  /** Batches are applied, and commits are cut: never one in the middle of another. */
  readonly #slices = new InSlices();

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#recorder = new Recorder(options.tracker);
  }

  /** Set while reading has stopped for want of room. */
  get stall(): Stall | null {
    return this.#stall;
  }

  get pending(): number {
    return this.#recorder.size;
  }

  /** Of the last commit that succeeded. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Makes a source known, before its first batch. */
  attach(traits: SourceTraits): void {
    this.#traits.set(traits.name, traits);
    this.#options.tracker.attach(traits);
  }

  /** The source is no longer configured: what it held open ends, and its cursor is forgotten. */
  detach(name: string): void {
    this.#slices.finish();
    this.#options.tracker.detach(name);
    this.#options.streams.forget(this.#space(name), name);
    this.#recorder.cursor(name, null);
    this.#cursors.delete(name);
    this.#traits.delete(name);
  }

  /** Goes on from the store: after every configured source was attached, before any batch. Answers the cursors. */
  async resume(): Promise<Readonly<Record<string, unknown>>> {
    const { tracker, audience, streams, store } = this.#options;
    const resumed = await store.resume();
    this.#sequence = resumed.sequence;
    for (const { source, report } of resumed.reports) {
      if (this.#traits.has(source)) streams.apply(this.#space(source), source, report);
    }
    streams.unsettle();
    const { [ALARMS]: kept = null, ...cursors } = resumed.cursors;
    this.#options.events?.resume(resumed.reports, (source) => this.#space(source), kept);
    tracker.restore(resumed.open, resumed.residue);
    audience.apply({ opened: [...tracker.sessions()], updated: [], regrouped: [], closed: [], superseded: [] });
    for (const [name, cursor] of Object.entries(cursors)) this.#cursors.set(name, cursor);
    return cursors;
  }

  start(): void {
    this.#loops = [this.#tellNews(), this.#commitRegularly()];
  }

  /**
   * Takes a batch in whole: its observations, its watermark and its cursor belong together, and a commit has all of it or
   * nothing. Aborted before that, it takes nothing of it.
   */
  async emit(name: string, batch: Batch, signal: AbortSignal = NEVER): Promise<void> {
    const { enrichment, clock } = this.#options;
    const observations = await identifyBatch(enrichment, name, batch.observations);
    const watermark = batch.watermark === undefined ? null : Math.min(batch.watermark, clock.now());
    // In a backlog sessions are over within moments: they must not be before it is known what played them.
    if (watermark !== null && clock.now() - watermark > BACKLOG) await this.#settled(signal);
    await this.#slices.run(() => this.#apply(name, { ...batch, observations, watermark }, signal));
    await this.#room(signal);
  }

  /** The source cannot go on: its streams cannot be reached. */
  failed(name: string): void {
    const { streams, clock } = this.#options;
    for (const report of streams.fail(this.#space(name), name, clock.now())) this.#reportChanged(name, report);
  }

  /** The source is silent for too long: its sessions end at their last sight. */
  lose(name: string): void {
    this.#slices.finish();
    this.#options.tracker.lose(name);
  }

  /** The source has told all there is: nothing more can come, so what is due is over, and the rest ends where it stands. */
  finished(name: string): void {
    const { tracker } = this.#options;
    this.#slices.finish();
    const watermark = tracker.watermarkOf(name);
    if (Number.isFinite(watermark)) tracker.advance(name, watermark + this.#gapOf(name) + 1);
    tracker.lose(name);
  }

  /** The newest cursor that the source has handed over, committed or not; null if there is none. */
  cursorOf(name: string): unknown {
    return this.#cursors.get(name) ?? null;
  }

  /** Enrichment has found out more about a client. */
  found(name: string, client: Client): void {
    this.#options.tracker.touch(name, client);
  }

  /**
   * Keeps sessions that were over before anybody watched: nobody is told of them but the store. Resolves when they are
   * committed, or when the store has no room and we have to stop.
   */
  async keep(sessions: readonly SessionRecord[]): Promise<void> {
    for (const session of sessions) this.#recorder.keep(session);
    await this.flush();
  }

  onNews(listener: (news: LiveNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Commits what there is; for shutdown, and for whoever must see the newest in the store. */
  async flush(): Promise<void> {
    while (this.#committing !== null) await this.#committing;
    await this.#commit();
  }

  /** The sources must have ended. Commits the rest, unless the store has no room for it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
    await this.flush();
  }

  // Applying

  *#apply(name: string, { observations, watermark, cursor }: Identified, signal: AbortSignal): Sliced {
    const { tracker } = this.#options;
    if (signal.aborted) return;
    const slice = new Slice();
    for (const [index, observation] of observations.entries()) {
      if (index % APPLIED_AT_A_TIME === 0 && slice.isOver) {
        yield;
        slice.begin();
      }
      if (observation.kind === 'report') this.#report(name, observation);
      tracker.observe(name, observation);
    }
    if (watermark !== null) tracker.advance(name, watermark);
    if (cursor !== undefined) {
      this.#recorder.cursor(name, cursor);
      this.#cursors.set(name, cursor);
    }
    this.#unsettled += observations.length;
    if (this.#unsettled >= SETTLE_AFTER) this.#settle();
  }

  #report(name: string, told: StreamReport): void {
    const { streams } = this.#options;
    const source = this.#space(name);
    const report = streams.withNewTitles(source, name, told);
    if (streams.apply(source, name, report)) this.#reportChanged(name, report);
    // Where nobody is seen to come and go, the count is the news; it is no change that is worth keeping by itself.
    else if (report.countOnly === true) this.#tellOfStream(source, report.stream);
    const sample = this.#gauges.sampleOf(name, report);
    if (sample !== null) this.#recorder.sample(sample);
  }

  #reportChanged(name: string, report: StreamReport): void {
    const source = this.#space(name);
    this.#recorder.report({ source: name, report });
    this.#tellOfStream(source, report.stream);
    this.#options.events?.streamChanged(source, report.stream, report.at);
  }

  #tellOfStream(source: string, stream: string): void {
    this.#changedStreams.set(JSON.stringify([source, stream]), { source, stream });
  }

  #space(name: string): string {
    return this.#traits.get(name)?.audience ?? name;
  }

  /** Does one of its sources tell of now, and not of long ago? */
  #isCurrent(space: string): boolean {
    const earliest = this.#options.clock.now() - BACKLOG;
    const sources = [...this.#traits.values()].filter(({ name, audience }) => (audience ?? name) === space);
    return sources.some(({ name }) => this.#options.tracker.watermarkOf(name) >= earliest);
  }

  #gapOf(name: string): number {
    return this.#traits.get(name)?.gap ?? 0;
  }

  // Telling

  async #tellNews(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(NEWS_EVERY, this.#stopping.signal);
      this.#settle();
    }
  }

  /** Moves what has changed on to the audience, the recorder and the listeners. */
  #settle(): void {
    this.#unsettled = 0;
    const changes = this.#options.tracker.changes();
    const streams = [...this.#changedStreams.values()];
    this.#changedStreams = new Map();
    const isNothing = changes.opened.length + changes.updated.length + changes.closed.length + streams.length === 0;
    if (isNothing && changes.superseded.length === 0) return;
    this.#options.events?.take(changes);
    const { joined, left } = this.#options.audience.apply(changes);
    this.#recorder.take(changes);
    for (const listener of this.#listeners) {
      try {
        listener({ joined, left, streams });
      } catch (error) {
        this.#options.log.error(`a live view failed: ${messageOf(error)}`);
      }
    }
  }

  // Committing

  async #commitRegularly(): Promise<void> {
    const { clock, audience, commitEveryMs = 1000 } = this.#options;
    while (!this.#stopping.signal.aborted) {
      // The longer the changes of an open session are saved up, the fewer of them there are to write.
      const pause = Math.min(this.#lastDuration * PAUSE_AFTER_COMMIT, LONGEST_PAUSE);
      await clock.sleep(Math.max(commitEveryMs, pause), this.#stopping.signal);
      this.#settle();
      this.#options.events?.tick(clock.now(), (source) => this.#isCurrent(source));
      const isNothing = this.#recorder.isEmpty && (this.#options.events?.isEmpty ?? true);
      const isIdle = isNothing && audience.total.sessions + audience.total.bots === 0;
      if (isIdle && clock.elapsed() - this.#lastCommit < IDLE_COMMIT_EVERY) continue;
      await (this.#committing ?? this.#commit());
    }
  }

  /** Waits until the changes that wait are few enough. */
  async #room(signal: AbortSignal): Promise<void> {
    const { commitAfter = 50_000 } = this.#options;
    const isFull = () => this.#recorder.kept >= commitAfter || this.#recorder.size >= commitAfter * OPEN_FACTOR;
    while (isFull() || this.#stall !== null) {
      if (signal.aborted || this.#stopping.signal.aborted) return;
      await unlessAborted(this.#committing ?? this.#commit(), signal);
    }
  }

  /** Waits until enrichment has nothing under way, but not for ever: a log can hold more new players than can be told. */
  async #settled(signal: AbortSignal): Promise<void> {
    const { clock, enrichment, counters } = this.#options;
    const over = new AbortController();
    const patience = clock.sleep(SETTLE_WITHIN, AbortSignal.any([signal, over.signal]));
    let isSettled = false;
    const settled = enrichment.settled().then(() => {
      isSettled = true;
    });
    await Promise.race([settled, patience]);
    over.abort();
    if (!isSettled) counters.add('unsettledBatches');
  }

  #commit(): Promise<void> {
    this.#committing = this.#write().finally(() => {
      this.#committing = null;
    });
    return this.#committing;
  }

  async #write(): Promise<void> {
    const { clock, counters, onEvents } = this.#options;
    const sequence = this.#sequence + 1;
    const { cut, recorded } = await this.#cut(sequence);
    const events = [...cut.events, ...(await this.#newcomers(sequence, cut))];
    const commit = { ...recorded, events };
    const startedAt = clock.elapsed();
    if (!(await this.#writeOnceThereIsRoom(commit))) return;
    this.#sequence++;
    this.#lastCommit = clock.elapsed();
    counters.add('commits');
    this.#lastDuration = this.#lastCommit - startedAt;
    counters.add('commitMilliseconds', Math.round(this.#lastDuration));
    counters.add('committedSessions', commit.closed.length);
    if (events.length > 0) onEvents?.();
    if (commit.closed.length > 0) this.#options.onClosed?.(commit.closed);
  }

  /** What there is by now, when no batch is half applied. */
  async #cut(sequence: number): Promise<{ cut: EventsCut; recorded: Commit }> {
    const { events } = this.#options;
    const recorder = this.#recorder;
    const settle = () => this.#settle();
    let result: { cut: EventsCut; recorded: Commit } | null = null;
    await this.#slices.run(function* () {
      settle();
      const cut = events?.cut(sequence) ?? NO_EVENTS;
      if (cut.kept !== null) recorder.cursor(ALARMS, cut.kept);
      result = { cut, recorded: yield* recorder.cut(sequence) };
    });
    return result!;
  }

  /** The store is asked before it has the commit: nobody is known by the session that makes him new. */
  async #newcomers(sequence: number, cut: EventsCut): Promise<AudienceEvent[]> {
    const { store, events, counters } = this.#options;
    if (events === undefined || cut.candidates.length === 0) return [];
    try {
      const known = await store.knownListeners(cut.candidates.map(({ listener }) => listener));
      return events.newcomers(sequence, cut, known);
    } catch {
      // A store that cannot be asked says more at the commit.
      counters.add('newcomersUntold', cut.candidates.length);
      return [];
    }
  }

  /** False if we had to stop first: then nothing of it was written, and it will be read again from the cursors. */
  async #writeOnceThereIsRoom(commit: Commit): Promise<boolean> {
    const { store, clock, log, counters } = this.#options;
    for (;;) {
      try {
        await store.commit(commit);
        if (this.#stall !== null) log.info('there is room again: reading goes on');
        this.#stall = null;
        return true;
      } catch (error) {
        if (!(error instanceof HeadcountError) || error.code !== 'STORE_FULL') {
          this.#options.onFatal(error);
          return false;
        }
        counters.add('commitsRefused');
        if (this.#stall === null) log.error(`${error.message} Reading stops until there is room; nothing is lost.`);
        this.#stall ??= { since: clock.now(), message: error.message };
      }
      await clock.sleep(RETRY_FULL_AFTER, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return false;
    }
  }
}
