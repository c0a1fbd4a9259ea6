/**
 * For the tests of sinks: what the contract test (contract.test.ts) needs to know of a kind, an audience of a few, and an
 * outbox in a real store.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Audience } from '../core/audience.ts';
import { EVENT_TYPES } from '../core/event.ts';
import { identify } from '../core/identity.ts';
import { clientFacts, presence } from '../core/observation.ts';
import { Streams } from '../core/streams.ts';
import { Tracker } from '../core/tracker.ts';
import { createClient } from '../enrich/client.ts';
import type { EventWire, SessionWire } from '../http/contract.ts';
import { eventWire, streamWire } from '../http/wire.ts';
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
  /** Of a sink that is told of no events: how often it has been written to. */
  written?(): number;
  /** From now on it cannot be told, and then again. */
  fail(): void;
  recover(): void;
  stop(): Promise<void>;
}

export const COMMON: CommonSinkOptions = {
  name: 'sink',
  events: EVENT_TYPES,
  streams: [],
  statuses: ['up', 'down', 'unreachable', 'unknown'],
  statusFor: 0,
  thresholds: [],
  quietHours: [],
  timeZone: 'UTC',
  cooldown: 0,
  digestAfter: 0,
  digestWithin: 60_000,
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
  const standard = { live: smallAudience(), wantsStream: () => true, clock: systemClock, log, counters: own };
  return { context: { ...standard, ...more }, counters, logged };
}

export function told(...ids: readonly string[]): Told[] {
  return ids.map((id) => {
    const event = eventWire(closedEvent(id));
    return { event, json: JSON.stringify(event) };
  });
}

/** What somebody types who would like it to be more than text. */
export const HOSTILE = [
  '; touch x',
  '`touch x` $(touch x)',
  '" \' \\',
  '<script>alert(1)</script>',
  '<!channel> <!here|x> <@U0>',
  '&lt;!channel&gt; &amp;',
  '<https://example.org|click> https://example.org',
  "=cmd|' /C calc'!A0",
  '@everyone *bold* _x_ ~x~',
  '{ip} {{stream}}',
  'two\nlines\r\n\u202Eturned',
] as const;

/** One of each type, about a session with these facts: who is new is the first, and a digest the last. */
export function eventsOfAllTypes(
  facts: { userAgent?: string; title?: string; durationSeconds?: number; everywhere?: string } = {},
): EventWire[] {
  const event = eventWire(closedEvent('e')) as Extract<EventWire, { session: unknown }>;
  const text = (usual: string) => facts.everywhere ?? usual;
  const { session: usual, id, at } = event;
  const session: SessionWire = {
    ...usual,
    ...{
      source: text('radio'),
      stream: text('hf.config'),
      id: text('s1'),
      durationSeconds: facts.durationSeconds ?? 5,
    },
    client: {
      ...{ ip: text('100.200.30.40'), port: 5555, userAgent: facts.userAgent ?? text('SDR#') },
      ...{ user: text('somebody'), device: text('radio set') },
    },
    player: { name: text('SDR#'), version: text('1.0'), type: 'app', platform: text('Windows') },
    geo: { ...usual.geo!, city: text('Chicago'), region: text('Illinois'), country: text('United States') },
    ...{ title: facts.title ?? text('A title'), quality: text('high') },
  };
  const state = { ...new Streams(hash).unspoken(text('radio'), text('hf.config')), title: text('A title') };
  const stream = streamWire(state, { sessions: 3, bots: 1 });
  const limit = { above: 2, below: 1, readings: 3 };
  return [
    { id, at, type: 'listener.new', session },
    { id, at, type: 'session.opened', session },
    { id, at, type: 'session.closed', session },
    { id, at, type: 'session.superseded', sessionId: text('s1'), by: text('s2') },
    { id, at, type: 'stream.status', stream, heldSeconds: 120 },
    { id, at, type: 'audience.above', stream, limit },
    { id, at, type: 'audience.below', stream, limit },
    {
      ...{ id, at, type: 'sharing.found' },
      account: { id: 'a1', source: text('plex'), user: text('somebody'), score: 80 },
      finding: {
        ...{
          kind: 'travel',
          points: 25,
          plays: ['s1', 's2'],
          devices: [text('tv'), text('phone')],
          places: [null, null],
        },
        ...{ distanceKm: 900, gapSeconds: 60, why: text('too far, too soon'), whyNotSuppressed: text('no holiday') },
      },
    },
    {
      id,
      at,
      type: 'digest',
      events: 7,
      from: at,
      counts: [{ type: 'session.opened', stream: text('hf'), events: 7 }],
    },
  ];
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
