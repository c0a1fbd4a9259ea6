/**
 * What the rules let through of the events that wait: what the sink wants, outside of quiet hours, and not the same thing
 * of the same stream again and again. Time is that of the events, so that it is the same whenever they are told.
 *
 * Events are looked at anew at each attempt to tell them: what a look has changed counts once `settle` says that they are
 * done with.
 *
 * Counters: `quiet`, `cooledDown` (events that were not told for it).
 */

import { type AudienceEvent, sketchOf } from '../core/event.ts';
import type { Instant } from '../core/observation.ts';
import { type ZoneOffset, zoneOffset } from '../lib/zone-offset.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { CommonSinkOptions } from './sink.ts';
import { wantedBy } from './wanted.ts';

const DAY = 1440;
const MINUTE = 60_000;
/** So many things of streams are remembered as told just now. */
const MOST_REMEMBERED = 10_000;

export class Sieve {
  readonly #options: CommonSinkOptions;
  readonly #counters: ScopedCounters;
  readonly #isWanted: (event: ReturnType<typeof sketchOf>) => boolean;
  readonly #zone: ZoneOffset;
  /** When it was told last, by what it was. */
  readonly #told = new Map<string, Instant>();
  #news = new Map<string, Instant>();
  #quiet = 0;
  #cooledDown = 0;

  constructor(options: CommonSinkOptions, counters: ScopedCounters) {
    this.#options = options;
    this.#counters = counters;
    this.#isWanted = wantedBy(options);
    this.#zone = zoneOffset(options.timeZone);
  }

  /** A new look at what waits: that of before is forgotten. */
  begin(): void {
    this.#news = new Map();
    this.#quiet = 0;
    this.#cooledDown = 0;
  }

  /** Is it to be told? In their order. */
  lets(event: AudienceEvent): boolean {
    if (!this.#isWanted(sketchOf(event))) return false;
    if (this.#isQuiet(event.at)) {
      this.#quiet++;
      return false;
    }
    if (this.#options.cooldown === 0) return true;
    const thing = thingOf(event);
    const before = this.#news.get(thing) ?? this.#told.get(thing);
    if (before !== undefined && event.at >= before && event.at - before < this.#options.cooldown) {
      this.#cooledDown++;
      return false;
    }
    this.#news.set(thing, event.at);
    return true;
  }

  /** What was looked at since `begin` is done with. */
  settle(): void {
    for (const [thing, at] of this.#news) {
      this.#told.delete(thing);
      this.#told.set(thing, at);
      if (this.#told.size > MOST_REMEMBERED) this.#told.delete(this.#told.keys().next().value!);
    }
    if (this.#quiet > 0) this.#counters.add('quiet', this.#quiet);
    if (this.#cooledDown > 0) this.#counters.add('cooledDown', this.#cooledDown);
    this.begin();
  }

  #isQuiet(at: Instant): boolean {
    const { quietHours } = this.#options;
    if (quietHours.length === 0) return false;
    const minute = Math.floor((at + this.#zone.offsetAt(at)) / MINUTE);
    const now = ((minute % DAY) + DAY) % DAY;
    return quietHours.some(({ from, to }) => (from < to ? now >= from && now < to : now >= from || now < to));
  }
}

/** Up and down are two things, and so are two limits. */
function thingOf(event: AudienceEvent): string {
  const { type, source, stream, status, limit } = sketchOf(event);
  return JSON.stringify([type, source, stream, status, limit]);
}
