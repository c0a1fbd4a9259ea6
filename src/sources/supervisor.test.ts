/** The supervisor with a clock that the test turns. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { until } from '../../lab/child.ts';
import type { Clock } from '../lib/clock.ts';
import { HeadcountError } from '../lib/errors.ts';
import { Inboxes } from '../lib/inboxes.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { createLog } from '../telemetry/log.ts';
import type { Batch, SourceContext } from './source.ts';
import { supervise } from './supervisor.ts';

class TurnedClock implements Clock {
  #time = 1_000_000;
  #sleepers = new Set<{ due: number; wake: () => void }>();

  now = () => this.#time;
  elapsed = () => this.#time;

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { due: this.#time + ms, wake: () => {} };
      sleeper.wake = () => {
        this.#sleepers.delete(sleeper);
        resolve();
      };
      this.#sleepers.add(sleeper);
      if (signal.aborted) sleeper.wake();
      else signal.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Lets time pass, waking everybody in order. */
  async pass(ms: number): Promise<void> {
    const end = this.#time + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.#sleepers].sort((a, b) => a.due - b.due);
      if (next === undefined || next.due > end) break;
      this.#time = Math.max(this.#time, next.due);
      next.wake();
    }
    this.#time = end;
  }

  get sleepers(): number {
    return this.#sleepers.size;
  }
}

const STALE = 600_000;

function supervised(run: (context: SourceContext, attempt: number) => Promise<void>, cursor: unknown = null) {
  const clock = new TurnedClock();
  const counters = new ScopedCounters();
  const lines: string[] = [];
  const told: string[] = [];
  const batches: Batch[] = [];
  let attempt = 0;
  const supervisor = supervise({
    source: { run: (context) => run(context, ++attempt) },
    cursor,
    clock,
    log: createLog({ level: 'info', write: (line) => lines.push(line), now: () => new Date(clock.now()) }),
    counters,
    inboxes: new Inboxes(),
    random: () => 0.5,
    staleAfterMs: STALE,
    emit: async (batch) => {
      batches.push(batch);
    },
    onFailed: () => told.push('failed'),
    onFinished: () => told.push('finished'),
    onSilent: () => told.push('silent'),
  });
  return { clock, counters, lines, told, batches, supervisor, attempts: () => attempt };
}

const forever = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });

const AWAY = new HeadcountError('PEER_AWAY', 'The peer does not answer.');

test('a source that cannot go on is started again, later each time, and its trouble is said once', async () => {
  const { clock, counters, lines, told, supervisor, attempts } = supervised(async () => {
    throw AWAY;
  });
  await clock.pass(0);
  assert.equal(supervisor.health().status, 'waiting');
  assert.deepEqual(supervisor.health().lastError, { code: 'PEER_AWAY', message: AWAY.message, at: 1_000_000 });
  const starts = [attempts()];
  for (let i = 0; i < 6; i++) {
    await clock.pass(4000);
    starts.push(attempts());
  }
  assert.ok(attempts() > 2 && attempts() < 7, `${starts}`);
  await clock.pass(600_000);
  const later = attempts();
  await clock.pass(600_000);
  assert.ok(attempts() - later >= 10 && attempts() - later <= 20, 'in the end about once a minute');
  assert.equal(lines.filter((line) => line.includes('does not answer')).length, 1);
  assert.equal(counters.get('failures'), attempts());
  assert.ok(told.filter((what) => what === 'failed').length === attempts());
  await supervisor.stop();
  assert.equal(supervisor.health().status, 'stopped');
  assert.equal(clock.sleepers, 0);
});

test('after a minute of health a failure counts as the first again', async () => {
  let runsFor = 0;
  const starts: number[] = [];
  const { clock, supervisor } = supervised(async ({ signal, clock: its }) => {
    starts.push(its.elapsed());
    await its.sleep(runsFor, signal);
    throw AWAY;
  });
  await clock.pass(300_000);
  const waitAfter = (count: number) => starts[count]! - starts[count - 1]! - runsFor;
  assert.ok(waitAfter(starts.length - 1) >= 30_000, 'by now it waits long');
  runsFor = 59_000;
  await clock.pass(400_000);
  assert.ok(waitAfter(starts.length - 1) >= 30_000, 'less than a minute is no health');
  runsFor = 61_000;
  await clock.pass(400_000);
  const wait = waitAfter(starts.length - 1);
  assert.ok(wait >= 500 && wait <= 1000, `${wait}`);
  await supervisor.stop();
});

test('started again, it goes on from the cursor that it gave last', async () => {
  const seen: unknown[] = [];
  const { clock, batches, supervisor } = supervised(async ({ cursor, emit, signal }, attempt) => {
    seen.push(cursor);
    await emit({ observations: [], cursor: attempt * 10 });
    await emit({ observations: [] });
    if (attempt < 3) throw AWAY;
    await forever(signal);
  }, 5);
  await clock.pass(60_000);
  assert.deepEqual(seen, [5, 10, 20]);
  assert.equal(batches.length, 6);
  assert.equal(supervisor.health().status, 'running');
  assert.equal(supervisor.health().lastError, null, 'what is over is over');
  assert.equal(supervisor.health().restarts, 2);
  await supervisor.stop();
});

test('a source that is silent for too long is told so, once until it speaks again', async () => {
  const { promise: cue, resolve: speak } = Promise.withResolvers<void>();
  const { clock, told, lines, supervisor } = supervised(async ({ emit, signal }) => {
    await emit({ observations: [] });
    await cue;
    await emit({ observations: [] });
    await forever(signal);
  });
  await clock.pass(STALE - 2000);
  assert.deepEqual(told, []);
  await clock.pass(3 * STALE);
  assert.deepEqual(told, ['silent']);
  assert.equal(lines.filter((line) => line.includes('silent for too long')).length, 1);
  speak();
  await clock.pass(STALE - 2000);
  assert.deepEqual(told, ['silent']);
  await clock.pass(2 * STALE);
  assert.deepEqual(told, ['silent', 'silent']);
  await supervisor.stop();
});

test('a source that has told all is finished: not started again, and not silent', async () => {
  const { clock, told, supervisor, attempts } = supervised(async ({ emit }) => emit({ observations: [] }));
  await clock.pass(10 * STALE);
  assert.deepEqual(told, ['finished']);
  assert.equal(attempts(), 1);
  assert.equal(supervisor.health().status, 'finished');
  await supervisor.ended;
  await supervisor.stop();
});

test('stopped, it waits for the source to end, and what it says on the way is not taken', async () => {
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  const { clock, batches, told, supervisor } = supervised(async ({ emit, signal }) => {
    await forever(signal);
    await emit({ observations: [], cursor: 'too late' });
    await mayEnd;
    throw new Error('on the way out');
  });
  await clock.pass(0);
  let isStopped = false;
  const stopping = supervisor.stop().then(() => {
    isStopped = true;
  });
  await clock.pass(1000);
  assert.equal(isStopped, false);
  end();
  await stopping;
  assert.deepEqual([batches, told], [[], []]);
});

test('a fault in a source is logged with its place, and is no end of the process', async () => {
  const { clock, lines, supervisor } = supervised(async () => {
    throw new TypeError('undefined is not a function');
  });
  await until('it is logged', () => lines.length > 0);
  assert.match(lines[0]!, /TypeError: undefined is not a function.*supervisor\.test\.ts/s);
  assert.equal(supervisor.health().lastError?.code, 'SOURCE_FAILED');
  await clock.pass(0);
  await supervisor.stop();
});
