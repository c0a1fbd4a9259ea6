/** What a poll makes of answers that a real Icecast gives only now and then: a stand-in of ours gives them on command. */

import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { afterEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { icecast } from './index.ts';

type Answer = number | 'gone' | 'broken' | 'slow';

/** Mounts with how many listeners they have, or how they fail. Ids are the mount's name and a number. */
let mounts: Record<string, Answer> = {};
let asked: string[] = [];
let waiting: (() => void)[] = [];
const held = new Set<ServerResponse>();

const server = createServer((request, response) => {
  const url = new URL(request.url!, 'http://x');
  if (url.pathname === '/admin/stats') {
    const sources = Object.entries(mounts).map(([mount, answer]) => {
      const count = typeof answer === 'number' ? answer : 1;
      return `<source mount="${mount}"><listeners>${count}</listeners><server_type>audio/mpeg</server_type></source>`;
    });
    const boot = '<server_start_iso8601>2026-11-21T01:16:40+0000</server_start_iso8601>';
    response.end(`<icestats>${boot}${sources.join('')}</icestats>`);
    return;
  }
  const mount = url.searchParams.get('mount')!;
  asked.push(mount);
  const answer = mounts[mount]!;
  if (answer === 'gone') response.writeHead(400).end('<b>400 - Source does not exist</b>');
  else if (answer === 'broken') response.end('<icestats><source');
  else if (answer === 'slow') {
    held.add(response);
    waiting.push(() => response.end('<icestats/>'));
  } else {
    const ids = Array.from({ length: answer }, (_, i) => `<listener><ID>${mount}${i}</ID></listener>`);
    response.end(`<icestats><source mount="${mount}">${ids.join('')}</source></icestats>`);
  }
}).listen(0, '127.0.0.1');
await once(server, 'listening');
server.unref();
const { port } = server.address() as { port: number };

const running: Watched[] = [];
function watch(options: Record<string, unknown> = {}): Watched {
  const watched = watchSource(icecast, { host: '127.0.0.1', port, password: 'x', every: '1s', ...options });
  running.push(watched);
  return watched;
}

afterEach(async () => {
  for (const watched of running.splice(0)) await watched.stop().catch(() => {});
  for (const response of held) response.destroy();
  held.clear();
  asked = [];
  waiting = [];
});

const polls = (watched: Watched, count: number) => until(`${count} polls`, () => watched.batches.length >= count);
const open = (watched: Watched) =>
  watched
    .sessions()
    .filter(({ endedAt }) => endedAt === null)
    .map(({ stream }) => stream)
    .sort();

test('a mount that does not answer keeps its listeners; one that is off the air loses them', async () => {
  mounts = { '/a': 1, '/b': 1, '/c': 1, '/d': 1 };
  const watched = watch();
  await polls(watched, 1);
  mounts = { '/a': 1, '/b': 'broken', '/c': 'gone' };
  await polls(watched, 2);
  assert.deepEqual(open(watched), ['/a', '/b']);
  assert.equal(watched.reports.get('/d')!.status, 'down');
  assert.equal(watched.counters.get('mountsFailed'), 1);
  const roster = watched.batches[1]!.observations.find(({ kind }) => kind === 'roster');
  assert.deepEqual(roster?.kind === 'roster' && [...roster.streams!].sort(), ['/a', '/c', '/d']);
  mounts = { '/a': 1, '/b': 0 };
  await polls(watched, 3);
  assert.deepEqual(open(watched), ['/a']);
});

test('mounts without listeners are not asked for them', async () => {
  mounts = { '/busy': 2, '/empty': 0 };
  const watched = watch();
  await polls(watched, 1);
  assert.deepEqual(asked, ['/busy']);
  assert.deepEqual(open(watched), ['/busy', '/busy']);
});

test('if every mount fails, the server is the trouble', async () => {
  mounts = { '/a': 'broken', '/b': 'broken', '/empty': 0 };
  const error = await watch().ended;
  assert.ok(error instanceof HeadcountError);
  assert.equal(error.code, 'PEER_ANSWERED_BADLY');
  assert.match(error.message, /no statistics page of Icecast/);
});

test('at most four questions are asked at a time', async () => {
  mounts = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`/${i}`, 'slow' as const]));
  const watched = watch();
  for (let answered = 0; answered < 10; answered++) {
    await until('the next question', () => asked.length === Math.min(answered + 4, 10));
    assert.equal(waiting.length, Math.min(4, 10 - answered));
    waiting.shift()!();
  }
  await polls(watched, 1);
});

test('a server that hangs is given up after the timeout, and the end comes at once when we stop', async () => {
  mounts = { '/a': 'slow' };
  const error = await watch({ timeout: '150ms' }).ended;
  assert.ok(error instanceof HeadcountError);
  assert.match(error.message, /did not answer within 150 ms/);
  const watched = watch();
  await until('it asks', () => asked.length === 2);
  await watched.stop();
});
