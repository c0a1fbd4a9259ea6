/** Against a stand-in for Tautulli with its quirks (lab/tautulli.ts): people play things, rows are written. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type LabTautulli, type LabTautulliOptions, startTautulli } from '../../../lab/tautulli.ts';
import { type Watched, type WatchOptions, watchSource } from '../../../lab/watch.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { tautulli } from './index.ts';

const servers: LabTautulli[] = [];
after(() => Promise.all(servers.map((server) => server.stop())));

async function start(options?: LabTautulliOptions): Promise<LabTautulli> {
  const server = await startTautulli(options);
  servers.push(server);
  return server;
}

function watch(server: LabTautulli, options: Record<string, unknown> = {}, more: WatchOptions = {}): Watched {
  const { host, port, apiKey } = server;
  return watchSource(tautulli, { host, port, apiKey, every: '1s', historyEvery: '1s', ...options }, more);
}

const HOUR = 3600;
const now = () => Math.floor(Date.now() / 1000);
const finished = (watched: Watched) => watched.sessions().filter(({ provisional }) => !provisional);
const live = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);

test('a play is live at once, and its row takes its place', async () => {
  const server = await start();
  const watched = watch(server);
  const film = server.play({ user: 'alice', friendlyName: 'Alice', title: 'A Film', started: now() - 5 });
  server.play({ user: 'bob', friendlyName: 'Bob', title: 'A Film', machineId: 'machine-2' });
  await until('both are live', () => live(watched).length === 2);
  assert.ok(live(watched).every(({ provisional }) => provisional));

  const row = film.stop();
  await until('the row has taken its place', () => finished(watched).length === 1);
  const sessions = watched.sessions();
  assert.deepEqual(
    sessions.map(({ user, provisional, endedAt }) => [user, provisional, endedAt === null]),
    [
      ['Alice', false, false],
      ['Bob', true, true],
    ],
  );
  const [session] = finished(watched);
  assert.deepEqual([session!.startedAt, session!.stream], [row.started! * 1000, 'A Film']);
  assert.equal(session!.endedAt, Math.max(row.stopped! * 1000, row.started! * 1000 + 1000));
  assert.equal(session!.details['player'], 'Living room');
  await watched.stop();
});

test('[003t] 132, 136, 137: the whole history is read, page by page, each row once, whatever the server counts', async () => {
  const server = await start({ path: '/tautulli', isOld: true });
  const first = now() - 5000 * HOUR;
  for (let i = 0; i < 4100; i++) {
    server.addRow({ started: first + i * HOUR, stopped: first + i * HOUR + 600, full_title: `Film ${i % 7}` });
  }
  server.play({ title: 'Still playing' });
  const watched = watch(server, { path: '/tautulli' });
  await until('every row is told', () => finished(watched).length === 4100);
  assert.equal(watched.counters.get('rows'), 4100);
  assert.equal(watched.counters.get('activeRows'), 0, 'active rows were not asked for');
  const pages = server.asked.filter((query) => query.get('cmd') === 'get_history');
  assert.deepEqual(
    pages.slice(0, 3).map((query) => query.get('start')),
    ['0', '2000', '4000'],
  );
  for (const query of pages) {
    const { grouping, include_activity, order_column, order_dir, length } = Object.fromEntries(query);
    assert.deepEqual(
      [grouping, include_activity, order_column, order_dir, length],
      ['0', '0', 'started', 'asc', '2000'],
    );
  }
  await until('a later pass', () => pages.length < server.asked.length && watched.batches.length > 5);
  assert.equal(watched.counters.get('rows'), 4100);
  await watched.stop();
});

test('a long play that was overtaken is told, in the server’s own time zone', async () => {
  for (const utcOffsetHours of [-12, 14]) {
    const server = await start({ utcOffsetHours });
    const began = now() - 40 * HOUR;
    server.addRow({ started: now() - HOUR, stopped: now() - 600, full_title: 'Short' });
    const watched = watch(server);
    await until('the short one is told', () => finished(watched).length === 1);
    server.addRow({ started: began, stopped: now(), full_title: 'Long' });
    await until('the long one is told', () => finished(watched).length === 2);
    assert.equal(finished(watched)[0]!.stream, 'Long');
    await watched.stop();
  }
});

test('after a restart it goes on: nothing twice, nothing missed', async () => {
  const server = await start();
  server.addRow({ started: now() - 3 * HOUR, full_title: 'Before' });
  const watched = watch(server);
  await until('it is told', () => finished(watched).length === 1);
  await watched.stop();
  server.addRow({ started: now() - 2 * HOUR, full_title: 'Meanwhile' });
  const again = watch(server, {}, { cursor: watched.cursor(), after: watched });
  await until('the other is told', () => finished(again).length === 2);
  assert.equal(again.counters.get('rows'), 1);
  await again.stop();
});

test('rows that are deleted while it reads hide none of the others', async () => {
  const server = await start();
  const first = now() - 9000 * HOUR;
  const ids = Array.from({ length: 4100 }, (_, i) =>
    server.addRow({ started: first + i * HOUR, stopped: first + i * HOUR + 60, full_title: `Film ${i}` }),
  );
  let pages = 0;
  server.fail((query) => {
    // Behind the first page is the second one: what is deleted of the first moves all others up.
    if (query.get('cmd') === 'get_history' && ++pages === 2) for (const id of ids.slice(0, 10)) server.deleteRow(id);
    return false;
  });
  const watched = watch(server);
  await until('all others are told, and those that were told', () => finished(watched).length === 4100);
  assert.equal(watched.counters.get('restartedReadings'), 1);
  assert.equal(watched.counters.get('rows'), 4100);
  await watched.stop();
});

test('from: end begins now, and remembers when that was', async () => {
  const server = await start();
  server.addRow({ started: now() - HOUR, full_title: 'Old' });
  const watched = watch(server, { from: 'end' });
  await until('it has read', () => server.asked.filter((query) => query.get('cmd') === 'get_history').length >= 2);
  await watched.stop();
  server.addRow({ started: now(), full_title: 'New' });
  const again = watch(server, { from: 'end' }, { cursor: watched.cursor(), after: watched });
  await until('the new one is told', () => finished(again).length === 1);
  assert.equal(finished(again)[0]!.stream, 'New');
  await again.stop();
});

test('[003t] 141: while Plex is out of reach nobody has left, and the history is still read', async () => {
  const server = await start();
  server.play({ title: 'A Film' });
  const watched = watch(server);
  await until('somebody plays', () => live(watched).length === 1);
  server.isPlexReachable = false;
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError);
  assert.deepEqual([error.code, /cannot reach its Plex server/.test(error.message)], ['PEER_UNREACHABLE', true]);
  assert.equal(live(watched).length, 1);

  server.addRow({ started: now() - HOUR });
  const again = watch(server, {}, { cursor: watched.cursor(), after: watched });
  await again.ended;
  assert.equal(finished(again).length, 1);
});

test('[003t] 138, 144: errors are told in Tautulli’s own words, and the key in none', async () => {
  const server = await start();
  const wrongKey = 'f'.repeat(32);
  const { ended } = watch(server, { apiKey: wrongKey });
  const refused = await ended;
  assert.ok(refused instanceof HeadcountError);
  assert.equal(refused.code, 'PEER_REFUSED_LOGIN');
  assert.match(refused.message, /refused the API key \("Invalid apikey"\)/);

  const noTautulli = await watch(server, { path: '/elsewhere' }).ended;
  assert.match(messageOf(noTautulli), /HTTP 404 and no answer of Tautulli's API/);
  const broken = watch(server);
  await until('it works', () => broken.batches.length > 0);
  server.breakNext();
  assert.match(messageOf(await broken.ended), /HTTP 502 and no answer/);
  for (const error of [refused, noTautulli]) assert.doesNotMatch(messageOf(error), /0123456789abcdef|ffffffff/);
});

test('rows that cannot be read are counted and skipped', async () => {
  const server = await start();
  server.addRow({ started: null });
  server.addRow({
    started: now() - HOUR,
    stopped: 0,
    play_duration: 60,
    user: null,
    friendly_name: null,
    machine_id: null,
  });
  const watched = watch(server);
  await until('one is told', () => finished(watched).length === 1);
  assert.equal(watched.counters.get('unreadableRows') > 0, true);
  await watched.stop();
});
