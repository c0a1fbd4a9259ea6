/** The collector with a real tracker and audience; enrichment and store are played by the test. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { until } from '../../lab/child.ts';
import { Audience } from '../core/audience.ts';
import { identify } from '../core/identity.ts';
import { clientFacts, type Observation, presence, type StreamReport } from '../core/observation.ts';
import { Streams } from '../core/streams.ts';
import { Tracker } from '../core/tracker.ts';
import { createClient } from '../enrich/client.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { HeadcountError } from '../lib/errors.ts';
import type { Commit, Resumed, Store } from '../store/store.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { silentLog } from '../telemetry/log.ts';
import { Collector } from './collector.ts';

const hash = (text: string) => text;
const T0 = Date.UTC(2026, 10, 21, 12);
const EMPTY: Resumed = { sequence: 0, open: [], cursors: {}, residue: { watermarks: {}, waiting: [] }, reports: [] };

class PlayedStore {
  readonly commits: Commit[] = [];
  readonly attempts: number[] = [];
  failing: Error | null = null;
  resumed = EMPTY;

  async resume(): Promise<Resumed> {
    return this.resumed;
  }

  async commit(commit: Commit): Promise<void> {
    this.attempts.push(commit.sequence);
    if (this.failing !== null) throw this.failing;
    this.commits.push(commit);
  }
}

/** Wall time stands at `at` and passes as it really does; waiting takes a twentieth of what it should. */
class QuickClock implements Clock {
  at = T0;
  now = () => this.at;
  elapsed = () => performance.now() * 20;
  sleep = (ms: number, signal: AbortSignal) => systemClock.sleep(ms / 20, signal);
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function started(more: { commitAfter?: number; commitEveryMs?: number; reports?: Resumed['reports'] } = {}) {
  const store = new PlayedStore();
  store.resumed = { ...EMPTY, reports: more.reports ?? [] };
  const streams = new Streams(hash);
  const clock = new QuickClock();
  const counters = new ScopedCounters();
  const fatal: unknown[] = [];
  const settling: { wait: Promise<void> } = { wait: Promise.resolve() };
  const tracker = new Tracker({ hash });
  const audience = new Audience();
  const collector = new Collector({
    tracker,
    audience,
    streams,
    enrichment: {
      identify: (_, facts) =>
        createClient({
          identity: identify(facts, facts.address, true, hash),
          address: facts.address,
          facts,
          place: null,
          player: null,
          bot: false,
        }),
      settled: () => settling.wait,
      close: async () => {},
    },
    store: store as unknown as Store,
    clock,
    log: silentLog,
    counters,
    onFatal: (error) => fatal.push(error),
    ...more,
  });
  collector.attach({ name: 'log', audience: null, gap: 40_000, departures: 'never', provisional: false });
  await collector.resume();
  collector.start();
  stops.push(() => collector.stop());
  return { store, clock, counters, fatal, settling, tracker, audience, streams, collector };
}

function requests(count: number, at = T0, from = 0): Observation[] {
  return Array.from({ length: count }, (_, i) =>
    presence({
      stream: 'rock',
      client: clientFacts({ address: `192.0.2.${(from + i) % 250}`, userAgent: `p${from + i}` }),
      from: at,
      until: null,
    }),
  );
}

const FULL = new HeadcountError('STORE_FULL', 'There is no room.');

test('what a batch says, and where to go on after it, are in the same commit', async () => {
  const { store, collector } = await started();
  for (let i = 0; i < 20; i++) {
    await collector.emit('log', { observations: requests(5, T0, i * 5), watermark: T0, cursor: i });
    await systemClock.sleep(7, new AbortController().signal);
  }
  await collector.flush();
  assert.ok(store.commits.length > 1, 'it commits by itself');
  let open = 0;
  for (const [i, commit] of store.commits.entries()) {
    assert.equal(commit.sequence, i + 1);
    open += commit.open.length;
    const cursor = commit.cursors['log'] as number | undefined;
    if (cursor !== undefined) assert.equal(open, (cursor + 1) * 5, `after the batch ${cursor}`);
    else assert.equal(commit.open.length, 0);
  }
  assert.equal(open, 100);
});

test('a batch of a backlog waits for the players, and no commit gets in between', async () => {
  const { store, settling, collector } = await started();
  const { promise, resolve } = Promise.withResolvers<void>();
  settling.wait = promise;
  let isTaken = false;
  const emitting = collector
    .emit('log', { observations: requests(3, T0 - 3_600_000), watermark: T0 - 3_600_000, cursor: 'there' })
    .then(() => {
      isTaken = true;
    });
  await collector.flush();
  assert.equal(isTaken, false);
  assert.ok(store.commits.every(({ open, cursors }) => open.length === 0 && Object.keys(cursors).length === 0));
  resolve();
  await emitting;
  await collector.flush();
  assert.deepEqual(store.commits.at(-1)!.cursors, { log: 'there' });
  assert.equal(store.commits.at(-1)!.open.length, 3);
});

test('it does not wait for players for ever', async () => {
  const { counters, settling, audience, collector } = await started();
  settling.wait = new Promise(() => {});
  await collector.emit('log', { observations: requests(3, T0 - 3_600_000), watermark: T0 - 3_600_000 });
  assert.equal(counters.get('unsettledBatches'), 1);
  await collector.flush();
  assert.equal(audience.total.sessions, 3);
});

test('a source that is told to end is not held up, and nothing of its batch is taken', async () => {
  const { store, settling, audience, collector } = await started();
  settling.wait = new Promise(() => {});
  const stopping = new AbortController();
  const batch = { observations: requests(3, T0 - 3_600_000), watermark: T0 - 3_600_000, cursor: 'there' };
  const emitting = collector.emit('log', batch, stopping.signal);
  stopping.abort();
  await emitting;
  await collector.flush();
  assert.equal(audience.total.sessions, 0);
  assert.equal(collector.cursorOf('log'), null);
  assert.ok(store.commits.every(({ cursors }) => Object.keys(cursors).length === 0));
});

test('without room reading stops, the same commit is tried again, and all of it is there in the end', async () => {
  const { store, counters, fatal, collector } = await started();
  store.failing = FULL;
  await collector.emit('log', { observations: requests(4), watermark: T0, cursor: 1 });
  await until('it says so', () => collector.stall !== null);
  assert.match(collector.stall!.message, /no room/);
  let isTaken = false;
  const emitting = collector.emit('log', { observations: requests(4, T0, 4), watermark: T0, cursor: 2 }).then(() => {
    isTaken = true;
  });
  await until('it has tried several times', () => counters.get('commitsRefused') >= 3);
  assert.equal(isTaken, false);
  await collector.emit('log', { observations: [] }, AbortSignal.abort());
  assert.equal(new Set(store.attempts).size, 1, 'always the same one');
  store.failing = null;
  await emitting;
  await collector.flush();
  assert.equal(collector.stall, null);
  assert.equal(
    store.commits.reduce((sum, { open }) => sum + open.length, 0),
    8,
  );
  assert.deepEqual(fatal, []);
});

test('a store that is beyond use is told once, to be ended', async () => {
  const { store, fatal, collector } = await started();
  store.failing = new Error('gone');
  await collector.emit('log', { observations: requests(1), watermark: T0 });
  await until('it is told', () => fatal.length > 0);
  assert.equal((fatal[0] as Error).message, 'gone');
});

test('ten times as many changes of open sessions are committed at once, and the source waits meanwhile', async () => {
  const { store, collector } = await started({ commitAfter: 10, commitEveryMs: 86_400_000 });
  await collector.emit('log', { observations: requests(99), watermark: T0 });
  await until('they are on their way to the store', () => collector.pending === 99);
  await collector.emit('log', { observations: [], watermark: T0 });
  assert.equal(store.commits.length, 0);
  await collector.emit('log', { observations: requests(1, T0, 99), watermark: T0 });
  await until('one more', () => collector.pending === 100);
  await collector.emit('log', { observations: [], watermark: T0 });
  assert.deepEqual(
    store.commits.map(({ open }) => open.length),
    [100],
  );
});

test('while nobody is there, it does not write all the time', async () => {
  const { store, collector } = await started();
  for (let i = 0; i < 10; i++) {
    await collector.emit('log', { observations: [], watermark: T0 + i });
    await systemClock.sleep(60, new AbortController().signal);
  }
  // Half a minute of its clock would be the first.
  assert.ok(store.commits.length <= 1, `${store.commits.length} commits`);
});

test('news of who comes and goes reach everybody, also behind one who fails', async () => {
  const { clock, collector } = await started();
  let joined = 0;
  let left = 0;
  collector.onNews(() => {
    throw new Error('a broken view');
  });
  collector.onNews((news) => {
    joined += news.joined.length;
    left += news.left.length;
  });
  await collector.emit('log', { observations: requests(3), watermark: T0 });
  await until('they have joined', () => joined === 3);
  clock.at = T0 + 50_000;
  await collector.emit('log', { observations: [], watermark: T0 + 50_000 });
  await until('they have left', () => left === 3);
});

test('the watermark is never past the clock: nobody ends because a source is ahead', async () => {
  const { audience, collector } = await started();
  await collector.emit('log', { observations: requests(3), watermark: T0 + 86_400_000 });
  await collector.flush();
  assert.equal(audience.total.sessions, 3);
});

test('a source that has told all there is leaves nobody behind', async () => {
  const { store, audience, collector } = await started();
  await collector.emit('log', { observations: requests(3), watermark: T0 });
  collector.finished('log');
  await collector.flush();
  assert.equal(audience.total.sessions, 0);
  assert.deepEqual(
    store.commits.flatMap(({ closed }) => closed.map(({ reason }) => reason)),
    ['expired', 'expired', 'expired'],
  );
});

test('a source that is no longer configured takes its sessions and its cursor with it', async () => {
  const { store, audience, collector } = await started();
  await collector.emit('log', { observations: requests(3), watermark: T0, cursor: 'there' });
  await collector.flush();
  collector.detach('log');
  await collector.flush();
  assert.equal(audience.total.sessions, 0);
  assert.deepEqual(store.commits.at(-1)!.cursors, { log: null });
  assert.equal(collector.cursorOf('log'), null);
});

const report = (at: number, more: Partial<StreamReport> = {}): StreamReport => ({
  ...{ kind: 'report', stream: 'rock', at, status: 'up' },
  ...more,
});

test('after a restart streams have their titles again, and nobody knows whether they are up', async () => {
  const told = [
    report(T0 - 30, { title: 'One' }),
    report(T0 - 20, { title: 'Two' }),
    report(T0 - 10, { status: 'down' }),
  ];
  const { streams, collector } = await started({ reports: told.map((each) => ({ source: 'log', report: each })) });
  const titles = () => streams.titles('log', 'rock').map(({ at, title }) => [at - T0, title]);
  assert.deepEqual(titles(), [
    [-30, 'One'],
    [-20, 'Two'],
  ]);
  assert.equal(streams.get('log', 'rock')!.status, 'unknown');
  await collector.emit('log', { observations: [report(T0, { title: 'Two' })] });
  assert.equal(titles().length, 2, 'it plays on');
  assert.equal(streams.get('log', 'rock')!.titleSince, T0 - 20);
});

test('of titles that a server remembers each is kept once, and counts are kept at a pace', async () => {
  const { store, collector } = await started();
  const titles = [{ at: T0 - 50, title: 'One' }];
  for (const [at, listeners] of [
    [T0, 5],
    [T0 + 1000, 6],
    [T0 + 10_000, 7],
  ] as const) {
    await collector.emit('log', { observations: [report(at, { titles, listeners })] });
  }
  await collector.emit('log', { observations: [report(T0 + 11_000, { titles, title: 'Two' })] });
  await collector.flush();
  const kept = store.commits.flatMap(({ reports }) => reports.map((each) => each.report.titles));
  assert.deepEqual(kept, [titles, undefined]);
  const samples = store.commits.flatMap((commit) => commit.samples.map(({ at, value }) => [at - T0, value]));
  assert.deepEqual(samples, [
    [0, 5],
    [10_000, 7],
  ]);
});

test('a count of a server that tells numbers only is news, though nothing of it is kept but the count', async () => {
  const { store, collector } = await started();
  let told = 0;
  collector.onNews((news) => {
    told += news.streams.length;
  });
  await collector.emit('log', { observations: [report(T0, { listeners: 5, countOnly: true })] });
  await until('it is there', () => told === 1);
  await collector.emit('log', { observations: [report(T0 + 1000, { listeners: 6, countOnly: true })] });
  await until('its count has changed', () => told === 2);
  await collector.flush();
  assert.equal(store.commits.flatMap(({ reports }) => reports).length, 1);
});
