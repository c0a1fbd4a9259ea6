/**
 * For the tests of sinks: what the contract test (contract.test.ts) needs to know of a kind, an audience of a few, and an
 * outbox in a real store.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Audience } from '../core/audience.ts';
import { identify } from '../core/identity.ts';
import { clientFacts, presence } from '../core/observation.ts';
import { Streams } from '../core/streams.ts';
import { Tracker } from '../core/tracker.ts';
import { createClient } from '../enrich/client.ts';
import { eventWire } from '../http/wire.ts';
import { systemClock } from '../lib/clock.ts';
import { openDuckDbStore } from '../store/duckdb/index.ts';
import type { Store } from '../store/store.ts';
import { closedEvent, commitOf } from '../store/suite/rows.ts';
import { Counters } from '../telemetry/counters.ts';
import { createLog } from '../telemetry/log.ts';
import type { CommonSinkOptions, LiveView, SinkContext, Told } from './sink.ts';

export interface SinkFixture {
  /** Options, and what the sink is called if nobody names it. */
  readonly named: readonly { readonly options: Record<string, unknown>; readonly name: string }[];
  /** Options that must be refused. */
  readonly refused: readonly Record<string, unknown>[];
  /** Starts whoever is told. */
  start(): Promise<SinkPeer>;
}

export interface SinkPeer {
  /** Options for a sink that tells it. */
  readonly options: Record<string, unknown>;
  /** Ids of the events that it was told, in order. */
  ids(): string[];
  /** From now on it cannot be told, and then again. */
  fail(): void;
  recover(): void;
  stop(): Promise<void>;
}

export const COMMON: CommonSinkOptions = {
  name: 'sink',
  events: ['session.closed', 'session.opened', 'session.superseded', 'stream.status'],
  streams: [],
  queue: 100_000,
  giveUpAfter: 86_400_000,
};

const hash = (text: string) => text;

/** Two people and a bot on two streams. */
export function smallAudience(): LiveView {
  const tracker = new Tracker({ hash });
  tracker.attach({ name: 'log', audience: null, gap: 40_000, departures: 'never', provisional: false });
  const audience = new Audience();
  for (const [i, stream] of ['rock', 'rock', 'jazz'].entries()) {
    const facts = clientFacts({ address: `192.0.2.${i}`, userAgent: `Player/${i}` });
    const identity = identify(facts, facts.address, true, hash);
    const bot = i === 1;
    const client = createClient({ identity, address: facts.address, facts, place: null, player: null, bot });
    tracker.observe('log', presence({ stream, client, from: Date.UTC(2026, 0, 1) + i }));
  }
  audience.apply(tracker.changes());
  return { audience, streams: new Streams(hash), describe: (session) => tracker.describe(session) };
}

export interface Bench {
  readonly context: SinkContext;
  readonly counters: Counters;
  readonly logged: readonly string[];
}

export function sinkContext(more: Partial<SinkContext> = {}): Bench {
  const logged: string[] = [];
  const counters = new Counters();
  const log = createLog({ level: 'info', write: (line) => logged.push(line), now: () => new Date(0) });
  const own = counters.scope('sink sink');
  return { context: { live: smallAudience(), clock: systemClock, log, counters: own, ...more }, counters, logged };
}

export function told(...ids: readonly string[]): Told[] {
  return ids.map((id) => {
    const event = eventWire(closedEvent(id));
    return { event, json: JSON.stringify(event) };
  });
}

export interface OpenOutbox {
  readonly store: Store;
  /** One commit with these events. */
  commit(...ids: readonly string[]): Promise<void>;
  /** Closes the store, and opens it again. */
  reopen(): Promise<void>;
  remove(): Promise<void>;
}

/** Of one sink, called as COMMON says. */
export async function openOutbox(sinks: readonly string[] = [COMMON.name]): Promise<OpenOutbox> {
  const directory = mkdtempSync(join(tmpdir(), 'headcount-outbox-'));
  const { context } = sinkContext();
  const open = () => openDuckDbStore({ directory, log: context.log });
  let store = await open();
  await store.outbox.open(sinks);
  let sequence = 0;
  return {
    get store() {
      return store;
    },
    commit: async (...ids) => {
      sequence++;
      await store.commit(commitOf(sequence, { events: ids.map((id) => closedEvent(id)) }));
    },
    reopen: async () => {
      await store.close();
      store = await open();
      await store.outbox.open(sinks);
    },
    remove: async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}
