/**
 * From the outbox to a Slack that fails in every way: what it was told is all there was, or was given up and counted;
 * what it was told twice it had taken before, with the same id.
 */

import { strict as assert } from 'node:assert';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { SLACK_TOKEN, type SlackServer, startSlack, type Whim } from '../../../lab/slack.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { COMMON, type OpenOutbox, openOutbox, sinkContext } from '../fixture.ts';
import { RunningSinks } from '../running.ts';
import { slack } from './index.ts';

const EVENTS = 80;

let outbox: OpenOutbox;
let server: SlackServer;
beforeEach(async () => {
  [outbox, server] = await Promise.all([openOutbox(), startSlack()]);
});
afterEach(() => Promise.all([outbox.remove(), server.stop()]));

/** The same numbers in [0, 1) every time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A dispatcher that is in a hurry: pauses are noted, and over soon. */
function start() {
  const waits: number[] = [];
  const sleep = (ms: number, signal: AbortSignal) => {
    waits.push(ms);
    return systemClock.sleep(ms === 300_000 || ms === 5000 || ms === 2000 ? ms : 2, signal);
  };
  const clock: Clock = { ...systemClock, sleep };
  const { context, counters, logged } = sinkContext({ clock });
  const { live, log } = context;
  const options = slack.config.parse({ token: SLACK_TOKEN, channel: '#radio', url: server.api, timeout: '2s' });
  const sinks = new RunningSinks({
    settings: [{ kind: slack, common: COMMON, options }],
    ...{ live, clock, log, counters, random: () => 0.5, outbox: outbox.store.outbox },
  });
  sinks.start();
  return { sinks, waits, logged, count: (name: string) => counters.read()['sink sink']?.[name] ?? 0 };
}

const ids = Array.from({ length: EVENTS }, (_, i) => `e${i}`);

const WHIMS: readonly Whim[] = [
  ...(['lose', 'break', 'hang'] as const),
  ...[{ status: 500 }, { status: 503, retryAfter: 7 }, { status: 429, retryAfter: 30 }],
  ...[{ error: 'internal_error' }, { error: 'ratelimited' }],
];

test('half of all requests fail, and it is dead for a while: everything is told, in order, and twice only what it took', async () => {
  const random = dice(7);
  const lost = new Set<number>();
  // Each takes as long as a request may.
  let hangs = 3;
  const whim = (): Whim => {
    if (random() < 0.5) return 'take';
    const one = WHIMS[Math.floor(random() * WHIMS.length)]!;
    if (one === 'hang' && hangs-- <= 0) return 'break';
    if (one === 'lose') lost.add(server.posted.length);
    return one;
  };
  server.whim = whim;
  const { sinks, waits, count } = start();
  await outbox.commit(...ids);
  sinks.wake();
  await until('a third has come', () => server.posted.length > EVENTS / 3, 30_000);
  // Nothing is under way that it takes when it dies.
  server.whim = () => 'break';
  const failures = count('failures');
  await until('it takes nothing any more', () => count('failures') > failures + 1);
  await server.die();
  await until('it has been tried in vain', () => count('failures') > failures + 5);
  server.whim = whim;
  await server.revive();
  await until('all are done with', () => count('delivered') === EVENTS, 60_000);
  await sinks.stop();

  assert.equal(count('givenUp'), 0);
  const posted = server.posted.map(({ id }) => id);
  assert.deepEqual([...new Set(posted)], ids, 'all of them, in their order');
  assert.ok(server.requests > EVENTS * 1.5 && posted.length > EVENTS, 'it has failed often enough');
  for (const [i, { id, message, isAnswered }] of server.posted.entries()) {
    assert.equal(message.metadata?.event_payload.id, id);
    const comesAgain = posted.indexOf(id, i + 1) >= 0;
    // Who was answered is not told again; a message whose answer was lost is, at once.
    assert.equal(comesAgain, !isAnswered, `the message ${i}`);
    assert.equal(!isAnswered, lost.has(i));
  }
  assert.ok(waits.includes(30_000) && waits.includes(7000), 'it is as patient as it is asked to be');
});

test('what is refused is given up and counted, and the rest is told', async () => {
  let requests = 0;
  server.whim = () => {
    requests++;
    return requests % 5 === 0
      ? { error: 'channel_not_found' }
      : requests % 7 === 0
        ? { error: 'msg_too_long' }
        : 'take';
  };
  const { sinks, count, logged } = start();
  await outbox.commit(...ids);
  sinks.wake();
  await until('all are done with', () => count('delivered') + count('givenUp') === EVENTS, 30_000);
  await sinks.stop();
  assert.ok(count('givenUp') > EVENTS / 5);
  assert.equal(server.posted.length, count('delivered'));
  assert.equal(new Set(server.posted.map(({ id }) => id)).size, count('delivered'));
  assert.match(
    logged.join(''),
    /events are given up: Slack answered with HTTP 200, channel_not_found: check the channel/,
  );
  assert.doesNotMatch(logged.join(''), new RegExp(SLACK_TOKEN));
  assert.equal(await outbox.store.outbox.count(COMMON.name), 0);
});

test('a wrong token is said, and everything it should have told is counted', async () => {
  server.whim = () => ({ error: 'invalid_auth' });
  const { sinks, count, logged } = start();
  await outbox.commit('a', 'b', 'c');
  sinks.wake();
  await until('all are given up', () => count('givenUp') === 3);
  await sinks.stop();
  assert.equal(logged.filter((line) => /invalid_auth: check the token/.test(line)).length, 1, 'once');
});
