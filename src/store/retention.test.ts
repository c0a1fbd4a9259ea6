import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Clock } from '../lib/clock.ts';
import { HeadcountError } from '../lib/errors.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { createLog } from '../telemetry/log.ts';
import { keepRetention, type RetentionOptions } from './retention.ts';
import type { Retention } from './store.ts';

const RETENTION: Retention = { addresses: 1000, sessions: null, samples: null };

/** Runs it until it has been applied as often as there are answers; an answer that is an error is thrown. */
async function run(answers: readonly (number | Error)[], retention = RETENTION) {
  const applied: number[] = [];
  const slept: number[] = [];
  const lines: string[] = [];
  const counters = new ScopedCounters();
  const abort = new AbortController();
  let now = 1_000_000;
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
      if (applied.length === answers.length) abort.abort();
    },
  };
  const retain = async (asked: Retention, at: number) => {
    assert.equal(asked, retention);
    const answer = answers[applied.push(at) - 1];
    if (answer instanceof Error) throw answer;
    return answer ?? 0;
  };
  const log = createLog({ level: 'info', write: (line) => lines.push(line), now: () => new Date(0) });
  const options: RetentionOptions = { store: { retain }, retention, clock, signal: abort.signal, log, counters };
  await keepRetention(options);
  return { applied, slept, lines: lines.join(''), counters: counters.read() };
}

test('retention is applied at the start and then every hour, as of the time it is then', async () => {
  const { applied, slept, counters } = await run([5, 0, 7]);
  assert.deepEqual(applied, [1_000_000, 4_600_000, 8_200_000]);
  assert.deepEqual(slept, [3_600_000, 3_600_000, 3_600_000]);
  assert.deepEqual(counters, { retained: 12 });
});

test('a failure is said and counted, and the next time comes all the same', async () => {
  const full = new HeadcountError('STORE_FULL', 'There is no room.');
  const { applied, lines, counters } = await run([full, 3]);
  assert.equal(applied.length, 2);
  assert.match(
    lines,
    /warn {2}retention could not be applied this time: There is no room\.\n.*has deleted or erased 3 rows/,
  );
  assert.deepEqual(counters, { retentionFailures: 1, retained: 3 });
});

test('nothing is asked when everything is kept for ever', async () => {
  const { applied } = await run([1], { addresses: null, sessions: null, samples: null });
  assert.deepEqual(applied, []);
});
