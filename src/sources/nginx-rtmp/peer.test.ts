/** Against Debian's nginx with its RTMP module on loopback: publishers and players are ffmpeg. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { startNginxRtmp } from '../../../lab/nginx-rtmp.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import type { Presence } from '../../core/observation.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { nginxRtmp } from './index.ts';

type LabServer = Awaited<ReturnType<typeof startNginxRtmp>>;

const servers: LabServer[] = [];
after(() => Promise.all(servers.map((server) => server.stop())));

async function start(options?: Parameters<typeof startNginxRtmp>[0]): Promise<LabServer> {
  const server = await startNginxRtmp(options);
  servers.push(server);
  return server;
}

const watch = ({ host, port }: LabServer, options: Record<string, unknown> = {}, after?: Watched) =>
  watchSource(nginxRtmp, { host, port, every: '1s', ...options }, after === undefined ? {} : { after });

/** Whom the last page had. */
function present({ batches }: Watched): readonly Presence[] {
  const rosters = batches.flatMap(({ observations }) => observations).filter((each) => each.kind === 'roster');
  return rosters.at(-1)?.present ?? [];
}

const listeners = (watched: Watched) => present(watched).filter(({ client }) => !client.isPublisher);
const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);

const isBetween = (at: number, from: number, to: number, what: string) =>
  assert.ok(at >= from && at <= to, `${what}: ${at - from} ms after the earliest, ${to - at} ms before the latest`);
/** Between the question and the answer: so much earlier a beginning may seem. */
const ASKING_MS = 2000;

test('players come and go, live and from a file; who publishes is no listener', async () => {
  const server = await start();
  const publisher = await server.publish('live/cam1');
  const publishedAt = Date.now();
  const early = await server.play('live/cam1', { flashVersion: 'early', pageUrl: 'https://tv.example/?a=1&b=2' });
  const heardAt = Date.now();
  const watched = watch(server);
  await until('the one who was there before us is seen', () => listeners(watched).length === 1);
  await server.play('vod/tone.flv');
  await until('both are seen', () => listeners(watched).length === 2);
  await early.leave();
  await until('one has left', () => listeners(watched).length === 1);

  const first = watched.sessions().find(({ userAgent }) => userAgent === 'early')!;
  assert.deepEqual([first.stream, first.address, first.identity], ['live/cam1', '127.0.0.1', 'connection']);
  assert.deepEqual([first.reason, first.details], ['left', { pageUrl: 'https://tv.example/?a=1&b=2' }]);
  isBetween(first.startedAt, early.connectedAt - ASKING_MS, heardAt, 'the start');
  isBetween(first.endedAt!, heardAt, Date.now(), 'the end');
  assert.equal(listeners(watched)[0]!.stream, 'vod/tone');
  assert.deepEqual(
    present(watched)
      .filter(({ client }) => client.isPublisher)
      .map(({ stream }) => stream),
    ['live/cam1'],
  );

  const report = watched.reports.get('live/cam1')!;
  assert.deepEqual([report.status, report.listeners], ['up', 0]);
  isBetween(report.startedAt!, publisher.connectedAt - ASKING_MS, publishedAt, 'the start of the stream');
  await publisher.leave();
  await until('the stream is down', () => watched.reports.get('live/cam1')?.status === 'down');
  assert.equal(watched.reports.get('vod/tone')!.status, 'up');
  assert.equal(watched.counters.get('workerChanges'), 0);
  await watched.stop();
});

test('beginnings are the same at every poll, and after we have been away', async () => {
  const server = await start();
  await server.publish('live/cam1');
  const watched = watch(server);
  await until('some polls', () => watched.batches.length >= 3);
  await watched.stop();
  const again = watch(server);
  await until('another', () => again.batches.length >= 2);
  await again.stop();
  const connections = [watched, again].map((each) => present(each)[0]!.client.connection);
  assert.equal(connections[0], connections[1]);
  const reports = watched.batches.flatMap(({ observations }) => observations.filter((each) => each.kind === 'report'));
  assert.equal(new Set(reports.map(({ startedAt }) => startedAt)).size, 1);
});

test('a restarted server begins its ids anew, and its players are others', async () => {
  const server = await start();
  await server.play('vod/tone.flv');
  const watched = watch(server);
  await until('the first is seen', () => open(watched).length === 1);
  await server.halt();
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError);
  assert.equal(error.code, 'PEER_UNREACHABLE');
  assert.equal(open(watched).length, 1, 'silence ends nobody');

  await server.restart();
  await server.play('vod/tone.flv');
  const again = watch(server, {}, watched);
  await until('the second is seen, the first is gone', () => again.sessions().length === 2 && open(again).length === 1);
  const [first, second] = again.sessions();
  assert.ok(first!.endedAt! <= second!.startedAt + 1000, 'no session spans the restart');
  await again.stop();
});

test('after a reload another worker answers, which is counted', async () => {
  const server = await start();
  const watched = watch(server);
  await until('a poll', () => watched.batches.length >= 1);
  await server.reload();
  await until('it is noticed', () => watched.counters.get('workerChanges') === 1);
  await watched.stop();
});

test('a relay to another server is no listener there or here', async () => {
  const other = await start();
  const server = await start({ pushTo: other.rtmpPort });
  await server.publish('relayed/cam2');
  const [here, there] = [watch(server), watch(other)];
  await until('the relay is seen', () => present(here).length === 2 && present(there).length === 1);
  assert.deepEqual([listeners(here), listeners(there)], [[], []]);
  assert.equal(here.reports.get('relayed/cam2')!.listeners, 0);
  await Promise.all([here.stop(), there.stop()]);
});

test('a page without clients gives a count, and nobody is invented', async () => {
  const server = await start();
  await server.publish('live/cam1');
  await server.play('live/cam1');
  const watched = watch(server, { path: '/counts' });
  await until('it is counted', () => watched.reports.get('live/cam1')?.listeners === 1);
  assert.equal(watched.counters.get('countsOnly'), 1);
  assert.deepEqual(watched.sessions(), []);
  await watched.stop();
});

test('what is no statistics page is said to be none', async () => {
  const server = await start();
  const error = await watch(server, { path: '/nowhere' }).ended;
  assert.ok(error instanceof HeadcountError);
  assert.deepEqual([error.code, /HTTP 404/.test(error.message)], ['PEER_ANSWERED_BADLY', true]);
});
