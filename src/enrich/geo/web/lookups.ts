/**
 * Which addresses are asked for, and when: each once, however many clients have it, in the order in which they came, no
 * more often than the service allows. What one question is, is service.ts.
 *
 * An address that nobody on the internet can have is never asked for. Of IPv6 a /64 is one address: listeners change the
 * rest at will, and no service knows more.
 */

import type { Place } from '../../../core/identity.ts';
import { Backoff } from '../../../lib/backoff.ts';
import { parseCidrs } from '../../../lib/cidr.ts';
import type { Clock } from '../../../lib/clock.ts';
import { messageOf } from '../../../lib/errors.ts';
import { formatIp, type IpBytes, maskIp } from '../../../lib/ip.ts';
import type { ScopedCounters } from '../../../telemetry/counters.ts';
import type { Log } from '../../../telemetry/log.ts';
import { Lru } from '../../lru.ts';
import type { Places, Whereabouts } from '../../places.ts';
import type { Allowance } from './allowance.ts';
import type { Answer } from './service.ts';

export interface LookupsOptions<W> {
  /** Asks the service; rejects if it does not answer as it should. */
  readonly ask: (address: string, signal: AbortSignal) => Promise<Answer>;
  readonly allowance: Allowance;
  /** Called when it is known where an address is, or that it cannot be found out for now (null). */
  readonly settle: (waiting: readonly W[], place: Place | null) => void;
  /** How many addresses are remembered, and for how long. */
  readonly keep: number;
  readonly keepMs: number;
  /** How many addresses may wait for their turn. */
  readonly queue: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /**
   * Counts `lookups` (asked), `lookupsUnknown` (the service does not know), `lookupsFailed`, `lookupsRefused` (asked too
   * often), `lookupsDropped` (too many were waiting) and `lookupsLocal` (never sent).
   */
  readonly counters: ScopedCounters;
}

/** An address that waits for its turn, or for the answer. */
interface Lookup<W> {
  readonly key: string;
  /** What the service is asked for. */
  readonly address: string;
  readonly waiting: W[];
}

interface Known {
  /** Null: it could not be found out. */
  readonly place: Place | null;
  /** Elapsed time. */
  readonly until: number;
}

/** So many questions may be under way at a time. */
const CONCURRENT = 4;
/** What could not be found out is not asked for again so soon. */
const FAILURE_KEPT = 5 * 60_000;
const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 5 * 60_000;

/** The special-purpose registries of IANA (RFC 6890), and what is neither unicast nor given out. */
const isNobodys = parseCidrs([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // Of IPv6, 2000::/3 is what has been given out.
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001:2::/48',
  '2001:db8::/32',
  '3fff::/20',
]);

export class Lookups<W> implements Places<W> {
  readonly #options: LookupsOptions<W>;
  readonly #known: Lru<string, Known>;
  /** Oldest first. */
  readonly #queue = new Map<string, Lookup<W>>();
  readonly #flying = new Map<string, Lookup<W>>();
  readonly #workers = new Set<Promise<void>>();
  #working = 0;
  readonly #closing = new AbortController();
  readonly #backoff: Backoff;
  #isTroubled = false;

  constructor(options: LookupsOptions<W>) {
    this.#options = options;
    this.#known = new Lru(options.keep);
    this.#backoff = new Backoff({ first: FIRST_PAUSE, most: LONGEST_PAUSE, random: options.random });
  }

  /** Whoever is pushed into `waiting` is settled with the address. */
  of(address: IpBytes): Whereabouts<W> {
    const { clock, counters } = this.#options;
    if (isNobodys(address)) {
      counters.add('lookupsLocal');
      return { place: null, waiting: null, isOpen: false };
    }
    const key = formatIp(address.length === 4 ? address : maskIp(address, 64));
    const known = this.#known.get(key);
    if (known !== undefined && clock.elapsed() < known.until) {
      return { place: known.place, waiting: null, isOpen: known.place === null };
    }
    const lookup = this.#flying.get(key) ?? this.#queue.get(key) ?? this.#enqueue(key, formatIp(address));
    return { place: null, waiting: lookup.waiting, isOpen: false };
  }

  /** Nothing is asked any more, and nobody is told. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#queue.clear();
    await Promise.all(this.#workers);
  }

  #enqueue(key: string, address: string): Lookup<W> {
    const { queue, counters } = this.#options;
    const lookup: Lookup<W> = { key, address, waiting: [] };
    this.#queue.set(key, lookup);
    if (this.#queue.size > queue) {
      const [oldest] = this.#queue.values();
      this.#queue.delete(oldest!.key);
      counters.add('lookupsDropped');
      this.#settle(oldest!, null);
    }
    this.#employ();
    return lookup;
  }

  #employ(): void {
    if (this.#working >= CONCURRENT || this.#closing.signal.aborted) return;
    this.#working++;
    const worker = this.#work().finally(() => this.#workers.delete(worker));
    this.#workers.add(worker);
  }

  async #work(): Promise<void> {
    const { allowance, clock } = this.#options;
    const { signal } = this.#closing;
    // Whoever has just come is still to be pushed into its lookup.
    await Promise.resolve();
    while (this.#queue.size > 0 && !signal.aborted) {
      const wait = allowance.waitAt(clock.elapsed());
      if (wait > 0) {
        await clock.sleep(wait, signal);
        continue;
      }
      const [next] = this.#queue.values();
      this.#queue.delete(next!.key);
      this.#flying.set(next!.key, next!);
      allowance.begin(clock.elapsed());
      await this.#ask(next!);
      this.#flying.delete(next!.key);
    }
    // In the same breath as the queue was seen to be empty: what comes next must find somebody to ask for it.
    this.#working--;
  }

  async #ask(lookup: Lookup<W>): Promise<void> {
    const { ask, counters } = this.#options;
    const { signal } = this.#closing;
    counters.add('lookups');
    let answer: Answer;
    try {
      answer = await ask(lookup.address, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#fail(lookup, error);
      return;
    }
    if (signal.aborted) return;
    this.#recover();
    if ('busyMs' in answer) {
      counters.add('lookupsRefused');
      this.#pause(answer.busyMs);
      this.#again(lookup);
      return;
    }
    this.#pause(answer.restMs);
    if (answer.place === null) counters.add('lookupsUnknown');
    this.#settle(lookup, answer.place);
  }

  /** It is the next one again. */
  #again(lookup: Lookup<W>): void {
    const others = [...this.#queue.values()];
    this.#queue.clear();
    for (const each of [lookup, ...others]) this.#queue.set(each.key, each);
  }

  /** The service is in trouble: this address has had its chance, the others wait until the service may be better. */
  #fail(lookup: Lookup<W>, error: unknown): void {
    const { counters, log } = this.#options;
    counters.add('lookupsFailed');
    if (!this.#isTroubled) log.warn(`${messageOf(error)} Until it does better, new listeners have no place.`);
    this.#isTroubled = true;
    this.#pause(this.#backoff.next());
    this.#settle(lookup, null);
  }

  #recover(): void {
    if (this.#isTroubled) this.#options.log.info('places are found again');
    this.#isTroubled = false;
    this.#backoff.reset();
  }

  #pause(ms: number): void {
    const { allowance, clock } = this.#options;
    if (ms > 0) allowance.pauseUntil(clock.elapsed() + ms);
  }

  #settle(lookup: Lookup<W>, place: Place | null): void {
    const { clock, keepMs, settle } = this.#options;
    this.#known.set(lookup.key, { place, until: clock.elapsed() + (place === null ? FAILURE_KEPT : keepMs) });
    settle(lookup.waiting, place);
  }
}
