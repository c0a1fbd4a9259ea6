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
/** Are listeners listed with their mounts, as 2.5 does it? */
let areEmbedded = false;
/** What `/status-json.xsl` answers, one after the other, the last one again and again; a number is a status. */
let statusPages: (string | number)[] = [];
/** How far the server's clock is ahead of ours. */
let clockAhead = 0;
let questions: { readonly path: string; readonly isAuthorized: boolean }[] = [];
let asked: string[] = [];
let waiting: (() => void)[] = [];
const held = new Set<ServerResponse>();

const server = createServer((request, response) => {
  const url = new URL(request.url!, 'http://x');
  questions.push({ path: url.pathname, isAuthorized: request.headers.authorization !== undefined });
  response.setHeader('Date', new Date(Date.now() + clockAhead).toUTCString());
  if (url.pathname === '/status-json.xsl') {
    const page = statusPages.length > 1 ? statusPages.shift()! : statusPages[0]!;
    if (typeof page === 'number') response.writeHead(page).end();
    else response.end(page);
    return;
  }
  if (url.pathname === '/admin/stats') {
    const sources = Object.entries(mounts).map(([mount, answer]) => {
      const count = typeof answer === 'number' ? answer : 1;
      const listed = areEmbedded && typeof answer === 'number' ? entries(mount, answer) : '';
      const inner = `<listeners>${count}</listeners><server_type>audio/mpeg</server_type>${listed}`;
      return `<source mount="${mount}">${inner}</source>`;
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
    response.end(`<icestats><source mount="${mount}">${entries(mount, answer)}</source></icestats>`);
  }
}).listen(0, '127.0.0.1');
await once(server, 'listening');
server.unref();
const { port } = server.address() as { port: number };

/** They have been there for five seconds. */
function entries(mount: string, count: number): string {
  const ids = Array.from({ length: count }, (_, i) => `<ID>${mount}${i}</ID><IP>192.0.2.${i}</IP>`);
  return ids.map((id) => `<listener>${id}<Connected>5</Connected></listener>`).join('');
}

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
  questions = [];
  areEmbedded = false;
  clockAhead = 0;
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

test('2.5: one question is enough where the listeners come with the mounts', async () => {
  mounts = { '/a': 2, '/b': 1, '/empty': 0 };
  areEmbedded = true;
  const watched = watch();
  await polls(watched, 2);
  assert.deepEqual(open(watched), ['/a', '/a', '/b']);
  assert.deepEqual([...new Set(questions.map(({ path }) => path))], ['/admin/stats']);
});

test('a mount that ends between the two questions has nobody, and is down as soon as it is listed no more', async () => {
  mounts = { '/a': 1, '/b': 1 };
  const watched = watch();
  await polls(watched, 1);
  mounts = { '/a': 'gone', '/b': 1 };
  await until('its listener has left', () => open(watched).join() === '/b');
  assert.equal(watched.reports.get('/a')!.status, 'up');
  mounts = { '/b': 1 };
  await until('it is down', () => watched.reports.get('/a')!.status === 'down');
});

test('a start is a whole second of the server, and of ours where its clock is wrong', async () => {
  mounts = { '/a': 1 };
  for (const ahead of [0, 3_600_000, -3_600_000]) {
    clockAhead = ahead;
    const before = Math.floor(Date.now() / 1000) * 1000;
    const watched = watch();
    await polls(watched, 1);
    const { startedAt } = watched.sessions()[0]!;
    assert.ok(startedAt >= before - 5000 && startedAt <= Date.now() - 5000, `${ahead}: ${startedAt - before} ms`);
    assert.equal(startedAt % 1000, 0);
    await watched.stop();
  }
});

const status = (listeners: number, title = '"A - B"') =>
  `{"icestats":{"source":{"listenurl":"http://localhost:8000/live.mp3","listeners":${listeners},"server_type":"audio/mpeg","title":${title},"dummy":null}}}`;
const NO_SOURCE = '{"icestats":{"admin":"icemaster@localhost","dummy":null}}';
/** What 2.4 writes in its first moments. */
const TOO_EARLY = '{"icestats":"server_start":"Sat, 21 Nov 2026 01:16:40 +0000","dummy":null}}';

test('without a password there are numbers and no sessions, and nobody is asked for one', async () => {
  statusPages = [status(7), status(9, ' - '), NO_SOURCE];
  const watched = watch({ password: undefined });
  const report = () => watched.reports.get('/live.mp3');
  await until('a number', () => report()?.listeners === 7);
  assert.deepEqual([report()!.status, report()!.title], ['up', 'A - B']);
  await until('another, with a title that is none', () => report()?.listeners === 9);
  assert.equal(report()!.title, null);
  await until('it is down', () => report()?.status === 'down');
  assert.ok(watched.batches.every(({ observations }) => observations.every(({ kind }) => kind === 'report')));
  assert.ok(questions.every(({ path, isAuthorized }) => path === '/status-json.xsl' && !isAuthorized));
});

test('a server that has just started is asked once more; if that is no JSON either, it is said', async () => {
  statusPages = [TOO_EARLY, status(7)];
  const watched = watch({ password: undefined });
  await polls(watched, 1);
  assert.equal(watched.reports.get('/live.mp3')!.listeners, 7);
  await watched.stop();
  questions = [];
  statusPages = [TOO_EARLY];
  const error = await watch({ password: undefined }).ended;
  assert.ok(error instanceof HeadcountError);
  assert.deepEqual([error.code, questions.length], ['PEER_ANSWERED_BADLY', 2]);
});

test('a status page that somebody removed: the sentence says what to do', async () => {
  statusPages = [404];
  const error = await watch({ password: undefined }).ended;
  assert.ok(error instanceof HeadcountError);
  assert.equal(error.code, 'PEER_ANSWERED_BADLY');
  assert.match(error.message, /has no \/status-json\.xsl.*Give the administrator's password/);
  assert.equal(questions.length, 1);
});
