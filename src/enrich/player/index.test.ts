import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import { watchThreads } from '../fixture.ts';
import { type Agent, createPlayers, type PlayersOptions } from './index.ts';

const threads = watchThreads();
const moody = new URL('./testdata/moody-worker.ts', import.meta.url);

function start(options: Partial<PlayersOptions<string>> = {}) {
  const counters = new ScopedCounters();
  const settled: [agent: Agent<string>, waiting: readonly string[]][] = [];
  const players = createPlayers<string>({
    keep: 100,
    queue: 100,
    settle: (agent, waiting) => settled.push([agent, waiting]),
    log: silentLog,
    counters,
    worker: moody,
    ...options,
  });
  return { players, counters, settled };
}

test('a plain player and a missing user agent are known at once', async () => {
  const { players, settled } = start();
  assert.equal(players.agentOf('VLC/3.0.16 LibVLC/3.0.16').player?.name, 'VLC');
  assert.deepEqual(players.agentOf(null), { player: null, bot: false, waiting: null });
  assert.deepEqual(players.agentOf(''), { player: null, bot: false, waiting: null });
  await players.settled();
  assert.deepEqual(settled, []);
  await players.close();
});

test('another one is known later, and those who wait are handed back', async () => {
  const { players, settled } = start();
  const agent = players.agentOf('agent');
  const atFirst = agent.player;
  agent.waiting?.push('one');
  players.agentOf('agent').waiting?.push('two');
  await players.settled();
  assert.deepEqual([atFirst, agent.player?.name], [null, 'agent']);
  assert.equal(players.agentOf('agent'), agent);
  assert.deepEqual(settled, [[agent, ['one', 'two']]]);
  assert.equal(agent.waiting, null);
  await players.close();
});

test('a bot by name is one at once; the thread may find more', async () => {
  const { players } = start();
  assert.equal(players.agentOf('python-requests/2.28.1').bot, true);
  const agent = players.agentOf('automaton');
  const atFirst = agent.bot;
  await players.settled();
  assert.deepEqual([atFirst, agent.bot], [false, true]);
  await players.close();
});

test('one that is given up stays unknown, and those who wait are let go', async () => {
  const { players, settled } = start();
  const agent = players.agentOf('die');
  agent.waiting?.push('one');
  await players.settled();
  assert.deepEqual([agent.player, agent.waiting], [null, null]);
  assert.deepEqual(settled, [[agent, ['one']]]);
  assert.equal(players.agentOf('die'), agent);
  await players.close();
});

test('one that was refused is asked again when it is met again', async () => {
  const { players, counters } = start({ queue: 1 });
  players.agentOf('first');
  assert.equal(players.agentOf('second').waiting, null);
  assert.equal(counters.get('playersRefused'), 1);
  await players.settled();
  const second = players.agentOf('second');
  assert.notEqual(second.waiting, null);
  await players.settled();
  assert.equal(second.player?.name, 'second');
  await players.close();
});

test('so many are kept and no more', async () => {
  const { players, counters } = start({ keep: 2 });
  const first = players.agentOf('first');
  for (const userAgent of ['second', 'third', 'fourth']) players.agentOf(userAgent);
  assert.equal(counters.get('agentsEvicted'), 2);
  assert.notEqual(players.agentOf('first'), first);
  await players.settled();
  // It had been let go while the thread was at it: it is answered all the same.
  assert.equal(first.player?.name, 'first');
  await players.close();
});

test('what is longer than 1024 characters is asked by its beginning', async () => {
  const { players } = start();
  const long = 'x'.repeat(1024);
  const agent = players.agentOf(`${long}one end`);
  assert.equal(players.agentOf(`${long}another end`), agent);
  await players.settled();
  assert.equal(agent.player?.name?.length, 1024);
  await players.close();
});

test('the real thread knows real players', async () => {
  const counters = new ScopedCounters();
  const players = createPlayers<string>({ keep: 10, queue: 10, settle: () => {}, log: silentLog, counters });
  const agent = players.agentOf('Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0');
  await players.settled();
  assert.deepEqual(agent.player, { name: 'Firefox', version: '121.0', type: 'browser', platform: 'Linux' });
  assert.equal(threads.size, 1);
  await players.close();
  assert.equal(threads.size, 0);
});
