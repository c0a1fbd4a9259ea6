/** From what the logs say to presences: titles that follow one another are one connection; a begin that is told has an end that is told. */

import { hash } from 'node:crypto';
import { z } from 'zod';
import {
  clientFacts,
  FOREVER,
  type Instant,
  type Milliseconds,
  type Observation,
  presence,
} from '../../core/observation.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { Chains, chainsMark } from '../chains.ts';
import type { Begin, Boot, End, ShoutcastRow, Song } from './parse.ts';

export interface ConnectionsOptions {
  /** A title begins when the one before it ended, give or take so much. */
  readonly join: Milliseconds;
  /** After a title a listener is waited for so long. */
  readonly gap: Milliseconds;
  readonly counters: ScopedCounters;
}

/** Somebody who has come, and of whom it is not told that he has gone. */
interface Open {
  readonly connection: string;
  readonly stream: string;
  readonly userAgent: string | null;
  readonly at: Instant;
  readonly path: string;
}

const openShape = z.object({
  connection: z.string(),
  stream: z.string(),
  userAgent: z.string().nullable(),
  at: z.number(),
  path: z.string(),
});

/** More than any server has; if one loses track of so many, the oldest ones are taken to be gone. */
const MOST_OPEN = 20_000;
/** What a line of leaving says of its length is as exact. */
const SAME_BEGIN: Milliseconds = 10_000;

const markShape = z.object({ songs: chainsMark, open: z.array(z.tuple([z.string(), openShape])).max(MOST_OPEN) });

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #songs: Chains;
  /** By stream and id of the server. */
  readonly #open: Map<string, Open>;

  constructor(options: ConnectionsOptions, mark: unknown = null) {
    this.#options = options;
    const known = markShape.safeParse(mark).data;
    this.#songs = new Chains(known?.songs);
    this.#open = new Map(known?.open);
  }

  get mark(): z.output<typeof markShape> {
    return { songs: this.#songs.mark, open: [...this.#open] };
  }

  /** `newest`: of the log. */
  take(row: ShoutcastRow, newest: Instant): Observation[] {
    switch (row.kind) {
      case 'song':
        return this.#song(row, newest);
      case 'begin':
        return this.#begin(row);
      case 'end':
        return this.#end(row);
      case 'boot':
        return this.#boot(row);
    }
  }

  forget(settled: Instant): void {
    this.#songs.forget(settled - this.#options.gap);
  }

  #song({ stream, address, userAgent, title, from, to, bytes }: Song, newest: Instant): Observation[] {
    const { join, gap, counters } = this.#options;
    const before = this.#songs.forgotten;
    const { id } = this.#songs.join(
      JSON.stringify([stream, address, userAgent]),
      from,
      to,
      ({ end }) => Math.abs(from - end) <= join && newest - end <= gap,
    );
    if (this.#songs.forgotten > before) counters.add('forgottenConnections');
    const client = clientFacts({ address, userAgent, connection: `songs|${id}` });
    return [presence({ stream, client, from, to, bytes, requests: 1, title })];
  }

  #begin({ stream, address, userAgent, uid, to: at, path }: Begin): Observation[] {
    const key = `${stream}|${uid}`;
    const gone = this.#leave(key, at);
    if (this.#open.size >= MOST_OPEN) {
      this.#options.counters.add('forgottenConnections');
      gone.push(...this.#leave(this.#open.keys().next().value!, at));
    }
    const connection = `uid|${hash('sha256', JSON.stringify([key, address, at]), 'base64url').slice(0, 22)}`;
    this.#open.set(key, { connection, stream, userAgent, at, path });
    const client = clientFacts({ address, userAgent, connection });
    return [...gone, presence({ stream, client, from: at, until: FOREVER, requests: 1 })];
  }

  #end({ stream, address, userAgent, uid, from, to, bytes }: End): Observation[] {
    const key = `${stream}|${uid}`;
    const open = this.#open.get(key);
    if (open !== undefined && Math.abs(open.at - from) <= SAME_BEGIN) {
      this.#open.delete(key);
      const client = clientFacts({ address, userAgent: userAgent ?? open.userAgent, connection: open.connection });
      // That it was there until now is known; from when on was told.
      const last = presence({ stream, client, from: Math.max(to, open.at), bytes });
      return [last, { kind: 'departure', stream, client, at: last.to }];
    }
    // Its begin was not told: the line alone says all.
    this.#options.counters.add('unknownBegins');
    const connection = `end|${hash('sha256', JSON.stringify([key, address, from, to]), 'base64url').slice(0, 22)}`;
    const client = clientFacts({ address, userAgent, connection });
    const row = presence({ stream, client, from, to, over: true, bytes, requests: 1 });
    // Whoever had the id before has left by then.
    return [...this.#leave(key, from), row];
  }

  #boot({ path, to }: Boot): Observation[] {
    const gone = [...this.#open].filter(([, open]) => open.path === path);
    return gone.flatMap(([key]) => this.#leave(key, to));
  }

  /** That it left was not told. */
  #leave(key: string, at: Instant): Observation[] {
    const open = this.#open.get(key);
    if (open === undefined) return [];
    this.#open.delete(key);
    this.#options.counters.add('untoldEnds');
    const client = clientFacts({ connection: open.connection });
    return [{ kind: 'departure', stream: open.stream, client, at: Math.max(at, open.at) }];
  }
}
