/** Against a stand-in for MediaMTX (lab/mediamtx.ts): sessions come and go, protocols are switched off. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { basic } from '../../../lab/api-server.ts';
import { until } from '../../../lab/child.ts';
import { type LabMediamtx, labPath, labSession, startMediamtx } from '../../../lab/mediamtx.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { mediamtx } from './index.ts';

const servers: LabMediamtx[] = [];
after(() => Promise.all(servers.map((server) => server.stop())));

async function start(authorization: string | null = null): Promise<LabMediamtx> {
  const server = await startMediamtx(authorization);
  servers.push(server);
  server.lists.set('paths', [labPath('cam1', 2)]);
  return server;
}

const watch = ({ host, port }: LabMediamtx, options: Record<string, unknown> = {}) =>
  watchSource(mediamtx, { host, port, every: '1s', ...options });
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

test('readers of every protocol are sessions, and leave with their entry', async () => {
  const server = await start();
  const kinds = ['hls', 'rtsp', 'rtsps', 'webrtc', 'rtmp', 'rtmps', 'srt', 'moq'];
  const lists = kinds.map((kind) => `${kind}${/rtmp|srt/.test(kind) ? 'conns' : 'sessions'}`);
  for (const [i, list] of lists.entries()) server.lists.set(list, [labSession(`id-${i}`)]);
  const watched = watch(server);
  await until('all are seen', () => open(watched).length === 8);
  assert.deepEqual(
    open(watched)
      .map(({ details }) => details['protocol'])
      .sort(),
    [...kinds].sort(),
  );
  assert.ok(open(watched).every(({ identity, stream }) => identity === 'connection' && stream === 'cam1'));
  const { startedAt } = open(watched)[0]!;
  assert.ok(startedAt < Date.now() - 59_000, 'it began when it was created');
  assert.deepEqual([watched.reports.get('cam1')!.status, watched.reports.get('cam1')!.listeners], ['up', 2]);

  server.lists.set('rtspsessions', []);
  await until('one has left', () => open(watched).length === 7);
  server.lists.set('paths', []);
  await until('its path is down', () => watched.reports.get('cam1')!.status === 'down');
  await watched.stop();
});

test('bytes are those since we have been watching', async () => {
  const server = await start();
  const send = (early: number, late: number | null) => {
    const more = late === null ? [] : [labSession('late', { outboundBytes: late })];
    server.lists.set('rtspsessions', [labSession('early', { outboundBytes: early }), ...more]);
  };
  send(1000, null);
  const watched = watch(server);
  await polls(watched, 1);
  send(1500, 700);
  await polls(watched, 2);
  send(1600, 900);
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

test('a protocol that is switched off is no failure; one that breaks later is', async () => {
  const server = await start();
  server.lists.set('rtspsessions', [labSession('a')]).set('srtconns', [labSession('b')]);
  server.broken.set('webrtcsessions', 500);
  const watched = watch(server);
  await until('two are seen', () => open(watched).length === 2);
  assert.equal(watched.counters.get('listsMissing'), 6);
  // Switched off by a reload: nobody can be there any more.
  server.lists.delete('srtconns');
  await until('one has gone', () => open(watched).length === 1);
  server.broken.set('rtspsessions', 500);
  await failsWith(watched, 'PEER_ANSWERED_BADLY', /the error "rtspsessions is out of order"/);
  assert.equal(open(watched).length, 1, 'silence ends nobody');
});

test('long lists are read page by page, also while they change', async () => {
  const server = await start();
  const all = Array.from({ length: 25 }, (_, i) => labSession(`id-${i}`, { remoteAddr: `192.0.2.${i}:1` }));
  server.lists.set('rtmpconns', all);
  server.paging.most = 10;
  const watched = watch(server);
  await until('all are seen', () => open(watched).length === 25);
  const pages = server.asked.filter((url) => url.includes('rtmpconns')).map((url) => /page=(\d+)/.exec(url)![1]);
  assert.deepEqual(pages.slice(0, 4), ['0', '2', '1', '0']);
  // Before each page the oldest leaves, and those behind it move up.
  const gone: string[] = [];
  server.paging.before = (list) => {
    if (list !== 'rtmpconns' || all.length <= 12) return;
    gone.push(`192.0.2.${25 - all.length}`);
    all.shift();
  };
  await until('half of them have gone', () => open(watched).length === 12);
  const ended = watched.sessions().filter(({ endedAt }) => endedAt !== null);
  assert.deepEqual(ended.map(({ address }) => address).sort(), gone.sort(), 'nobody else has ended, or begun again');
  await watched.stop();
});

test('before 1.18 there is a count, and nobody is invented for HLS', async () => {
  const server = await start();
  const muxer = { name: 'cam1', ready: true, readers: [{ type: 'hlsMuxer', id: '' }] };
  server.lists.set('paths', [muxer]);
  const watched = watch(server);
  await polls(watched, 1);
  assert.deepEqual([watched.reports.get('cam1')!.listeners, watched.counters.get('hlsMuxers')], [1, 1]);
  assert.deepEqual(watched.sessions(), []);
  await watched.stop();
});

test('a login or a token is sent, and printed nowhere', async () => {
  const withLogin = await start(basic('boss', 'hunter2'));
  const withToken = await start('Bearer hunter2.jwt');
  for (const watched of [
    watch(withLogin, { user: 'boss', password: 'hunter2' }),
    watch(withToken, { token: 'hunter2.jwt' }),
  ]) {
    await polls(watched, 1);
    await watched.stop();
  }
  for (const options of [{}, { user: 'boss', password: 'hunter3' }, { token: 'hunter3' }])
    await failsWith(watch(withToken, options), 'PEER_REFUSED_LOGIN', /^(?!.*hunter).*refused the login/);
});

test('what is no MediaMTX, and what it says of itself, is said', async () => {
  const server = await start();
  await failsWith(watch(server, { path: '/elsewhere' }), 'PEER_ANSWERED_BADLY', /HTTP 404/);
  server.broken.set('paths', 500);
  await failsWith(watch(server), 'PEER_ANSWERED_BADLY', /the error "paths is out of order"/);
  server.broken.clear();
  const other = await start();
  other.broken.set('paths', 200);
  await failsWith(watch(other), 'PEER_ANSWERED_BADLY', /the error "paths is out of order"/);
});
