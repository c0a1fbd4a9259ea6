/**
 * What CMCD says of a playback besides who it is, kept until the next batch goes over: for each client and stream the newest of
 * each value in every stretch of a gap, so that it finds the session it belongs to however lines are split into batches.
 */

import { type Dated, newer } from '../../core/attributes.ts';
import {
  type ClientFacts,
  type DetailValue,
  type Instant,
  type Milliseconds,
  type Presence,
  presence,
} from '../../core/observation.ts';
import { type Cmcd, detailsOf } from './cmcd.ts';

export class Measures {
  #byStretch = new Map<string, { client: number; stream: number; values: Map<string, Dated<DetailValue>> }>();

  get size(): number {
    return this.#byStretch.size;
  }

  add(cmcd: Cmcd, client: number, stream: number, at: Instant, gap: Milliseconds): void {
    const details = detailsOf(cmcd);
    if (details === null) return;
    const key = `${client}|${stream}|${Math.floor(at / Math.max(gap, 1))}`;
    let stretch = this.#byStretch.get(key);
    if (stretch === undefined) {
      stretch = { client, stream, values: new Map() };
      this.#byStretch.set(key, stretch);
    }
    for (const [name, value] of Object.entries(details)) {
      stretch.values.set(name, newer(stretch.values.get(name) ?? null, { at, value })!);
    }
  }

  /** Presences that tell the values at their times, without requests of their own; and begins anew. */
  cut(clients: readonly ClientFacts[], streams: readonly string[]): Presence[] {
    const presences: Presence[] = [];
    for (const { client, stream, values } of this.#byStretch.values()) {
      const byTime = new Map<Instant, Record<string, DetailValue>>();
      for (const [name, { at, value }] of values) {
        const details = byTime.get(at) ?? {};
        byTime.set(at, details);
        details[name] = value;
      }
      for (const [at, details] of byTime) {
        presences.push(presence({ stream: streams[stream]!, client: clients[client]!, from: at, details }));
      }
    }
    this.#byStretch = new Map();
    return presences;
  }
}
