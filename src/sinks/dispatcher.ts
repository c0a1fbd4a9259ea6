/**
 * Takes events from the outbox to one sink: in order, at least once, for as long as it takes. A sink's place in the outbox
 * moves on when a batch has been taken, or given up; both are counted, and giving up is said.
 *
 * Counters: `delivered`, `failures` (attempts), `givenUp` (events refused, or not taken for too long), `digests` and
 * `digested` (events that were told in them), `dropped` (the oldest of too many that waited), `waiting`, `storeFailures`.
 */

import type { EventWire } from '../http/contract.ts';
import { eventWire } from '../http/wire.ts';
import { Backoff } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Outbox, OutboxPlace } from '../store/store.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';
import { digestOf, type Pace, Pacer } from './digest.ts';
import { Sieve } from './sieve.ts';
import { type CommonSinkOptions, Later, Refused, type Sink, type Told } from './sink.ts';

export interface DispatcherOptions {
  readonly sink: Sink;
  readonly common: CommonSinkOptions;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ScopedCounters;
  /** In [0, 1). */
  readonly random: () => number;
}

interface Batch {
  readonly told: readonly Told[];
  /** So many events, which may be told as one. */
  readonly events: number;
  /** Are they told as one? Then whether it is all of what waits. */
  readonly digest: { readonly isAll: boolean } | null;
  /** The place of the last event that was looked at; null if none waits. */
  readonly end: OutboxPlace | null;
}

/** So many events that wait are looked at, at least: most of them may be none that are told. */
const LOOKED_AT = 100;
/** What one digest stands for at most. */
const MOST_DIGESTED = 5000;

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 300_000;
const TEND_EVERY = 5000;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #backoff: Backoff;
  /** No new attempt begins after this. */
  readonly #stopping = new AbortController();
  /** Attempts that are under way end. */
  readonly #cutting = new AbortController();
  #nap = new AbortController();
  #hasNews = true;
  readonly #sieve: Sieve;
  readonly #pacer: Pacer;
  /** How far the digest goes that was tried already: it stays the same until it has been taken. */
  #digestEnd: OutboxPlace | null = null;
  #trouble: string | null = null;
  /** Since when the first event in the outbox could not be told, by elapsed time. */
  #stuck: { readonly id: string; readonly since: number } | null = null;
  #loops: Promise<unknown>[] = [];

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#sieve = new Sieve(options.common, options.counters);
    this.#pacer = new Pacer(options.common);
    this.#backoff = new Backoff({ first: FIRST_WAIT, most: LONGEST_WAIT, random: options.random });
  }

  start(): void {
    this.#loops = [this.#deliverAll(), this.#tend()];
  }

  /** There are new events. */
  wake(): void {
    this.#hasNews = true;
    this.#nap.abort();
  }

  /** Tells what there still is, but no longer than `withinMs`; the rest is told after the next start. */
  async stop(withinMs: number): Promise<void> {
    const { clock } = this.#options;
    const finished = new AbortController();
    this.#stopping.abort();
    this.#nap.abort();
    const limit = clock.sleep(withinMs, finished.signal).then(() => this.#cutting.abort());
    await Promise.all(this.#loops);
    finished.abort();
    await limit;
  }

  // Delivering

  async #deliverAll(): Promise<void> {
    for (;;) {
      const waitMs = await this.#step();
      if (waitMs === 0) continue;
      // Who could not be told a moment ago is not waited for at the end.
      const isDone = this.#stopping.signal.aborted && (waitMs !== null || !this.#hasNews);
      if (isDone || this.#cutting.signal.aborted) return;
      if (waitMs === null) await this.#untilNews();
      else await this.#options.clock.sleep(waitMs, this.#stopping.signal);
    }
  }

  async #untilNews(): Promise<void> {
    if (this.#hasNews || this.#stopping.signal.aborted) return;
    this.#nap = new AbortController();
    await this.#options.clock.sleep(LONGEST_WAIT, this.#nap.signal);
  }

  /** One batch. Answers how long to wait before the next: 0 is not at all, null until there is news. */
  async #step(): Promise<number | null> {
    const { outbox, common, counters, clock } = this.#options;
    if (this.#cutting.signal.aborted) return null;
    this.#hasNews = false;
    try {
      const pace = this.#digestEnd === null ? this.#pacer.pace(clock.elapsed()) : DIGEST_AGAIN;
      // Who has too much to tell waits, unless there is nothing to tell.
      if (pace.kind === 'wait') return (await outbox.waiting(common.name, 1)).length === 0 ? null : pace.ms;
      // Asked for anew at each attempt: who has been forgotten meanwhile is no longer there.
      const batch = await this.#next(pace);
      if (batch.end === null) return null;
      if (batch.told.length > 0) {
        const waitMs = await this.#tell(batch);
        if (waitMs !== null) return waitMs;
      }
      await outbox.advance(common.name, batch.end);
      this.#done(batch);
      return 0;
    } catch (error) {
      counters.add('storeFailures');
      this.#complain(`the outbox cannot be used: ${messageOf(error)}`);
      return this.#backoff.next();
    }
  }

  async #next(pace: Exclude<Pace, { kind: 'wait' }>): Promise<Batch> {
    if (pace.kind === 'sum') {
      const digest = await this.#nextDigest(pace.after);
      if (digest !== null) return digest;
    }
    return this.#nextSingle(pace.kind === 'sum' ? pace.after : pace.most);
  }

  async #nextSingle(atMost: number): Promise<Batch> {
    const { sink, outbox, common } = this.#options;
    const most = sink.batch!;
    const limit = Math.min(most.events, atMost);
    const told: Told[] = [];
    let bytes = 0;
    let end: OutboxPlace | null = null;
    this.#sieve.begin();
    for (const queued of await outbox.waiting(common.name, Math.max(most.events, LOOKED_AT))) {
      if (told.length === limit) break;
      if (this.#sieve.lets(queued.event)) {
        const each = toldOf(eventWire(queued.event));
        bytes += Buffer.byteLength(each.json) + 1;
        if (bytes > most.bytes && told.length > 0) break;
        told.push(each);
      }
      end = queued.at;
    }
    return { told, events: told.length, digest: null, end };
  }

  /** Null if there are no more events than `after`, which is not many. */
  async #nextDigest(after: number): Promise<Batch | null> {
    const { outbox, common } = this.#options;
    const last = this.#digestEnd;
    const waiting = await outbox.waiting(common.name, MOST_DIGESTED);
    const some = last === null ? waiting : waiting.filter(({ at }) => !isBehind(at, last));
    this.#sieve.begin();
    const events = some.map(({ event }) => event).filter((event) => this.#sieve.lets(event));
    if (events.length === 0 || events.length <= after) {
      this.#digestEnd = null;
      return null;
    }
    this.#digestEnd = some.at(-1)!.at;
    const isAll = waiting.length < MOST_DIGESTED;
    return { told: [toldOf(digestOf(events))], events: events.length, digest: { isAll }, end: this.#digestEnd };
  }

  /** It has been told, or given up, and the outbox knows. */
  #done({ told, digest }: Batch): void {
    const now = this.#options.clock.elapsed();
    this.#sieve.settle();
    if (digest === null) this.#pacer.told(told.length, now);
    else this.#pacer.summed(digest.isAll, now);
    this.#digestEnd = null;
  }

  /** Null if these events are done with, one way or the other; else how long to wait. */
  async #tell(batch: Batch): Promise<number | null> {
    const { told } = batch;
    const { sink, log, counters, clock } = this.#options;
    try {
      await sink.deliver(told, this.#cutting.signal);
    } catch (error) {
      // Whatever it was, at the end it says nothing of the sink.
      if (this.#cutting.signal.aborted) return FIRST_WAIT;
      counters.add('failures');
      if (error instanceof Refused) return this.#giveUp(batch, error.message);
      const first = told[0]!.event.id;
      if (this.#stuck?.id !== first) this.#stuck = { id: first, since: clock.elapsed() };
      if (clock.elapsed() - this.#stuck.since >= this.#options.common.giveUpAfter) {
        return this.#giveUp(batch, messageOf(error));
      }
      this.#complain(`events wait, and are told later: ${messageOf(error)}`);
      return Math.max(this.#backoff.next(), error instanceof Later ? error.afterMs : 0);
    }
    if (batch.digest === null) {
      counters.add('delivered', told.length);
    } else {
      counters.add('digests');
      counters.add('digested', batch.events);
    }
    if (this.#trouble !== null) log.info('events are told again');
    this.#trouble = null;
    this.#stuck = null;
    this.#backoff.reset();
    return null;
  }

  #giveUp({ events }: Batch, why: string): null {
    this.#options.counters.add('givenUp', events);
    this.#stuck = null;
    this.#complain(`events are given up: ${why}`);
    return null;
  }

  /** The same trouble again is no news. */
  #complain(message: string): void {
    if (this.#trouble !== message) this.#options.log.warn(message);
    this.#trouble = message;
  }

  // Keeping what waits within bounds

  async #tend(): Promise<void> {
    const { outbox, common, clock, counters } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        const waiting = await outbox.count(common.name);
        const dropped = waiting > common.queue ? await outbox.trim(common.name, common.queue) : 0;
        if (dropped > 0) this.#dropped(dropped);
        counters.set('waiting', waiting - dropped);
      } catch {
        counters.add('storeFailures');
      }
      await clock.sleep(TEND_EVERY, this.#stopping.signal);
    }
  }

  #dropped(count: number): void {
    const { common, log, counters } = this.#options;
    if (counters.get('dropped') === 0) {
      log.error(`more than ${common.queue} events wait: the oldest are dropped; the counter says how many`);
    }
    counters.add('dropped', count);
  }
}

const DIGEST_AGAIN: Pace = { kind: 'sum', after: 0 };

function toldOf(event: EventWire): Told {
  return { event, json: JSON.stringify(event) };
}

function isBehind(place: OutboxPlace, other: OutboxPlace): boolean {
  return place.sequence > other.sequence || (place.sequence === other.sequence && place.place > other.place);
}
