/** A server of ours and a log that we write: what becomes of rosters and lines, through a real tracker. */

import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Watched, type WatchOptions, watchSource } from '../../../lab/watch.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { logTime } from '../access-log/fixture.ts';
import { icecast } from './index.ts';

interface Listener {
  readonly id: number;
  readonly agent: string;
  readonly since: number;
}

let there: Listener[] = [];
let isDown = false;

const server = createServer((request, response) => {
  if (isDown) {
    response.destroy();
    return;
  }
  const now = Math.floor(Date.now() / 1000);
  const listed = there.map(
    ({ id, agent, since }) =>
      `<listener><ID>${id}</ID><IP>192.0.2.1</IP><UserAgent>${agent}</UserAgent><Connected>${now - since / 1000}</Connected></listener>`,
  );
  response.setHeader('Date', new Date(now * 1000).toUTCString());
  const page = `<source mount="/a"><listeners>${there.length}</listeners><server_type>audio/mpeg</server_type>${listed.join('')}</source>`;
  const status = '{"icestats":{"source":{"listenurl":"http://localhost/a","listeners":1,"server_type":"audio/mpeg"}}}';
  const isPublic = request.url!.startsWith('/status-json.xsl');
  response.end(isPublic ? status : `<icestats><server_start>boot</server_start>${page}</icestats>`);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());
const { port } = server.address() as { port: number };

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-icecast-log-'));
  path = join(folder, 'access.log');
  there = [];
  isDown = false;
});

const running: Watched[] = [];
afterEach(async () => {
  for (const watched of running.splice(0)) await watched.stop().catch(() => {});
  rmSync(folder, { recursive: true });
});

function watch(options: Record<string, unknown> = {}, more: WatchOptions = {}): Watched {
  const all = { host: '127.0.0.1', port, password: 'x', every: '1s', accessLog: path, ...options };
  const watched = watchSource(icecast, all, more);
  running.push(watched);
  return watched;
}

const second = (ago: number) => Math.floor(Date.now() / 1000 - ago) * 1000;

/** It ended at `to`, and was there since `from`. */
function write(agent: string, from: number, to: number, request = 'GET /a'): void {
  const line = `192.0.2.1 - - [${logTime(to)}] "${request} HTTP/1.1" 200 1000 "-" "${agent}" ${(to - from) / 1000}`;
  appendFileSync(path, `${line}\n`);
}

/** Who was there, `…` if still, `?` if provisional. */
const told = (watched: Watched) =>
  watched
    .sessions()
    .map(
      ({ userAgent, endedAt, provisional }) => `${userAgent}${endedAt === null ? '…' : ''}${provisional ? '?' : ''}`,
    );
const become = (watched: Watched, expected: readonly string[]) =>
  until(`${expected.join()}; it is: ${told(watched).join()}`, () => told(watched).sort().join() === expected.join());
const polls = (watched: Watched, count: number) =>
  until('polls', () => watched.batches.filter(({ observations }) => observations.some(isRoster)).length >= count);
const isRoster = ({ kind }: { readonly kind: string }) => kind === 'roster';

test('a listener is provisional until the log says how long he was there; nobody is too short', async () => {
  const since = second(5);
  there = [{ id: 1, agent: 'vlc', since }];
  write('encoder', second(9), second(1), 'SOURCE /a');
  const watched = watch();
  await become(watched, ['vlc…?']);
  const seenAt = second(0);
  await until('the next second', () => second(0) > seenAt);
  const leftAt = second(0);
  there = [];
  write('vlc', since, leftAt);
  write('Headcount', leftAt, leftAt, 'GET /admin/stats');
  write('mpv', leftAt, leftAt);
  await become(watched, ['mpv', 'vlc']);
  const [vlc, mpv] = watched.sessions();
  assert.deepEqual([vlc!.startedAt, vlc!.bytes, vlc!.reason], [since, 1000, 'left']);
  assert.ok(vlc!.endedAt! >= leftAt && vlc!.endedAt! <= Date.now());
  assert.deepEqual([mpv!.startedAt, mpv!.endedAt], [leftAt, leftAt + 1000]);
  assert.equal(watched.counters.get('unseenListeners'), 1);
  assert.equal(watched.counters.get('rows'), 2);
});

test('without a line, as when the server was killed, he stays as the polls saw him', async () => {
  there = [{ id: 1, agent: 'vlc', since: second(5) }];
  const watched = watch();
  await become(watched, ['vlc…?']);
  there = [];
  await become(watched, ['vlc?']);
});

test('history is read from where it is wanted, before the first question', async () => {
  const days = (count: number) => second(count * 86_400);
  for (const [agent, ago] of [
    ['old', 9],
    ['new', 2],
  ] as const)
    write(agent, days(ago), days(ago) + 60_000);
  for (const [from, expected] of [
    ['start', ['new', 'old']],
    ['5d', ['new']],
    ['end', []],
  ] as const) {
    const watched = watch({ accessLogFrom: from });
    await polls(watched, 1);
    assert.deepEqual(told(watched).sort(), expected, from);
    await watched.stop();
  }
});

test('after a restart it reads on: lines of those who left meanwhile are theirs, and nobody is told twice', async () => {
  const since = second(5);
  there = [
    { id: 1, agent: 'stays', since },
    { id: 2, agent: 'leaves', since },
  ];
  write('before', second(60), second(50));
  const first = watch();
  await become(first, ['before', 'leaves…?', 'stays…?']);
  await first.stop();
  there = there.slice(0, 1);
  const leftAt = second(0);
  write('leaves', since, leftAt);
  write('short', leftAt, leftAt);
  renameSync(path, `${path}.old`);
  write('rotated', leftAt, leftAt);
  const again = watch({}, { after: first, cursor: first.cursor() });
  await become(again, ['before', 'leaves', 'rotated', 'short', 'stays…?']);
  assert.equal(again.sessions().find(({ userAgent }) => userAgent === 'leaves')!.endedAt, leftAt);
});

test('what was written while the server did not answer is compared as soon as it does', async () => {
  const since = second(5);
  there = [{ id: 1, agent: 'vlc', since }];
  const first = watch();
  await become(first, ['vlc…?']);
  isDown = true;
  assert.ok((await first.ended) instanceof HeadcountError);
  there = [];
  const leftAt = second(0);
  write('vlc', since, leftAt);
  isDown = false;
  const again = watch({}, { after: first, cursor: first.cursor() });
  await become(again, ['vlc']);
});

test('a log that is not there yet is waited for; a folder that is missing is said', async () => {
  there = [{ id: 1, agent: 'vlc', since: second(5) }];
  const watched = watch();
  await become(watched, ['vlc…?']);
  there = [];
  write('vlc', second(5), second(0));
  await until('it is read', () => watched.counters.get('lines') === 1);
  const error = await watch({ accessLog: join(folder, 'nowhere', 'access.log') }).ended;
  assert.ok(error instanceof HeadcountError);
  assert.equal(error.code, 'LOG_FOLDER_MISSING');
});

test('without a password: the numbers, and whoever the log has seen leave', async () => {
  const watched = watch({ password: undefined });
  await until('a number', () => watched.reports.get('/a')?.listeners === 1);
  write('vlc', second(5), second(0));
  await become(watched, ['vlc']);
});
