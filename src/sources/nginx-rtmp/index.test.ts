/** What a poll makes of pages that a real nginx gives only now and then: a stand-in of ours gives them on command. */

import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { nginxRtmp } from './index.ts';

const BOOT = Date.UTC(2026, 10, 21, 1, 0, 0);
let answer = (_: IncomingMessage): { status?: number; date?: string; body: string } => ({ body: '<rtmp/>' });
const server = createServer((request, response) => {
  const { status = 200, date, body } = answer(request);
  response.sendDate = false;
  response.writeHead(status, date === undefined ? {} : { date }).end(body);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
server.unref();
const { port } = server.address() as { port: number };

const running: Watched[] = [];
function watch(options: Record<string, unknown> = {}): Watched {
  const watched = watchSource(nginxRtmp, { host: '127.0.0.1', port, every: '1s', ...options });
  running.push(watched);
  return watched;
}

afterEach(async () => {
  for (const watched of running.splice(0)) await watched.stop().catch(() => {});
});

const page = (pid: number, uptime: number, streams = 1) => {
  const each = (name: number) =>
    `<stream><name>${name}</name><client><id>1</id><address>192.0.2.1</address></client><nclients>1</nclients></stream>`;
  const all = Array.from({ length: streams }, (_, name) => each(name)).join('');
  return `<rtmp><pid>${pid}</pid><uptime>${uptime}</uptime><server><application><name>live</name><live>${all}</live></application></server></rtmp>`;
};
const connections = (watched: Watched) =>
  watched.batches.flatMap(({ observations }) =>
    observations.flatMap((each) => (each.kind === 'roster' ? each.present.map(({ client }) => client.connection) : [])),
  );

test('the boot of a worker is what its own clock says, however late it is asked', async () => {
  let uptime = 60;
  answer = () => {
    uptime += 7;
    return { date: new Date(BOOT + uptime * 1000).toUTCString(), body: page(5, uptime) };
  };
  const watched = watch();
  await until('some polls', () => watched.batches.length >= 2);
  assert.deepEqual([...new Set(connections(watched))], [`5@${BOOT}#1`]);
});

test('without a date, and with an uptime of whole seconds, the boot stays where it was first reckoned', async () => {
  const started = Date.now() - 60_000;
  let polls = 0;
  // Ahead by a second every other time.
  answer = () => ({ body: page(5, Math.floor((Date.now() - started) / 1000) + (polls++ % 2)) });
  const watched = watch();
  await until('some polls', () => watched.batches.length >= 3);
  assert.equal(new Set(connections(watched)).size, 1);
});

test('answers of several workers are counted', async () => {
  let polls = 0;
  answer = () => ({ body: page(polls++ % 2 === 0 ? 5 : 6, 60) });
  const watched = watch();
  await until('three polls', () => watched.batches.length >= 3);
  assert.ok(watched.counters.get('workerChanges') >= 2);
});

test('streams beyond ten thousand are ignored, and counted', async () => {
  answer = () => ({ body: page(5, 60, 10_002) });
  const watched = watch();
  await until('a poll', () => watched.batches.length >= 1);
  assert.equal(watched.counters.get('streamsIgnored'), 2);
  assert.equal(connections(watched).length, 10_000);
});

test('a login is sent if there is one, and printed nowhere', async () => {
  answer = ({ headers }) => {
    const isRight = headers.authorization === `Basic ${Buffer.from('boss:hunter2').toString('base64')}`;
    return isRight ? { body: page(5, 60) } : { status: 401, body: '' };
  };
  const watched = watch({ user: 'boss', password: 'hunter2' });
  await until('it is let in', () => watched.batches.length >= 1);
  for (const login of [{}, { user: 'boss', password: 'hunter3' }]) {
    const error = await watch(login).ended;
    assert.ok(error instanceof HeadcountError);
    assert.equal(error.code, 'PEER_REFUSED_LOGIN');
    assert.doesNotMatch(messageOf(error), /hunter/);
  }
});
