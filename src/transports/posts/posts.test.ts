/** Over real sockets: what is taken, what is refused, and how it ends. */

import { strict as assert } from 'node:assert';
import { connect } from 'node:net';
import { afterEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { type Post, receivePosts, type Taken } from './posts.ts';

let stop = async () => {};
afterEach(() => stop());

async function receive(onPost: (post: Post) => Taken = () => 'taken', path = '/') {
  const ending = new AbortController();
  const counters = new ScopedCounters();
  let port = 0;
  const onListening = (bound: number) => {
    port = bound;
  };
  const ended = receivePosts({
    host: '127.0.0.1',
    port: 0,
    path,
    signal: ending.signal,
    counters,
    onPost,
    onListening,
  });
  stop = async () => {
    ending.abort();
    await ended;
  };
  await until('it listens', () => port > 0);
  const send = async (body: string, url = '/', headers: Record<string, string> = {}) =>
    (await fetch(`http://127.0.0.1:${port}${url}`, { method: 'POST', body, headers })).status;
  return { port, counters, send };
}

test('a body comes with the address of its peer and what it forwards', async () => {
  const posts: Post[] = [];
  const take = (post: Post): Taken => {
    posts.push(post);
    return 'taken';
  };
  const { send } = await receive(take, '/log');
  assert.equal(await send('hello', '/log?a=1', { 'X-Forwarded-For': '192.0.2.1' }), 200);
  assert.equal(await send('hello', '/logs'), 404);
  assert.deepEqual(
    posts.map(({ body, address, forwarded }) => [body.toString(), address, forwarded]),
    [['hello', '127.0.0.1', '192.0.2.1']],
  );
});

test('what is said of a body is the status, and is counted', async () => {
  const { send, counters } = await receive((post) => post.body.toString() as Taken);
  assert.deepEqual([await send('taken'), await send('malformed'), await send('full')], [200, 400, 503]);
  assert.deepEqual(counters.read(), { posts: 1, malformedPosts: 1, droppedPosts: 1 });
});

test('64 KiB are taken, and no byte more', async () => {
  const { send, counters } = await receive();
  assert.equal(await send('x'.repeat(65_536)), 200);
  assert.equal(await send('x'.repeat(65_537)), 413);
  assert.deepEqual(counters.read(), { posts: 1, refusedPosts: 1 });
});

test('it ends while a body is still on its way', async () => {
  let taken = 0;
  const { port } = await receive(() => {
    taken++;
    return 'taken';
  });
  const slow = connect({ host: '127.0.0.1', port });
  let isClosed = false;
  slow.on('error', () => {});
  slow.on('close', () => {
    isClosed = true;
  });
  // Answered before the rest of the body is there: the request has come.
  slow.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n');
  await new Promise((resolve) => slow.once('data', resolve));
  slow.write('half of it');
  await stop();
  await until('the connection is closed', () => isClosed);
  assert.equal(taken, 0);
});
