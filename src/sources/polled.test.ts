import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Observation } from '../core/observation.ts';
import { systemClock } from '../lib/clock.ts';
import { Inboxes } from '../lib/inboxes.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { silentLog } from '../telemetry/log.ts';
import { type PollAnswer, polledSource } from './polled.ts';

/** What is emitted of these answers, one poll each. */
async function polled(answers: PollAnswer[]): Promise<Observation[]> {
  const stopping = new AbortController();
  const emitted: Observation[] = [];
  const source = polledSource(1, async () => answers.shift()!);
  await source.run({
    emit: async ({ observations }) => {
      emitted.push(...observations);
      if (answers.length === 0) stopping.abort();
    },
    signal: stopping.signal,
    cursor: null,
    clock: systemClock,
    log: silentLog,
    counters: new ScopedCounters(),
    inboxes: new Inboxes(),
  });
  return emitted;
}

const answer = (streams: readonly string[], listeners: PollAnswer['listeners']): PollAnswer => ({
  reports: streams.map((stream) => ({ kind: 'report', stream, at: 1, status: 'up', listeners: 5 })),
  listeners,
});
const NOBODY = { unknown: new Set<string>(), present: [] };

test('a server that tells numbers only has no roster, and its reports say so', async () => {
  const emitted = await polled([answer(['/live'], null)]);
  assert.deepEqual(
    emitted.map((each) => [each.kind, each.kind === 'report' && each.countOnly]),
    [['report', true]],
  );
});

test('a server that tells who is there has a roster', async () => {
  const emitted = await polled([answer(['/live'], NOBODY)]);
  assert.deepEqual(
    emitted.map((each) => [each.kind, each.kind === 'report' && each.countOnly]),
    [
      ['report', false],
      ['roster', false],
    ],
  );
});

test('a stream that is spoken of no more is down, and has no listeners', async () => {
  const emitted = await polled([answer(['/live', '/old'], NOBODY), answer(['/live'], NOBODY)]);
  const last = emitted.findLast((each) => each.kind === 'report' && each.stream === '/old');
  assert.ok(last?.kind === 'report');
  assert.deepEqual([last.status, last.listeners], ['down', 0]);
});
