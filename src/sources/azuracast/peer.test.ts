/** Against a stand-in that answers as AzuraCast's source does (fixture.ts). */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { aListener, aStation, type StandIn, startAzuracast } from './fixture.ts';
import { azuracast } from './index.ts';

const servers: StandIn[] = [];
const running: Watched[] = [];
afterEach(async () => {
  for (const watched of running.splice(0)) await watched.stop().catch(() => {});
  for (const server of servers.splice(0)) await server.stop();
});

async function start(): Promise<StandIn> {
  const server = await startAzuracast();
  servers.push(server);
  return server;
}

function watch(
  { port, apiKey }: StandIn,
  options: Record<string, unknown> = {},
  more: Parameters<typeof watchSource>[2] = {},
): Watched {
  const watched = watchSource(azuracast, { host: '127.0.0.1', port, apiKey, every: '1s', ...options }, more);
  running.push(watched);
  return watched;
}

const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);
const streams = (watched: Watched) =>
  open(watched)
    .map(({ stream }) => stream)
    .sort();

async function failure(watched: Watched): Promise<HeadcountError> {
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError, String(error));
  assert.doesNotMatch(messageOf(error), /0123456789|wrong-key/);
  return error;
}

test('listeners come and go, two of the same address and player are two', async () => {
  const server = await start();
  const [first, second] = [aListener('a'), aListener('a')];
  server.stations.set('radio', aStation(first, second));
  const watched = watch(server);
  await until('both are seen', () => open(watched).length === 2);
  const [session] = open(watched);
  assert.deepEqual([session!.stream, session!.startedAt], ['radio/radio.mp3', first.connected_on! * 1000]);
  const { status, title, name, listeners, bitrate } = watched.reports.get('radio/radio.mp3')!;
  assert.deepEqual([status, title, name, listeners, bitrate], ['up', 'Artist - Title', 'A Radio', 2, 128]);
  server.stations.get('radio')!.listeners = [first];
  await until('one has left', () => open(watched).length === 1);
  server.stations.set('radio', { ...aStation(), isOnline: false });
  await until('it is off the air', () => watched.reports.get('radio/radio.mp3')!.status === 'down');
  assert.deepEqual([open(watched), watched.reports.get('radio/radio.mp3')!.title], [[], null]);
});

test('all public stations are watched, or those that are wanted, also when they are not public', async () => {
  const server = await start();
  server.stations.set('radio', aStation(aListener('a')));
  server.stations.set('rock', aStation(aListener('b')));
  server.stations.set('staff', { ...aStation(aListener('c')), isPublic: false });
  const all = watch(server);
  const some = watch(server, { station: 'rock,staff' });
  await until('both have polled', () => all.batches.length > 0 && some.batches.length > 0);
  assert.deepEqual(streams(all), ['radio/radio.mp3', 'rock/radio.mp3']);
  assert.deepEqual(streams(some), ['rock/radio.mp3', 'staff/radio.mp3']);
  const unknown = await failure(watch(server, { station: 'rock,gone' }));
  assert.deepEqual([unknown.code, /HTTP 404.*nowplaying\/gone/.test(unknown.message)], ['PEER_ANSWERED_BADLY', true]);
});

test('without a key there are numbers, and no listeners', async () => {
  const server = await start();
  server.stations.set('radio', aStation(aListener('a'), aListener('b')));
  const watched = watch(server, { apiKey: undefined });
  await until('two polls', () => watched.batches.length >= 2);
  assert.deepEqual([watched.reports.get('radio/radio.mp3')!.listeners, watched.sessions()], [2, []]);
  assert.deepEqual([...new Set(server.asked)], ['/api/nowplaying']);
});

test('a wrong key is said to be one, and not printed', async () => {
  const error = await failure(watch(await start(), { apiKey: 'wrong-key' }));
  assert.equal(error.code, 'PEER_REFUSED_LOGIN');
});

test('a station whose listeners cannot be asked for keeps them, and harms no other', async () => {
  const server = await start();
  server.stations.set('radio', aStation(aListener('a')));
  server.stations.set('rock', aStation(aListener('b')));
  const watched = watch(server);
  await until('both are seen', () => open(watched).length === 2);
  server.stations.get('radio')!.isBroken = true;
  server.stations.get('rock')!.listeners = [];
  await until('one has left', () => open(watched).length === 1);
  assert.deepEqual(streams(watched), ['radio/radio.mp3']);
  assert.ok(watched.counters.get('stationsFailed') > 0);
  server.stations.delete('radio');
  await until('the station is gone', () => watched.reports.get('radio/radio.mp3')!.status === 'down');
  assert.deepEqual(open(watched), []);
});

test('an answer that breaks off ends nobody, and silence neither', async () => {
  const server = await start();
  server.stations.set('radio', aStation(aListener('a')));
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
