/** Against a stand-in for Wowza (lab/wowza.ts) over real HTTP with Digest: viewers come and go, and things go wrong. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { type LabWowza, startWowza } from '../../../lab/wowza.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { wowza } from './index.ts';

const servers: LabWowza[] = [];
const running: Watched[] = [];
afterEach(async () => {
  for (const watched of running.splice(0)) await watched.stop().catch(() => {});
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(options?: Parameters<typeof startWowza>[0]): Promise<LabWowza> {
  const server = await startWowza(options);
  servers.push(server);
  return server;
}

function watch(
  { host, port, user, password }: LabWowza,
  options: Record<string, unknown> = {},
  after?: Watched,
): Watched {
  const more = after === undefined ? {} : { after };
  const watched = watchSource(wowza, { host, port, user, password, every: '1s', ...options }, more);
  running.push(watched);
  return watched;
}

const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);
const polls = (watched: Watched, count: number) => until(`${count} polls`, () => watched.batches.length >= count);
const statusOf = (watched: Watched, stream: string) => {
  const { status, listeners } = watched.reports.get(stream) ?? {};
  return [status, listeners];
};

async function failureOf(watched: Watched): Promise<HeadcountError> {
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError, String(error));
  assert.doesNotMatch(messageOf(error), /hackme|hunter2|admin/);
  return error;
}

test('viewers of every protocol come and go, with all their bytes, behind both kinds of Digest', async () => {
  for (const algorithm of ['MD5', 'SHA-256']) {
    const server = await start({ algorithm });
    const hls = server.join({ sent: 1000 });
    const watched = watch(server);
    await until('the first is seen', () => open(watched).length === 1);
    hls.sent = 1500;
    const rtmp = server.join({ row: 'Client', uri: 'rtmp://video.example/live', sent: 70 });
    server.join({ row: 'RTPSession', uri: 'rtsp://video.example/live/cam', address: '2001:db8::7' });
    server.join({ row: 'Client', uri: 'rtmp://video.example/live', flashVersion: 'FMLE/3.0 (compatible; FMSc/1.0)' });
    await until('all are seen', () => open(watched).length === 4);
    rtmp.leave();
    await until('one has left', () => open(watched).length === 3);

    const byStart = watched.sessions();
    assert.deepEqual(byStart.map(({ stream }) => stream).sort(), ['live', 'live', 'live/cam', 'live/cam']);
    assert.ok(byStart.every(({ identity }) => identity === 'connection'));
    const session = byStart.find(({ details }) => details['sessionType'] === 'cupertino')!;
    assert.equal(session.bytes, 500, 'what came before the first poll may have been counted before');
    assert.ok(Math.abs(session.startedAt - hls.connectedAt) < 2000);
    const left = byStart.find(({ endedAt }) => endedAt !== null)!;
    assert.deepEqual([left.stream, left.userAgent, left.bytes, left.reason], ['live', 'WIN 32,0,0,371', 70, 'left']);
    const present = watched.batches.flatMap(({ observations }) =>
      observations.flatMap((each) => (each.kind === 'roster' ? each.present : [])),
    );
    assert.ok(
      present.some(({ client }) => client.isPublisher),
      'the encoder is told as one',
    );
    assert.deepEqual(statusOf(watched, 'live/cam'), ['up', 2]);
    assert.deepEqual(statusOf(watched, 'live'), ['up', 0]);
  }
});

test('the name of the root does not matter, and a client that breaks its row hides nobody else', async () => {
  const server = await start();
  server.rootName = 'WowzaMediaServer';
  server.join({});
  server.join({ row: 'Client', uri: 'rtmp://video.example/live', flashVersion: '</Client><x a=<' });
  const watched = watch(server);
  await until('the other is seen', () => open(watched).length === 1);
  assert.equal(watched.counters.get('unreadableSessions'), 1);
});

test('a stream that nobody plays may be on the air; one whose application has gone is down', async () => {
  const server = await start();
  const viewer = server.join({});
  server.join({ instance: 'vod/_definst_', uri: 'vod/_definst_/mp4:film.mp4/playlist.m3u8' });
  const watched = watch(server);
  await until('both are seen', () => open(watched).length === 2);
  viewer.leave();
  await until('the stream is quiet', () => statusOf(watched, 'live/cam').join() === 'unknown,0');
  server.unload('vod/_definst_');
  await until('the other is down', () => statusOf(watched, 'vod/film.mp4').join() === 'down,0');
  assert.deepEqual(open(watched), []);
  assert.deepEqual(statusOf(watched, 'live/cam'), ['unknown', 0]);
});

test('only what the address names is watched', async () => {
  const server = await start();
  server.join({});
  server.join({ instance: 'vod/_definst_', uri: 'vod/_definst_/film/playlist.m3u8' });
  const watched = watch(server, { address: 'vod' });
  await until('one is seen', () => open(watched).length === 1);
  assert.deepEqual([...watched.reports.keys()], ['vod/film']);
  assert.equal(watched.counters.get('instances'), 1);
  const nowhere = watch(server, { address: '_defaultVHost_/live/second' });
  await polls(nowhere, 1);
  assert.deepEqual([nowhere.counters.get('instances'), nowhere.sessions()], [0, []]);
});

test('after a restart the same id is another connection', async () => {
  const server = await start();
  server.join({ id: 7 });
  const watched = watch(server);
  await until('the first is seen', () => open(watched).length === 1);
  const [first] = open(watched);
  server.restart();
  await until('a second has begun', () => Date.now() > first!.startedAt + 1000);
  server.join({ id: 7 });
  await until('the second is seen', () => watched.sessions().length === 2);
  const [one, two] = watched.sessions();
  assert.notEqual(one!.id, two!.id);
  assert.ok(one!.endedAt !== null && two!.endedAt === null);
});

test('without /serverinfo there are numbers and no sessions, and viewers as soon as it is switched on', async () => {
  for (const absent of ['notFound', 'greeting'] as const) {
    const server = await start();
    server.absent = absent;
    server.join({});
    server.join({});
    const watched = watch(server);
    await until('they are counted', () => statusOf(watched, 'live/cam').join() === 'up,2');
    assert.deepEqual(watched.sessions(), []);
    assert.equal(watched.counters.get('countsOnly'), 1);
    assert.deepEqual(server.asked.slice(0, 2), ['/serverinfo', '/connectioncounts']);
    server.absent = 'none';
    await until('they are seen', () => open(watched).length === 2);
    server.absent = absent;
    const soFar = watched.batches.length;
    await polls(watched, soFar + 2);
    assert.equal(open(watched).length, 2, 'numbers end nobody');
    const only = watch(server, { api: 'serverinfo' });
    assert.equal((await failureOf(only)).code, 'PEER_ANSWERED_BADLY');
  }
});

test('whoever wants numbers only asks for nothing else', async () => {
  const server = await start();
  server.join({});
  const watched = watch(server, { api: 'connectioncounts' });
  await polls(watched, 2);
  assert.deepEqual([...new Set(server.asked)], ['/connectioncounts']);
  assert.deepEqual(statusOf(watched, 'live/cam'), ['up', 1]);
});

test('REST: numbers of every incoming stream; one that has none does not hide the others', async () => {
  const server = await start();
  server.incoming.set('live/_definst_', { cam: 3, 'ended one': 0, 'a/b': 'broken' });
  server.incoming.set('vod/second', { film: 1 });
  const watched = watch(server, { api: 'rest' });
  await polls(watched, 1);
  assert.deepEqual(
    [...watched.reports.values()].map(({ stream, status, listeners }) => [stream, status, listeners]),
    [
      ['live/cam', 'up', 3],
      ['live/ended one', 'down', 0],
      ['live/a/b', 'up', undefined],
      ['vod/second/film', 'up', 1],
    ],
  );
  assert.equal(watched.counters.get('streamsFailed'), 1);
  assert.deepEqual(watched.sessions(), []);
  server.incoming.delete('vod/second');
  await until('it is down', () => statusOf(watched, 'vod/second/film').join() === 'down,0');

  const within = watch(server, { api: 'rest', address: '_defaultVHost_/live/_definst_' });
  await polls(within, 1);
  assert.deepEqual([...within.reports.keys()], ['live/cam', 'live/ended one', 'live/a/b']);
});

test('REST: if no stream has numbers, the server is the trouble', async () => {
  const server = await start();
  server.incoming.set('live/_definst_', { a: 'broken', b: 'broken' });
  const error = await failureOf(watch(server, { api: 'rest' }));
  assert.deepEqual([error.code, /HTTP 500/.test(error.message)], ['PEER_ANSWERED_BADLY', true]);
  const elsewhere = await failureOf(watch(server, { api: 'rest', address: 'vhost/live/_definst_' }));
  assert.match(elsewhere.message, /HTTP 404/);
});

test('an answer that breaks off, and a server that hangs, end nobody', async () => {
  for (const [mood, code, sentence] of [
    ['truncated', 'PEER_ANSWERED_BADLY', /no statistics page of Wowza/],
    ['silent', 'PEER_UNREACHABLE', /did not answer within 400 ms/],
  ] as const) {
    const server = await start();
    server.join({});
    const watched = watch(server, { timeout: '400ms' });
    await until('the viewer is seen', () => open(watched).length === 1);
    server.mood = mood;
    const error = await failureOf(watched);
    assert.deepEqual([error.code, sentence.test(error.message)], [code, true], error.message);
    assert.equal(open(watched).length, 1);
    server.mood = 'well';
    const again = watch(server, {}, watched);
    await polls(again, 1);
    assert.equal(again.sessions().length, 1, 'the same session goes on');
  }
});

test('a wrong password, and none at all, are said to be wrong', async () => {
  const server = await start();
  for (const options of [{ password: 'hunter2' }, { user: undefined }]) {
    const error = await failureOf(watch(server, options));
    assert.equal(error.code, 'PEER_REFUSED_LOGIN');
  }
});
