/** Against Debian's Icecast on loopback: the sessions are compared with when connections were really open. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type LabIcecast, startIcecast } from '../../../lab/icecast.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { icecast } from './index.ts';

const servers: LabIcecast[] = [];
after(() => Promise.all(servers.map((server) => server.stop())));

async function start(): Promise<LabIcecast> {
  const server = await startIcecast();
  servers.push(server);
  return server;
}

const watch = ({ host, port, password }: LabIcecast, more: Parameters<typeof watchSource>[2] = {}) =>
  watchSource(icecast, { host, port, password, every: '1s' }, more);

const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);
const agents = (watched: Watched) => open(watched).map(({ userAgent }) => userAgent);

/** Seconds are all that Icecast tells of a start; it notices a closed connection late, and a poll is a second. */
const close = (at: number, expected: number, most: number, what: string) =>
  assert.ok(Math.abs(at - expected) <= most, `${what}: off by ${at - expected} ms`);

test('listeners come and go, on two mounts', async () => {
  const server = await start();
  await server.feed('/one.mp3', { name: 'Radio Ünïcode', genre: 'Rock', bitrate: 32 });
  const two = await server.feed('/two.mp3');
  const early = await server.listen('/one.mp3', 'early');
  const watched = watch(server);
  await until('the one who was there before us is seen', () => open(watched).length === 1);
  const late = await server.listen('/two.mp3', null);
  await until('both are seen', () => open(watched).length === 2);
  const leftAt = early.leave();
  await until('one has left', () => open(watched).length === 1);

  const [first, second] = watched.sessions();
  assert.deepEqual([first!.stream, first!.userAgent, first!.reason], ['/one.mp3', 'early', 'left']);
  assert.deepEqual([second!.stream, second!.userAgent, second!.address], ['/two.mp3', null, '127.0.0.1']);
  assert.ok([first!, second!].every(({ identity }) => identity === 'connection'));
  close(first!.startedAt, early.connectedAt, 2000, 'the start of the first');
  close(second!.startedAt, late.connectedAt, 2000, 'the start of the second');
  close(first!.endedAt!, leftAt, 4000, 'the end of the first');

  const report = watched.reports.get('/one.mp3')!;
  assert.equal(report.status, 'up');
  assert.equal(report.name, 'Radio Ünïcode');
  assert.deepEqual([report.genre, report.bitrate, report.contentType], ['Rock', 32, 'audio/mpeg']);
  close(report.startedAt!, early.connectedAt, 4000, 'the start of the stream');

  await two.stop();
  await until('its mount is down', () => watched.reports.get('/two.mp3')?.status === 'down');
  await until('its listener is gone', () => open(watched).length === 0);
  assert.equal(watched.reports.get('/one.mp3')!.status, 'up');
  await watched.stop();
});

test('titles are seen as they were sent', async () => {
  const server = await start();
  const feed = await server.feed('/live.mp3');
  const watched = watch(server);
  for (const title of ['Artist - Títle', 'An en dash – & <b>"quotes"</b>', 'Zażółć gęślą jaźń']) {
    await feed.title(title);
    await until(title, () => watched.reports.get('/live.mp3')?.title === title);
  }
  await watched.stop();
});

test('a hostile user agent does not blind us, and a relay is told by its own', async () => {
  const server = await start();
  await server.feed('/live.mp3');
  const watched = watch(server);
  const hostile = ['bell\u0007', Buffer.from([0x61, 0xff, 0xfe]), '<x>&amp;]]>&', '</UserAgent></listener>', 'a\tb'];
  await Promise.all([...hostile, 'Icecast 2.4.4', 'plain'].map((agent) => server.listen('/live.mp3', agent)));
  await until('everybody is seen', () => open(watched).length === 7);
  const seen = agents(watched);
  for (const agent of ['<x>&amp;]]>&', '</UserAgent></listener>', 'Icecast 2.4.4', 'plain'])
    assert.ok(seen.includes(agent), agent);
  assert.equal(watched.counters.get('unreadableListeners'), 0);
  await watched.stop();
});

test('a restarted server begins its ids anew, and its listeners are others', async () => {
  const server = await start();
  await server.feed('/live.mp3');
  await server.listen('/live.mp3', 'before');
  const watched = watch(server);
  await until('the first is seen', () => open(watched).length === 1);
  await server.halt();
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError);
  assert.equal(error.code, 'PEER_UNREACHABLE');
  assert.equal(open(watched).length, 1, 'silence ends nobody');

  await server.restart();
  await server.feed('/live.mp3');
  await server.listen('/live.mp3', 'after');
  const again = watch(server, { after: watched });
  await until('the second is seen, the first is gone', () => agents(again).join() === 'after');
  const [first, second] = again.sessions();
  assert.notEqual(first!.id, second!.id);
  assert.ok(first!.endedAt! <= second!.startedAt + 1000, 'no session spans the restart');
  await again.stop();
});

test('a wrong password is said to be one, and not printed', async () => {
  const server = await start();
  const watched = watchSource(icecast, { host: server.host, port: server.port, password: 'hunter2' });
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError);
  assert.equal(error.code, 'PEER_REFUSED_LOGIN');
  assert.match(error.message, new RegExp(`^127\\.0\\.0\\.1:${server.port} refused the login`));
  assert.doesNotMatch(messageOf(error), /hunter2/);
});

test('what is no Icecast is said to be none', async () => {
  const server = await start();
  const { host, port, password } = server;
  const watched = watchSource(icecast, { host, port, password, path: '/nowhere' });
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError);
  assert.deepEqual([error.code, /HTTP 404/.test(error.message)], ['PEER_ANSWERED_BADLY', true]);
});

test('it stops at once, in the middle of a poll or between two', async () => {
  const server = await start();
  const between = watch(server);
  await until('a poll is over', () => between.batches.length > 0);
  await between.stop();
  await watch(server).stop();
});
