/** Against a stand-in for SRS (lab/srs.ts): clients come and go, and the server starts anew. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { basic } from '../../../lab/api-server.ts';
import { until } from '../../../lab/child.ts';
import { type LabSrs, labClient, labStream, startSrs } from '../../../lab/srs.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { srs } from './index.ts';

const servers: LabSrs[] = [];
after(() => Promise.all(servers.map((server) => server.stop())));

async function start(authorization: string | null = null): Promise<LabSrs> {
  const server = await startSrs(authorization);
  servers.push(server);
  server.streams.push(labStream('cam1', 2));
  return server;
}

const watch = ({ host, port }: LabSrs, options: Record<string, unknown> = {}) =>
  watchSource(srs, { host, port, every: '1s', ...options });
const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);
const polls = (watched: Watched, more: number) => {
  const least = watched.batches.length + more;
  return until(`${more} more polls`, () => watched.batches.length >= least);
};

async function failsWith(watched: Watched, code: string, sentence: RegExp): Promise<void> {
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError, String(error));
  assert.equal(error.code, code);
  assert.match(messageOf(error), sentence);
}

test('players are sessions, and leave with their entry', async () => {
  const server = await start();
  server.clients.push(labClient('a'), labClient('b', { type: 'hls-play', ip: '2001:db8::1' }));
  server.clients.push(labClient('c', { type: 'fmle-publish', publish: true }));
  const watched = watch(server);
  await until('all are seen', () => open(watched).length === 3);
  const rosters = watched.batches[0]!.observations.filter((each) => each.kind === 'roster');
  assert.deepEqual(
    rosters[0]!.present.map(({ client }) => client.isPublisher),
    [false, false, true],
  );
  assert.ok(open(watched).every(({ startedAt }) => startedAt < Date.now() - 59_000));
  assert.deepEqual([watched.reports.get('live/cam1')!.status, watched.reports.get('live/cam1')!.listeners], ['up', 1]);
  server.clients.shift();
  await until('one has left', () => open(watched).length === 2);
  server.streams.pop();
  await until('the stream is down', () => watched.reports.get('live/cam1')!.status === 'down');
  await watched.stop();
});

test('more clients than fit on a page are read page by page', async () => {
  const server = await start();
  for (let i = 0; i < 20_003; i++) server.clients.push(labClient(`id-${i}`));
  const watched = watch(server);
  await until('all are seen', () => open(watched).length === 20_003);
  const starts = server.asked.filter((url) => url.includes('clients')).map((url) => /start=(\d+)/.exec(url)![1]);
  assert.deepEqual(starts.slice(0, 3), ['0', '10000', '20000']);
  await watched.stop();
});

test('bytes are those since we have been watching', async () => {
  const server = await start();
  server.clients.push(labClient('early', { send_bytes: 1000 }));
  const watched = watch(server);
  await polls(watched, 1);
  server.clients[0] = labClient('early', { send_bytes: 1600 });
  server.clients.push(labClient('late', { send_bytes: 900 }));
  await polls(watched, 2);
  assert.deepEqual(
    watched
      .sessions()
      .map(({ bytes }) => bytes)
      .sort(),
    [600, 900],
  );
  await watched.stop();
});

test('after a start the same id is somebody else', async () => {
  const server = await start();
  server.clients.push(labClient('1'));
  const watched = watch(server);
  await polls(watched, 1);
  server.restart();
  server.clients.push(labClient('1', { alive: 1 }));
  await until('there are two', () => watched.sessions().length === 2 && open(watched).length === 1);
  assert.notEqual(watched.sessions()[0]!.id, watched.sessions()[1]!.id);
  await watched.stop();
});

test('an error is one, also with HTTP 200, and ends nobody', async () => {
  const server = await start();
  server.clients.push(labClient('a'));
  const watched = watch(server);
  await polls(watched, 1);
  server.answer(2049);
  await failsWith(watched, 'PEER_ANSWERED_BADLY', /the error code 2049/);
  assert.equal(open(watched).length, 1);
});

test('what is no SRS is said to be none', async () => {
  await failsWith(watch(await start(), { path: '/elsewhere' }), 'PEER_ANSWERED_BADLY', /the error code 1070/);
});

test('a login is sent if there is one, and printed nowhere', async () => {
  const server = await start(basic('boss', 'hunter2'));
  const watched = watch(server, { user: 'boss', password: 'hunter2' });
  await polls(watched, 1);
  await watched.stop();
  for (const login of [{}, { user: 'boss', password: 'hunter3' }])
    await failsWith(watch(server, login), 'PEER_REFUSED_LOGIN', /^(?!.*hunter).*refused the login/);
});
