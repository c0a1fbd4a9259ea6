import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { type Log, silentLog } from '../../telemetry/log.ts';
import { watchThreads } from '../fixture.ts';
import { Detection } from './detection.ts';

const moody = new URL('./testdata/moody-worker.ts', import.meta.url);

function start(options: Partial<{ worker: URL; most: number; patience: number; log: Log }> = {}) {
  const counters = new ScopedCounters();
  const detection = new Detection({ worker: moody, most: 100, patience: 10_000, log: silentLog, counters, ...options });
  const answers = new Map<string, string | null>();
  const ask = (userAgent: string) =>
    detection.ask(userAgent, (finding) => answers.set(userAgent, finding?.player?.name ?? null));
  return { detection, counters, answers, ask };
}

const threads = watchThreads();

test('everybody is answered, in order, and never from within ask', async () => {
  const { detection, answers, ask } = start();
  const asked = Array.from({ length: 50 }, (_, i) => `agent ${i}`);
  for (const userAgent of asked) assert.equal(ask(userAgent), true);
  assert.equal(answers.size, 0);
  await detection.settled();
  assert.deepEqual(
    [...answers],
    asked.map((each) => [each, each]),
  );
  await detection.close();
});

test('the same user agent is asked once, and all who asked are answered', async () => {
  const { detection } = start({ most: 1 });
  let answers = 0;
  for (let i = 0; i < 5; i++)
    assert.equal(
      detection.ask('same', () => answers++),
      true,
    );
  await detection.settled();
  assert.equal(answers, 5);
  await detection.close();
});

test('who finds no room is refused and counted, and has room again later', async () => {
  const { detection, counters, answers, ask } = start({ most: 3 });
  assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map(ask), [true, true, true, false, false]);
  assert.equal(counters.get('playersRefused'), 2);
  await detection.settled();
  assert.equal(ask('d'), true);
  await detection.settled();
  assert.deepEqual([...answers.keys()], ['a', 'b', 'c', 'd']);
  await detection.close();
});

for (const trouble of ['die', 'throw']) {
  test(`a thread that ends with "${trouble}" is started again, and only the one it ended on is given up`, async () => {
    const { detection, counters, answers, ask } = start();
    for (const userAgent of ['before', trouble, 'after', 'later']) ask(userAgent);
    await detection.settled();
    assert.equal(counters.get('playerThreadsDied'), 1);
    assert.equal(counters.get('playersGivenUp'), 1);
    // What it had answered before it ended may have been lost on the way, and was then asked again.
    assert.deepEqual(Object.fromEntries(answers), {
      before: 'before',
      [trouble]: null,
      after: 'after',
      later: 'later',
    });
    await detection.close();
  });
}

test('a thread that does not answer is ended when patience ends', async () => {
  const { detection, counters, answers, ask } = start({ patience: 1000 });
  for (const userAgent of ['before', 'loop', 'after']) ask(userAgent);
  await detection.settled();
  assert.equal(counters.get('playerThreadsDied'), 1);
  assert.deepEqual(Object.fromEntries(answers), { before: 'before', loop: null, after: 'after' });
  await detection.close();
});

test('a thread that cannot even start is given up, with one line in the log', async () => {
  const errors: string[] = [];
  const log: Log = { ...silentLog, error: (message) => errors.push(message) };
  const { detection, counters, answers, ask } = start({
    worker: new URL('./testdata/broken-worker.ts', import.meta.url),
    log,
  });
  for (let i = 0; i < 20; i++) ask(`agent ${i}`);
  await detection.settled();
  assert.equal(counters.get('playerThreadsDied'), 5);
  assert.equal(counters.get('playersGivenUp'), 20);
  assert.deepEqual([...answers.values()], Array(20).fill(null));
  assert.equal(ask('one more'), false);
  assert.equal(errors.length, 1);
  assert.match(errors[0]!, /no longer named.*5 times.*on purpose/);
  await detection.close();
});

test('a thread that dies now and then, but works in between, goes on', async () => {
  const { detection, counters, answers, ask } = start({ most: 1000 });
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 120; i++) ask(`agent ${round} ${i}`);
    ask(`die ${round}`);
    await detection.settled();
  }
  assert.equal(counters.get('playerThreadsDied'), 8);
  assert.equal([...answers.values()].filter((name) => name !== null).length, 8 * 120);
  await detection.close();
});

test('closing ends the thread, answers nobody, and frees those who wait', async () => {
  const { detection, answers, ask } = start();
  ask('loop');
  ask('behind');
  await until('the thread runs', () => threads.size === 1);
  const settled = detection.settled();
  await detection.close();
  await settled;
  assert.equal(threads.size, 0);
  assert.equal(answers.size, 0);
  assert.equal(ask('too late'), false);
});

test('no thread is started before it is needed', async () => {
  const { detection } = start();
  assert.equal(threads.size, 0);
  await detection.settled();
  await detection.close();
});
