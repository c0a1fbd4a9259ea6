/** The dispatcher, with a real outbox and a sink that the test plays. */

import { strict as assert } from 'node:assert';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '../../lab/child.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Outbox } from '../store/store.ts';
import { Dispatcher } from './dispatcher.ts';
import { COMMON, type OpenOutbox, openOutbox, sinkContext } from './fixture.ts';
import { type CommonSinkOptions, Later, Refused, type Sink, type Told } from './sink.ts';

/** Waits are noted, and over soon. */
class HurriedClock implements Clock {
  readonly waits: number[] = [];
  now = () => Date.now();
  elapsed = () => this.waits.reduce((sum, ms) => sum + ms, 0);
  sleep = (ms: number, signal: AbortSignal) => {
    // Those of the housekeeping, and of having nothing to do, are no pauses after a failure.
    if (ms !== 5000 && ms !== 300_000) this.waits.push(ms);
    return systemClock.sleep(ms === 300_000 ? ms : 5, signal);
  };
}

let outbox: OpenOutbox;
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  outbox = await openOutbox();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await outbox.remove();
});

interface Play {
  readonly batches: string[][];
  answer: (told: readonly Told[], signal: AbortSignal) => Promise<void>;
}

function begin(
  more: { common?: Partial<CommonSinkOptions>; batch?: Sink['batch']; outbox?: Outbox; clock?: Clock } = {},
) {
  const play: Play = { batches: [], answer: async () => {} };
  const clock = more.clock ?? new HurriedClock();
  const { context, logged } = sinkContext({ clock });
  const sink: Sink = {
    batch: more.batch ?? { events: 100, bytes: 1e6 },
    deliver: async (told, signal) => {
      await play.answer(told, signal);
      play.batches.push(told.map(({ event }) => event.id));
    },
  };
  const { log, counters } = context;
  const dispatcher = new Dispatcher({
    ...{ sink, clock, log, counters, random: () => 0.5 },
    common: { ...COMMON, ...more.common },
    outbox: more.outbox ?? outbox.store.outbox,
  });
  dispatcher.start();
  let isStopped = false;
  const stop = async (withinMs = 1000) => {
    if (!isStopped) await dispatcher.stop(withinMs);
    isStopped = true;
  };
  stops.push(stop);
  const waits = clock instanceof HurriedClock ? clock.waits : [];
  return { play, dispatcher, counters, logged, waits, stop };
}

const ids = (count: number, prefix = 'e') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

test('batches have no more events and bytes than the sink takes, but at least one event', async () => {
  await outbox.commit(...ids(7));
  const { play } = begin({ batch: { events: 3, bytes: 1e6 } });
  await until('all are told', () => play.batches.flat().length === 7);
  assert.deepEqual(
    play.batches.map((batch) => batch.length),
    [3, 3, 1],
  );
  await stops.pop()!();
  await outbox.commit(...ids(3, 'f'));
  const small = begin({ batch: { events: 100, bytes: 10 } });
  await until('all are told', () => small.play.batches.length === 3);
  assert.deepEqual(small.play.batches, [['f0'], ['f1'], ['f2']]);
});

test('a failure is tried again with growing pauses, in order, said once, and its end is said', async () => {
  const { play, counters, logged, waits, dispatcher } = begin();
  let failures = 6;
  play.answer = async () => {
    if (failures-- > 0) throw new Error('nobody is there');
  };
  await outbox.commit('a', 'b');
  dispatcher.wake();
  await until('they are told', () => play.batches.length > 0);
  assert.deepEqual(play.batches, [['a', 'b']]);
  assert.equal(counters.get('failures'), 6);
  assert.deepEqual(waits.slice(0, 6), [750, 1500, 3000, 6000, 12_000, 24_000]);
  await until('it is said', () => logged.length === 2);
  assert.match(logged[0]!, /warn .*events wait, and are told later: nobody is there/);
  assert.match(logged[1]!, /info .*told again/);
});

test('who asks for patience gets it', async () => {
  const { play, waits, dispatcher } = begin();
  let failures = 1;
  play.answer = async () => {
    if (failures-- > 0) throw new Later('busy', 120_000);
  };
  await outbox.commit('a');
  dispatcher.wake();
  await until('it is told', () => play.batches.length > 0);
  assert.equal(waits[0], 120_000);
});

test('what is refused is given up, counted and said, and the rest is told', async () => {
  const { play, counters, logged, waits, dispatcher } = begin({ batch: { events: 2, bytes: 1e6 } });
  play.answer = async (told) => {
    if (told.some(({ event }) => event.id === 'c')) throw new Refused('it is no use');
  };
  await outbox.commit('a', 'b', 'c', 'd', 'e');
  dispatcher.wake();
  await until('the rest is told', () => play.batches.flat().includes('e'));
  assert.deepEqual(play.batches, [['a', 'b'], ['e']]);
  assert.equal(counters.get('givenUp'), 2);
  assert.deepEqual(waits, []);
  assert.match(logged.join(''), /given up: it is no use/);
  await until('nothing waits', async () => (await outbox.store.outbox.count(COMMON.name)) === 0);
});

test('what could not be told for too long is given up', async () => {
  const { play, counters, logged, dispatcher } = begin({
    common: { giveUpAfter: 60_000 },
    batch: { events: 1, bytes: 1e6 },
  });
  play.answer = async (told) => {
    if (told[0]!.event.id === 'a') throw new Error('not this one');
  };
  await outbox.commit('a', 'b');
  dispatcher.wake();
  await until('the next one is told', () => play.batches.length > 0);
  assert.deepEqual(play.batches, [['b']]);
  assert.equal(counters.get('givenUp'), 1);
  assert.match(logged.join(''), /given up: not this one/);
});

test('when too many wait the oldest are dropped and counted, and it is said once', async () => {
  const { play, counters, logged, dispatcher } = begin({ common: { queue: 100 } });
  play.answer = async () => {
    throw new Error('closed for today');
  };
  await outbox.commit(...ids(150));
  await outbox.commit(...ids(50, 'f'));
  dispatcher.wake();
  await until('they are dropped', () => counters.get('dropped') === 100);
  await outbox.commit(...ids(20, 'g'));
  await until('more are dropped', () => counters.get('dropped') === 120);
  play.answer = async () => {};
  await until('the rest is told', () => play.batches.flat().length >= 100);
  assert.deepEqual(play.batches.flat().slice(-100), [...ids(150).slice(120), ...ids(50, 'f'), ...ids(20, 'g')]);
  assert.equal(logged.filter((line) => /the oldest are dropped/.test(line)).length, 1);
});

test('it is told only what it wants, and the rest does not hold it up', async () => {
  const { play, dispatcher } = begin({ common: { streams: ['other'] }, batch: { events: 2, bytes: 1e6 } });
  await outbox.commit(...ids(5));
  dispatcher.wake();
  await until('nothing waits', async () => (await outbox.store.outbox.count(COMMON.name)) === 0);
  assert.deepEqual(play.batches, []);
});

test('what was not acknowledged comes again after a restart, with the same ids; nothing is lost', async () => {
  const first = begin({ batch: { events: 2, bytes: 1e6 } });
  const seen: string[] = [];
  first.play.answer = async (told) => {
    seen.push(...told.map(({ event }) => event.id));
    if (seen.length > 4) throw new Error('the answer was lost on the way');
  };
  await outbox.commit(...ids(6));
  first.dispatcher.wake();
  await until('all have been sent', () => seen.length >= 6);
  await first.stop();
  await outbox.reopen();
  const second = begin();
  await until('the rest comes', () => second.play.batches.length > 0);
  assert.deepEqual(second.play.batches, [['e4', 'e5']]);
  assert.deepEqual(seen.slice(0, 6), ids(6));
});

test('at the end what is there is told, but nobody is waited for', async () => {
  const { play, dispatcher, stop, counters } = begin({ clock: systemClock });
  let isAborted = false;
  play.answer = (_, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        isAborted = true;
        reject(signal.reason);
      });
    });
  await outbox.commit('a');
  dispatcher.wake();
  await stop(50);
  assert.ok(isAborted);
  assert.equal(counters.get('failures'), 0, 'that was no failure of the sink');
  assert.equal(await outbox.store.outbox.count(COMMON.name), 1, 'it is told after the next start');
});

test('an outbox that cannot be used is tried again, and nothing is told twice but what was not noted', async () => {
  const real = outbox.store.outbox;
  let failures = 2;
  const failing = async <T>(answer: () => Promise<T>): Promise<T> => {
    if (failures-- > 0) throw new Error('no room');
    return answer();
  };
  const { play, counters, logged, dispatcher } = begin({
    outbox: { ...real, advance: (sink, to) => failing(() => real.advance(sink, to)) },
  });
  await outbox.commit('a');
  dispatcher.wake();
  await until('it is noted', async () => (await real.count(COMMON.name)) === 0);
  assert.deepEqual(play.batches, [['a'], ['a'], ['a']]);
  assert.equal(counters.get('storeFailures'), 2);
  assert.match(logged.join(''), /the outbox cannot be used: no room/);
});

test('when many come, so many are told one by one, and the rest as one, which stays the same until it is taken', async () => {
  const { play, dispatcher, counters } = begin({ common: { digestAfter: 3, digestWithin: 60_000 } });
  const digests: { id: string; events: number }[] = [];
  let failures = 2;
  play.answer = async (told) => {
    const [{ event }] = told as [Told];
    if (event.type !== 'digest') return;
    digests.push({ id: event.id, events: event.events });
    if (failures-- <= 0) return;
    // More come while it is tried.
    await outbox.commit(...ids(4, `late${failures}-`));
    throw new Error('the answer was lost on the way');
  };
  await outbox.commit(...ids(20));
  dispatcher.wake();
  await until('all are told', () => counters.get('digested') + counters.get('delivered') === 28);
  assert.deepEqual(play.batches[0], ['e0', 'e1', 'e2']);
  assert.deepEqual(digests.slice(0, 3), Array(3).fill({ id: digests[0]!.id, events: 17 }));
  assert.equal(new Set(digests.map(({ id }) => id)).size, counters.get('digests'));
  await until('nothing waits', async () => (await outbox.store.outbox.count(COMMON.name)) === 0);
});

test('a digest that is given up counts as all of its events', async () => {
  const { play, dispatcher, counters } = begin({ common: { digestAfter: 1 } });
  play.answer = async ([each]) => {
    if (each!.event.type === 'digest') throw new Refused('no digests');
  };
  await outbox.commit(...ids(9));
  dispatcher.wake();
  await until('nothing waits', async () => (await outbox.store.outbox.count(COMMON.name)) === 0);
  assert.deepEqual([counters.get('delivered'), counters.get('givenUp'), counters.get('digested')], [1, 8, 0]);
});

test('what the rules leave out is counted once, however often the rest is tried', async () => {
  const { play, dispatcher, counters } = begin({ common: { cooldown: 86_400_000 }, batch: { events: 1, bytes: 1e6 } });
  let failures = 3;
  play.answer = async () => {
    if (failures-- > 0) throw new Error('not yet');
  };
  await outbox.commit(...ids(300));
  dispatcher.wake();
  await until('nothing waits', async () => (await outbox.store.outbox.count(COMMON.name)) === 0);
  assert.deepEqual(play.batches, [['e0']]);
  assert.equal(counters.get('cooledDown'), 299);
});
