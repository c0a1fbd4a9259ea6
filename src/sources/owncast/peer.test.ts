/** Against a stand-in that answers as Owncast's source does (fixture.ts). */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { aViewer, type StandIn, startOwncast } from './fixture.ts';
import { owncast } from './index.ts';

const servers: StandIn[] = [];
const running: Watched[] = [];
afterEach(async () => {
  for (const watched of running.splice(0)) await watched.stop().catch(() => {});
  for (const server of servers.splice(0)) await server.stop();
});

async function start(): Promise<StandIn> {
  const server = await startOwncast();
  servers.push(server);
  return server;
}

function watch(
  { port, password }: StandIn,
  options: Record<string, unknown> = {},
  more: Parameters<typeof watchSource>[2] = {},
): Watched {
  const watched = watchSource(owncast, { host: '127.0.0.1', port, password, every: '1s', ...options }, more);
  running.push(watched);
  return watched;
}

const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);

async function failure(watched: Watched): Promise<HeadcountError> {
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError, String(error));
  assert.doesNotMatch(messageOf(error), /hackme|hunter2/);
  return error;
}

test('viewers come and go, and the stream is told', async () => {
  const server = await start();
  const first = aViewer('a');
  server.viewers = [first, aViewer('b', { ipAddress: '192.0.2.2' })];
  const watched = watch(server);
  await until('both are seen', () => open(watched).length === 2);
  const [session] = open(watched);
  assert.deepEqual(
    [session!.stream, session!.address, session!.startedAt],
    ['live', '192.0.2.1', Date.parse(first.firstSeen)],
  );
  const { status, title, listeners, peakListeners, startedAt } = watched.reports.get('live')!;
  assert.deepEqual([status, title, listeners, peakListeners], ['up', 'An evening with friends', 2, 9]);
  assert.equal(startedAt, Date.UTC(2026, 10, 21, 1, 0, 0, 123));
  server.viewers = [first];
  await until('one has left', () => open(watched).length === 1);
  Object.assign(server, { viewers: [], isOnline: false });
  await until('it is off the air', () => watched.reports.get('live')!.status === 'down');
  assert.deepEqual(open(watched), []);
});

test('who has gone and comes again is a new session', async () => {
  const server = await start();
  server.viewers = [aViewer('a')];
  const watched = watch(server);
  await until('somebody is seen', () => open(watched).length === 1);
  server.viewers = [aViewer('a', { firstSeen: new Date().toISOString() })];
  await until('another session', () => watched.sessions().length === 2);
  const [before, after] = watched.sessions();
  assert.deepEqual([before!.reason, after!.endedAt], ['left', null]);
});

test('without the password there is a number, and the administrator is not asked for', async () => {
  const server = await start();
  server.viewers = [aViewer('a'), aViewer('b')];
  const watched = watch(server, { password: undefined });
  await until('two polls', () => watched.batches.length >= 2);
  assert.deepEqual([watched.reports.get('live')!.listeners, watched.sessions()], [2, []]);
  assert.deepEqual([...new Set(server.asked)], ['/api/status']);
});

test('a wrong password is said to be one, and not printed', async () => {
  const error = await failure(watch(await start(), { password: 'hunter2' }));
  assert.equal(error.code, 'PEER_REFUSED_LOGIN');
});

test('an Owncast without a list of viewers is said to be too old', async () => {
  const server = await start();
  server.mood = 'old';
  const error = await failure(watch(server));
  assert.deepEqual([error.code, /0\.0\.12 and later/.test(error.message)], ['PEER_ANSWERED_BADLY', true]);
});

test('an answer that breaks off ends nobody, and silence neither', async () => {
  const server = await start();
  server.viewers = [aViewer('a')];
  const watched = watch(server);
  await until('somebody is seen', () => open(watched).length === 1);
  server.mood = 'cut off';
  assert.equal((await failure(watched)).code, 'PEER_ANSWERED_BADLY');
  server.mood = 'hangs';
  const silent = watch(server, { timeout: '150ms' }, { after: watched });
  assert.match((await failure(silent)).message, /did not answer within 150 ms/);
  server.mood = 'well';
  const again = watch(server, {}, { after: silent });
  await until('it answers again', () => again.batches.length > 0);
  assert.deepEqual([again.sessions().length, open(again).length], [1, 1]);
});

test('it stops at once in the middle of a poll', async () => {
  const server = await start();
  server.mood = 'hangs';
  const watched = watch(server);
  await until('it asks', () => server.asked.length > 0);
  await watched.stop();
});
