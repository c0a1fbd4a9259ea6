/** Against a server on loopback (fixture.ts) over real HTTP: people come and go, and things go wrong. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { FIELDS, type JsonServer, startJsonServer } from './fixture.ts';
import { json } from './index.ts';

const servers: JsonServer[] = [];
const running: Watched[] = [];
afterEach(async () => {
  for (const watched of running.splice(0)) await watched.stop().catch(() => {});
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(body: unknown): Promise<JsonServer> {
  const server = await startJsonServer();
  server.answer = { status: 200, body };
  servers.push(server);
  return server;
}

function watch({ endpoint }: JsonServer, options: Record<string, unknown> = {}): Watched {
  const shape = { items: 'sessions', fields: FIELDS, boot: 'boot' };
  const watched = watchSource(json, { endpoint, ...shape, every: '1s', ...options });
  running.push(watched);
  return watched;
}

const person = (id: unknown, more: object = {}) => ({
  id,
  room: 'main',
  client: { ip: '192.0.2.7' },
  seconds: 3,
  ...more,
});
const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);
const polls = (watched: Watched, count: number) => until(`${count} polls`, () => watched.batches.length >= count);

async function failureOf(watched: Watched): Promise<HeadcountError> {
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError, String(error));
  assert.doesNotMatch(messageOf(error), /hunter2|all=1|secret/);
  return error;
}

test('people come and go; a restart of the server gives ids anew', async () => {
  const server = await start({ boot: 1, sessions: [person(1, { sent: 100 })] });
  const watched = watch(server);
  await until('the first is seen', () => open(watched).length === 1);
  server.answer = {
    status: 200,
    body: { boot: 1, sessions: [person(1, { sent: 150 }), person(2, { room: 'side', sends: true })] },
  };
  await until('the second is seen', () => open(watched).length === 2);
  assert.deepEqual(watched.reports.get('side')!.listeners, 0);
  server.answer = { status: 200, body: { boot: 2, sessions: [person(1, { sent: 7 })] } };
  await until('the server has restarted', () => watched.sessions().length === 3);
  const [one] = open(watched);
  assert.deepEqual([open(watched).length, one!.stream, one!.bytes, one!.identity], [1, 'main', 7, 'connection']);
  const ended = watched.sessions().find(({ endedAt, stream }) => endedAt !== null && stream === 'main');
  assert.deepEqual([ended!.bytes, ended!.reason], [50, 'left']);
  assert.equal(watched.reports.get('side')!.status, 'down');
});

test('numbers make no sessions', async () => {
  const server = await start({ now: 12 });
  const watched = watch(server, { items: '', fields: 'listeners:now', stream: 'radio' });
  await polls(watched, 1);
  server.answer = { status: 200, body: { now: 11 } };
  await until('the number changes', () => watched.reports.get('radio')?.listeners === 11);
  assert.deepEqual(watched.sessions(), []);
  assert.ok(watched.batches.every(({ observations }) => observations.every(({ kind }) => kind === 'report')));
});

test('without ids and streams, an address is one session on a stream that is called as the source', async () => {
  const server = await start([{ ip: '192.0.2.7' }, { ip: '192.0.2.7' }, { ip: '192.0.2.8' }]);
  const watched = watch(server, { items: '', fields: { address: 'ip' } });
  await until('two are seen', () => open(watched).length === 2);
  assert.deepEqual(
    [...new Set(open(watched).map(({ stream, identity }) => `${stream} ${identity}`))],
    ['watched inferred'],
  );
  assert.equal(watched.reports.get('watched')!.listeners, 3);
  server.answer = { status: 200, body: [{ ip: '192.0.2.8' }] };
  await until('one has left', () => open(watched).length === 1);
});

test('credentials go as they are wanted, and the query as it is', async () => {
  const server = await start({ sessions: [] });
  for (const [options, header, value] of [
    [{}, 'authorization', undefined],
    [{ user: 'a', password: 'hunter2' }, 'authorization', `Basic ${Buffer.from('a:hunter2').toString('base64')}`],
    [{ token: 'hunter2' }, 'authorization', 'Bearer hunter2'],
    [{ token: 'hunter2', header: 'X-Api-Key' }, 'x-api-key', 'hunter2'],
  ] as const) {
    server.asked.length = 0;
    await polls(watch(server, options), 1);
    assert.equal(server.asked[0]![header], value);
  }
});

test('what goes wrong is told in a sentence, without secrets, and ends nobody', async () => {
  for (const [answer, code, sentence] of [
    [
      { status: 200, body: { boot: 1, rooms: [] } },
      'PEER_ANSWERED_BADLY',
      /no list at "sessions": the answer is an object with the keys boot, rooms\./,
    ],
    [{ status: 200, body: '{"sessions": [{"id": "secret"' }, 'PEER_ANSWERED_BADLY', /answered with no JSON\./],
    [{ status: 500, body: 'secret' }, 'PEER_ANSWERED_BADLY', /HTTP 500/],
    [{ status: 401, body: '{}' }, 'PEER_REFUSED_LOGIN', /refused the login/],
    [{ status: 200, body: null }, 'PEER_UNREACHABLE', /did not answer within 400 ms/],
  ] as const) {
    const server = await start({ sessions: [person(1)] });
    const watched = watch(server, { timeout: '400ms', token: 'hunter2' });
    await until('somebody is seen', () => open(watched).length === 1);
    server.answer = answer;
    const error = await failureOf(watched);
    assert.deepEqual([error.code, sentence.test(error.message)], [code, true], error.message);
    assert.equal(open(watched).length, 1);
  }
});
